"""What entrants have said of themselves to a campaign: kept, looked up, judged again."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, or_, select, true

from tombola.admission import rules
from tombola.admission.models import agreement, statement
from tombola.admission.rules import Answer, Stated
from tombola.api import Invalid
from tombola.campaigns import alternatives
from tombola.campaigns.models import campaign
from tombola.campaigns.service import Campaign, by_id, of_team, touch
from tombola.campaigns.terms import Asks, Eligibility, Where, asks_first
from tombola.db.sets import members
from tombola.entrants.models import entrant, identity
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role


class Told(BaseModel):
    """What somebody told one campaign, for the team's pages and for the person's own export."""

    model_config = ConfigDict(frozen=True)

    campaign_key: str
    campaign_title: str
    country: str | None
    age: int | None
    answers: list[Answer]
    agreed: list["Agreed"]
    at: datetime


class Agreed(BaseModel):
    """A box that somebody ticked, with its words and the campaign's version of then."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    key: str
    wording: str
    version: int
    at: datetime


def stated(conn: Connection, campaign_id: int, entrant_id: int) -> Stated | None:
    """What an entrant has said to a campaign by any of their identities; the newest wins."""
    row = conn.execute(
        _of_entrant(
            statement.c.country, statement.c.age, statement.c.detailed, statement.c.admitted
        )
        .where(statement.c.campaign_id == campaign_id, identity.c.entrant_id == entrant_id)
        .order_by(statement.c.admitted.desc(), statement.c.at.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return Stated(row.country, row.age, admitted=row.admitted, detailed=row.detailed)


def countries(
    conn: Connection, campaign_id: int, entrants: Collection[int]
) -> Mapping[int, str | None]:
    """The country that each entrant has said; who has said none is left out."""
    rows = conn.execute(
        _of_entrant(identity.c.entrant_id, statement.c.country)
        .where(statement.c.campaign_id == campaign_id)
        .where(members(conn, identity.c.entrant_id, sorted(entrants)))
        .order_by(statement.c.admitted, statement.c.at)
    )
    return {row.entrant_id: row.country for row in rows}


def is_admitted(entrant_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition, in a query that has ``campaign``, that an entrant's entries may count."""
    said = exists().where(
        statement.c.campaign_id == campaign.c.id,
        statement.c.admitted.is_(True),
        identity.c.team_id == statement.c.team_id,
        identity.c.id == statement.c.identity_id,
        identity.c.entrant_id == entrant_id,
    )
    return or_(campaign.c.asks_first.is_(False), said)


def keep(
    conn: Connection,
    found: Campaign,
    identity_id: int,
    before: Stated | None,
    value: BaseModel,
    now: datetime,
) -> Stated:
    """Keep what somebody has said, beside what they had said before.

    Args:
        conn: A write transaction.
        found: The campaign; how it is by now is read again, and held until the commit.
        identity_id: By which the person is known here.
        before: What they had said.
        value: The form of ``rules.model_of``, filled in.
        now: The moment.
    """
    # Whoever changes who may enter waits for this row, and then judges it, too.
    conn.execute(select(campaign.c.id).where(campaign.c.id == found.id).with_for_update(read=True))
    found = by_id(conn, found.id)
    before = before or Stated()
    fields = type(value).model_fields
    detailed = any(name not in {"country", "of_age"} for name in fields)
    said = Stated(
        country=getattr(value, "country", before.country),
        age=found.eligibility.min_age if "of_age" in fields else before.age,
        detailed=before.detailed or detailed,
    )
    admitted = rules.admits(found.eligibility, found.asks, said)
    values: dict[str, Any] = {
        "country": said.country, "age": said.age, "detailed": said.detailed,
        "admitted": admitted, "version": found.version, "at": now,
    }  # fmt: skip
    if detailed:
        answers = rules.answers_of(found.asks, value)
        values["details"] = [each.model_dump() for each in answers]
    where = {"campaign_id": found.id, "identity_id": identity_id}
    mine = [statement.c[name] == number for name, number in where.items()]
    changed = conn.execute(statement.update().where(*mine).values(**values)).rowcount
    if not changed:
        conn.execute(statement.insert().values(team_id=found.team_id, **where, **values))
    for key, wording in rules.agreed(found.asks, value):
        conn.execute(
            agreement.insert().values(
                team_id=found.team_id, **where, key=key, wording=wording, version=found.version,
                at=now,
            )
        )  # fmt: skip
    return Stated(said.country, said.age, admitted=admitted, detailed=said.detailed)


def outside(conn: Connection, found: Campaign, eligibility: Eligibility) -> int:
    """People who were let in and whom another eligibility would stop; their entries stay."""
    lost = and_(statement.c.admitted.is_(True), ~_meets(conn, eligibility))
    return _people(conn, found.id, lost)


def change_eligibility(
    inst: Installation, actor: Actor, uid: str, eligibility: Eligibility
) -> Campaign:
    """Change who may enter; what people have said already is judged by it at once.

    Raises:
        Invalid: Nobody would be asked for a country while an action needs it.
        NotFound, Forbidden: as everywhere.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, uid)
        if found.eligibility == eligibility:
            return found
        if not eligibility.asks_country and alternatives.are_there(conn, found.id):
            said = "The campaign has a free alternative by country. Remove that action first."
            raise Invalid({"ask_country": said})
        first = asks_first(eligibility, found.asks)
        touch(
            conn, actor, found, now, eligibility=eligibility.model_dump(mode="json"),
            asks_first=first,
        )  # fmt: skip
        mine = statement.c.campaign_id == found.id
        enough = _meets(conn, eligibility)
        if found.asks.requires:
            enough = and_(enough, or_(statement.c.detailed.is_(True), _later(found.asks)))
        conn.execute(statement.update().where(mine).values(admitted=enough))
        audit(conn, actor, "campaign.changed", uid, {"eligibility": _told(eligibility)}, now)
        return of_team(conn, actor, uid)


def change_asks(inst: Installation, actor: Actor, uid: str, asks: Asks) -> Campaign:
    """Change what is asked. Whoever has answered already is not asked again.

    Raises NotFound, Forbidden.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, uid)
        if found.asks == asks:
            return found
        first = asks_first(found.eligibility, asks)
        touch(conn, actor, found, now, asks=asks.model_dump(mode="json"), asks_first=first)
        audit(conn, actor, "campaign.changed", uid, {"asks": asks.model_dump(mode="json")}, now)
        return of_team(conn, actor, uid)


def told(conn: Connection, team_id: int, entrant_id: int) -> list[Told]:
    """All that an entrant has said and agreed to, by campaign, the newest campaign first."""
    rows = conn.execute(
        _of_entrant(statement, campaign.c.key, campaign.c.title)
        .join(campaign, campaign.c.id == statement.c.campaign_id)
        .where(statement.c.team_id == team_id, identity.c.entrant_id == entrant_id)
        .order_by(campaign.c.id.desc(), statement.c.at.desc())
    ).all()
    return [
        Told(
            campaign_key=row.key,
            campaign_title=row.title,
            country=row.country,
            age=row.age,
            answers=[Answer.model_validate(each) for each in row.details],
            agreed=_agreed(conn, row.campaign_id, row.identity_id),
            at=row.at,
        )
        for row in rows
    ]


def answered(conn: Connection, campaign_id: int) -> int:
    """How many people have said anything to a campaign."""
    return _people(conn, campaign_id, true())


def _people(conn: Connection, campaign_id: int, condition: ColumnElement[bool]) -> int:
    people = _of_entrant(func.count(identity.c.entrant_id.distinct()))
    counted = people.where(statement.c.campaign_id == campaign_id, condition)
    return int(conn.execute(counted).scalar_one())


def _agreed(conn: Connection, campaign_id: int, identity_id: int) -> list[Agreed]:
    mine = (agreement.c.campaign_id == campaign_id, agreement.c.identity_id == identity_id)
    rows = conn.execute(select(agreement).where(*mine).order_by(agreement.c.id)).mappings()
    return [Agreed.model_validate(row) for row in rows]


def _of_entrant(*columns: Any) -> Any:
    same = and_(identity.c.team_id == statement.c.team_id, identity.c.id == statement.c.identity_id)
    return select(*columns).select_from(statement).join(identity, same)


def _meets(conn: Connection, eligibility: Eligibility) -> ColumnElement[bool]:
    """Whether a row's country and age are enough, as the database decides it."""
    conditions: list[ColumnElement[bool]] = []
    if eligibility.asks_country:
        conditions.append(statement.c.country.is_not(None))
    if eligibility.where is not Where.ALL:
        listed = members(conn, statement.c.country, eligibility.countries)
        conditions.append(listed if eligibility.where is Where.ONLY else ~listed)
    if eligibility.min_age is not None:
        conditions.append(func.coalesce(statement.c.age, 0) >= eligibility.min_age)
    return and_(true(), *conditions)


def _later(asks: Asks) -> ColumnElement[bool]:
    return true() if asks.when == "after" else false()


def _told(eligibility: Eligibility) -> dict[str, Any]:
    return eligibility.model_dump(mode="json")


def keep_email(conn: Connection, team_id: int, entrant_id: int, email: str) -> None:
    """Keep the address that an entrant gives who has given none yet; it proves nothing."""
    conn.execute(
        entrant.update()
        .where(entrant.c.team_id == team_id, entrant.c.id == entrant_id)
        .where(entrant.c.email.is_(None), entrant.c.erased_at.is_(None))
        .values(email=email)
    )
