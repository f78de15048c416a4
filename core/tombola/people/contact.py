"""Reaching somebody: what their network allows, a message to begin with, and what was tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, select

from tombola.api import (
    ContactCard,
    Identity,
    Invalid,
    Item,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Text,
    render,
)
from tombola.campaigns import service as campaigns
from tombola.campaigns.service import Campaign
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.entrants import service as entrants
from tombola.entrants.models import identity
from tombola.entrants.service import ITEM, VISITOR, Entrant, Known
from tombola.entries.models import entry
from tombola.importing.models import item
from tombola.installation import Installation
from tombola.people.models import contact_attempt
from tombola.teams.audit import audit
from tombola.teams.models import member
from tombola.teams.rules import Actor, Role
from tombola.web.i18n import gettext as _

LONGEST_WAY = 60
LONGEST_NOTE = 1_000
#: Attempts that a card shows, the newest first.
SHOWN = 50


class Attempt(BaseModel):
    """Somebody of the team tried to reach somebody."""

    model_config = ConfigDict(frozen=True)

    uid: str
    by: str
    way: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """How the person behind an entry is reached.

    Attributes:
        entrant: for whom the entry counts; a post that nobody has claimed stands for itself.
        network: the network's name; "" where the entry came from none.
        account: the identity that made the entry, or another account of the person.
        unclaimed: nobody is known behind the post: all that can be done is to answer it in public.
        mailto: an address to write to, as a link; "" without an address.
    """

    entrant: Entrant
    network: Text
    account: Known | None
    unclaimed: bool
    card: ContactCard
    draft: str
    mailto: str
    attempts: list[Attempt]


def reach(inst: Installation, actor: Actor, campaign: Campaign, entry_uid: str) -> Reach:
    """How the person behind an entry is reached. Asks the network's plugin, never the network.

    Raises NotFound for an entry of another team or campaign.
    """
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        row = _entry(conn, actor, campaign, entry_uid)
        person = entrants.get(conn, actor.team_id, row["entrant_id"])
        known = entrants.identities_of(conn, actor.team_id, person.id)
        mine = next((one for one in known if one.id == row["identity_id"]), None)
        post = _post(conn, row)
        tried = _attempts(conn, actor.team_id, person.id)
    account = mine if mine is not None and mine.kind not in {ITEM, VISITOR} else None
    account = account or next(
        (one for one in known if inst.plugins.provider(one.kind) is not None), None
    )
    unclaimed = person.kind == ITEM
    card = _card(inst, actor, account, post)
    provider = inst.plugins.provider(account.kind) if account else None
    places = _places(inst, person, account, campaign)
    draft = _filled(card.draft or _words(unclaimed=unclaimed), places)
    email = person.email or ""
    return Reach(
        entrant=person,
        network=provider.title if provider is not None else "",
        account=account,
        unclaimed=unclaimed,
        card=card,
        draft=draft,
        mailto=f"mailto:{email}" if email else "",
        attempts=tried,
    )


def note(
    inst: Installation, actor: Actor, campaign: Campaign, entry_uid: str, way: str, text: str
) -> None:
    """Write down that somebody was tried to be reached.

    Raises:
        Invalid: without a way, or too long; the fields are ``way`` and ``note``.
        NotFound: another team's or campaign's entry.
    """
    actor.need(Role.EDITOR)
    how, told = " ".join(way.split()), text.strip()
    if not how or len(how) > LONGEST_WAY:
        raise Invalid({"way": _("Say how you tried, in a few words.")})
    if len(told) > LONGEST_NOTE:
        raise Invalid({"note": _("This note is too long.")})
    now = inst.clock()
    with inst.db.write() as conn:
        row = _entry(conn, actor, campaign, entry_uid)
        insert_one(
            conn, contact_attempt, uid=new_uid(now), team_id=actor.team_id,
            entrant_id=row["entrant_id"], entry_id=row["id"], member_id=actor.member_id, way=how,
            note=told, at=now,
        )  # fmt: skip
        audit(conn, actor, "contact.attempted", entry_uid, {"way": how}, now)


def _entry(conn: Connection, actor: Actor, campaign: Campaign, uid: str) -> RowMapping:
    found = campaigns.of_team(conn, actor, campaign.uid)
    row = first(conn, select(entry).where(entry.c.campaign_id == found.id, entry.c.uid == uid))
    if row is None:
        raise NotFound("There is no such entry.")
    return row


def _post(conn: Connection, row: RowMapping) -> Item | None:
    """The post that made an entry, as a plugin knows it."""
    if row["item_id"] is None:
        return None
    found = first(
        conn,
        select(item, identity.c.kind.label("of"), identity.c.value, identity.c.handle)
        .outerjoin(identity, identity.c.id == item.c.identity_id)
        .where(item.c.id == row["item_id"]),
    )
    if found is None:
        return None
    named = found["of"] is not None and found["of"] != ITEM
    return Item(
        external_id=found["external_id"],
        occurred_at=found["occurred_at"],
        kind=found["kind"],
        author=Identity(found["of"], found["value"], found["handle"]) if named else None,
        text=found["text"],
        permalink=found["permalink"],
        parent_id=found["parent_id"],
        details=found["details"],
        claim_key=found["claim_key"],
    )


def _attempts(conn: Connection, team_id: int, entrant_id: int) -> list[Attempt]:
    rows = conn.execute(
        select(contact_attempt, member.c.name.label("by"))
        .join(member, member.c.id == contact_attempt.c.member_id)
        .where(contact_attempt.c.team_id == team_id, contact_attempt.c.entrant_id == entrant_id)
        .order_by(contact_attempt.c.id.desc())
        .limit(SHOWN)
    ).mappings()
    return [
        Attempt(**{name: row[name] for name in ("uid", "by", "way", "note", "at")}) for row in rows
    ]


def _card(
    inst: Installation, actor: Actor, account: Known | None, post: Item | None
) -> ContactCard:
    """What the network's plugin says; without it what the entry itself knows."""
    plain = ContactCard(post_url=post.permalink if post else None)
    provider = inst.plugins.provider(account.kind) if account else None
    if provider is None or account is None:
        return plain
    try:
        return inst.plugins.call(
            provider.key, actor, "contact", lambda ctx: provider.contact(ctx, account.api, post)
        )
    except (PluginFailed, PluginUnavailable):
        return plain


def _words(*, unclaimed: bool) -> str:
    if unclaimed:
        return _(
            "Hello! Your post takes part in “%(campaign)s”. We do not see who wrote it: please "
            "open %(address)s, take part, and paste the link of this post."
        )
    return _("Hello %(name)s! This is about “%(campaign)s”: %(address)s")


def _places(
    inst: Installation, person: Entrant, account: Known | None, campaign: Campaign
) -> Mapping[str, str]:
    handle = f"@{account.handle}" if account and account.handle else ""
    return {
        "name": person.name or (account.name if account else None) or handle or _("there"),
        "handle": handle,
        "campaign": campaign.title,
        "address": f"{inst.settings.address}/{campaign.key}",
    }


def _filled(draft: Text, places: Mapping[str, str]) -> str:
    """The draft with its places filled, those that a plugin left for us, too."""
    said = render(draft, _)
    for place, word in places.items():
        said = said.replace(f"%({place})s", word)
    return said
