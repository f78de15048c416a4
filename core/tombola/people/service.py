"""A person as their team sees them: how they are known, what they did, how that was linked."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Text, func, or_, select

from tombola.admission import service as admission
from tombola.admission.service import Told
from tombola.api import NotFound
from tombola.campaigns.models import campaign
from tombola.claiming import deciding
from tombola.claiming.models import claim
from tombola.claiming.rules import State as ClaimState
from tombola.claiming.settling import WHY as CLAIM
from tombola.db.rows import first
from tombola.db.sets import members
from tombola.entrants import service as entrants
from tombola.entrants.codes import EMAIL
from tombola.entrants.models import entrant, identity
from tombola.entrants.models import link as link_table
from tombola.entrants.service import EXTERNAL, ITEM, VISITOR, Entrant, Known
from tombola.entries.changes import Act
from tombola.entries.linking import unlink
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.installation import Installation
from tombola.people.links import Link, links_of
from tombola.rewards.listing import Held
from tombola.rewards.listing import of_person as rewards_of
from tombola.teams.rules import Actor, Role

#: People that one search shows; a wider one asks for a longer word.
FOUND = 20


class Part(BaseModel):
    """What somebody has in one campaign: entries by state, and what those that count are worth."""

    model_config = ConfigDict(frozen=True)

    key: str
    title: str
    entries: int
    valid: int
    worth: int


class Person(BaseModel):
    """Everything that a team sees of somebody.

    Attributes:
        identities: accounts, addresses, posts and browsers that are this person.
        told: what they said of themselves to campaigns, and agreed to.
        rewards: what they have claimed.
        proven_email: the address was confirmed by a code.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    entrant: Entrant
    identities: list[Known]
    parts: list[Part]
    links: list[Link]
    told: list[Told] = []
    rewards: list[Held] = []

    @property
    def proven_email(self) -> bool:
        """Whether a code has come back from the address."""
        return any(one.kind == EMAIL and one.proven_at for one in self.identities)

    @property
    def erased(self) -> bool:
        """Whether the person was erased; what is left of them are entries."""
        return self.entrant.erased_at is not None

    @property
    def accounts(self) -> list[Known]:
        """Accounts at networks."""
        return [one for one in self.identities if one.kind not in {EMAIL, EXTERNAL, ITEM, VISITOR}]

    @property
    def called(self) -> str:
        """What to call them; "" where nothing is known."""
        given = self.entrant.name
        return given or next((n for one in self.accounts for n in (one.name, one.handle) if n), "")


class Found(BaseModel):
    """Somebody whom a search found."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    uid: str
    name: str | None
    email: str | None
    accounts: list[Known]
    entries: int


def of_uid(conn: Connection, actor: Actor, uid: str) -> Entrant:
    """The team's entrant of a public name. Raises NotFound."""
    mine = (entrant.c.team_id == actor.team_id, entrant.c.uid == uid)
    number = conn.execute(select(entrant.c.id).where(*mine)).scalar()
    if number is None:
        raise NotFound("There is no such person.")
    return entrants.get(conn, actor.team_id, number)


