"""What the Actions tab, its download and its acts may be narrowed to."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, func, or_, select

from tombola.api import Proof
from tombola.campaigns.models import action
from tombola.campaigns.service import Campaign
from tombola.db.sets import members
from tombola.entrants.models import entrant, identity
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.importing.models import run, source

#: People that one search may name; a wider search asks for a longer word.
FOUND = 50


class Filter(BaseModel):
    """What the list is narrowed to; each has its index."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    action: str = ""
    state: State | None = None
    cause: str = ""
    #: How far the reported event behind them can be believed.
    proof: Proof | None = None
    #: Uid of the source that has brought them.
    source: str = ""
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    #: Those that tell the same as the entry of this uid.
    same: str = ""
    #: Those that count for the entrant of this uid.
    who: str = ""


def conditions(conn: Connection, found: Campaign, wanted: Filter) -> list[ColumnElement[bool]]:
    """What a row of the campaign has to be for the filter, for callers that hold a transaction."""
    needed: list[ColumnElement[bool]] = [entry.c.campaign_id == found.id]
    if wanted.action:
        needed.append(
            entry.c.action_id
            == select(action.c.id)
            .where(action.c.campaign_id == found.id, action.c.uid == wanted.action)
            .scalar_subquery()
        )
    plain = {"state": wanted.state, "cause_kind": wanted.cause, "proof": wanted.proof}
    needed += [entry.c[name] == str(value) for name, value in plain.items() if value]
    if wanted.source:
        # Its runs are few, and they are the causes of what it brought.
        of = run.join(source, source.c.id == run.c.source_id)
        mine = (source.c.team_id == found.team_id, source.c.uid == wanted.source)
        runs = select(run.c.id).select_from(of).where(*mine)
        needed += [entry.c.cause_kind == "import", entry.c.cause_id.in_(runs)]
    if wanted.same:
        alike = select(entry.c.alike).where(
            entry.c.campaign_id == found.id, entry.c.uid == wanted.same
        )
        needed.append(entry.c.alike == alike.scalar_subquery())
    if wanted.who:
        mine = (entrant.c.team_id == found.team_id, entrant.c.uid == wanted.who)
        needed.append(entry.c.entrant_id == select(entrant.c.id).where(*mine).scalar_subquery())
    if wanted.person.strip():
        needed.append(members(conn, entry.c.entrant_id, _people(conn, found, wanted.person)))
    if wanted.since is not None:
        needed.append(entry.c.sort_at >= wanted.since)
    if wanted.until is not None:
        needed.append(entry.c.sort_at < wanted.until)
    return needed


def _people(conn: Connection, found: Campaign, word: str) -> list[int]:
    """Entrants whose handle, name or e-mail begins with a word."""
    escaped = word.strip().lstrip("@").lower().replace("\\", "\\\\")
    pattern = escaped.replace("%", "\\%").replace("_", "\\_") + "%"
    known = select(identity.c.entrant_id).where(
        identity.c.team_id == found.team_id,
        or_(
            func.lower(identity.c.handle).like(pattern, escape="\\"),
            func.lower(identity.c.name).like(pattern, escape="\\"),
        ),
    )
    given = select(entrant.c.id).where(
        entrant.c.team_id == found.team_id,
        or_(
            func.lower(entrant.c.name).like(pattern, escape="\\"),
            func.lower(entrant.c.email).like(pattern, escape="\\"),
        ),
    )
    return list(conn.execute(known.union(given).limit(FOUND)).scalars())