def person(inst: Installation, actor: Actor, uid: str) -> Person:
    """Everything about one entrant. Raises NotFound for another team's."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_uid(conn, actor, uid)
        return Person(
            entrant=found,
            identities=entrants.identities_of(conn, actor.team_id, found.id),
            parts=parts_of(conn, actor.team_id, found.id),
            links=links_of(conn, actor.team_id, found.id),
            told=admission.told(conn, actor.team_id, found.id),
            rewards=rewards_of(conn, actor.team_id, found.id),
        )


def parts_of(conn: Connection, team_id: int, entrant_id: int) -> list[Part]:
    """What somebody has in each campaign, the newest campaign first."""
    rows = conn.execute(
        select(
            campaign.c.id, campaign.c.key, campaign.c.title, entry.c.state,
            func.count().label("entries"), func.sum(entry.c.worth).label("worth"),
        )
        .join(campaign, campaign.c.id == entry.c.campaign_id)
        .where(entry.c.team_id == team_id, entry.c.entrant_id == entrant_id)
        .group_by(campaign.c.id, campaign.c.key, campaign.c.title, entry.c.state)
        .order_by(campaign.c.id.desc())
    ).all()  # fmt: skip
    found: dict[int, Part] = {}
    for row in rows:
        old = found.get(row.id) or Part(key=row.key, title=row.title, entries=0, valid=0, worth=0)
        counts = row.state == State.VALID
        found[row.id] = old.model_copy(
            update={
                "entries": old.entries + row.entries,
                "valid": old.valid + (row.entries if counts else 0),
                "worth": old.worth + (int(row.worth) if counts else 0),
            }
        )
    return list(found.values())


def search(inst: Installation, actor: Actor, word: str, *, but: str = "") -> list[Found]:
    """People whose name, address or handle begins with a word, at most ``FOUND``.

    Args:
        inst: The installation.
        actor: A viewer or more.
        word: Two letters or more.
        but: The public name of somebody to leave out.
    """
    actor.need(Role.VIEWER)
    text = word.strip().lstrip("@").lower()
    if len(text) < 2:  # noqa: PLR2004 - one letter names nobody
        return []
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    known = select(identity.c.entrant_id).where(
        identity.c.team_id == actor.team_id,
        or_(
            func.lower(identity.c.handle).like(escaped, escape="\\"),
            func.lower(identity.c.name).like(escaped, escape="\\"),
            identity.c.value == text,
        ),
        identity.c.kind.not_in([ITEM, VISITOR]),
    )
    given = select(entrant.c.id).where(
        entrant.c.team_id == actor.team_id,
        entrant.c.kind != ITEM,
        or_(
            func.lower(entrant.c.name).like(escaped, escape="\\"),
            func.lower(entrant.c.email).like(escaped, escape="\\"),
        ),
    )
    with inst.db.read() as conn:
        ids = list(conn.execute(known.union(given).limit(FOUND + 1)).scalars())
        return [one for one in found_of(conn, actor.team_id, ids) if one.uid != but][:FOUND]


def alike(inst: Installation, actor: Actor, uid: str) -> list[Found]:
    """Other entrants who have given the address that this one, or they, have confirmed.

    The only suggestion there is: equal names say nothing about who somebody is.
    """
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        mine = of_uid(conn, actor, uid)
        proven = [
            one.value
            for one in entrants.identities_of(conn, actor.team_id, mine.id)
            if one.kind == EMAIL and one.proven_at
        ]
        gave_mine = select(entrant.c.id).where(
            entrant.c.team_id == actor.team_id,
            members(conn, func.lower(entrant.c.email, type_=Text), proven),
        )
        proved_mine = select(identity.c.entrant_id).where(
            identity.c.team_id == actor.team_id,
            identity.c.kind == EMAIL,
            identity.c.proven_at.is_not(None),
            identity.c.value == (mine.email or "").lower(),
        )
        both = conn.execute(gave_mine.union(proved_mine).limit(FOUND + 1)).scalars()
        ids = [number for number in both if number != mine.id]
        return [one for one in found_of(conn, actor.team_id, ids) if one.entries or one.accounts]


def undo(inst: Installation, actor: Actor, uid: str, link_uid: str) -> None:
    """Take a link back: the identity and its entries go where they were.

    What a claim has linked goes back with the claim, which is for a moderator again.

    Raises:
        NotFound: there is no such link of this person's, it is undone, or no longer the last.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.read() as conn:
        mine = of_uid(conn, actor, uid)
        row = first(
            conn,
            select(link_table).where(
                link_table.c.team_id == actor.team_id,
                link_table.c.uid == link_uid,
                or_(link_table.c.to_entrant_id == mine.id, link_table.c.from_entrant_id == mine.id),
            ),
        )
        made_by = None if row is None else _claim_of(conn, actor.team_id, row)
    if row is None:
        raise NotFound("There is no such link to undo.")
    if made_by is not None:
        deciding.take_back(inst, actor, made_by[0], made_by[1])
        return
    with inst.db.write() as conn:
        unlink(conn, row["id"], Act("unlink", actor, "", link_uid, now))


def found_of(conn: Connection, team_id: int, ids: Sequence[int]) -> list[Found]:
    """Entrants as a search shows them, in the order of their coming."""
    rows = conn.execute(
        select(entrant)
        .where(entrant.c.team_id == team_id, members(conn, entrant.c.id, list(ids)))
        .order_by(entrant.c.id)
    ).all()
    counted = conn.execute(
        select(entry.c.entrant_id, func.count())
        .where(entry.c.team_id == team_id, members(conn, entry.c.entrant_id, list(ids)))
        .group_by(entry.c.entrant_id)
    )
    entries = {number: n for number, n in counted}  # noqa: C416 - rows are no pairs to mypy
    return [
        Found(
            uid=row.uid,
            name=row.name,
            email=row.email,
            accounts=[
                one
                for one in entrants.identities_of(conn, team_id, row.id)
                if one.kind not in {EMAIL, ITEM, VISITOR}
            ],
            entries=entries.get(row.id, 0),
        )
        for row in rows
    ]


def _claim_of(conn: Connection, team_id: int, row: Any) -> tuple[str, str] | None:
    """The claim whose approval made a link, as (campaign, claim)."""
    if row["why"] != CLAIM:
        return None
    claims = conn.execute(
        select(campaign.c.uid, claim.c.uid, claim.c.links)
        .join(campaign, campaign.c.id == claim.c.campaign_id)
        .where(
            claim.c.team_id == team_id,
            claim.c.entrant_id == row["to_entrant_id"],
            claim.c.state == ClaimState.APPROVED.value,
        )
    )
    return next(((one[0], one[1]) for one in claims if row["id"] in one[2]), None)
