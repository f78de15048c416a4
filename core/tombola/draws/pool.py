"""Who takes part: the query over the ledger, and what it leaves out and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select

from tombola.api import Invalid
from tombola.campaigns.models import action
from tombola.campaigns.service import Campaign
from tombola.db.sets import members
from tombola.draws import rules
from tombola.draws.models import draw, winner
from tombola.draws.types import DrawForm
from tombola.entrants.models import entrant, link
from tombola.entrants.service import ITEM
from tombola.entries import doing
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.fairness.bundle import Mode

#: Rows that one look into the database brings.
STEP = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A form with everything looked up that its query needs.

    Attributes:
        actions: Numbers of the actions that count; None takes all.
        left_out: Reason by entrant, for those whom a person or an earlier draw leaves out.
        needs: Different actions that somebody must have done in the campaign.
    """

    campaign_id: int
    form: DrawForm
    actions: list[int] | None
    left_out: Mapping[int, str]
    needs: int


def snapshot(conn: Connection) -> None:
    """Let all that this transaction reads be of one moment: first thing in a read transaction.

    On SQLite it is so anyway.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def ask(conn: Connection, campaign: Campaign, form: DrawForm) -> Asked:
    """Look up what the form names. Raises Invalid for people or actions of another campaign."""
    return Asked(
        campaign.id,
        form,
        _actions(conn, campaign, form),
        _left_out(conn, campaign, form),
        campaign.actions_required,
    )


def in_range(asked: Asked, conn: Connection) -> list[ColumnElement[bool]]:
    """The conditions on entries, apart from their state: campaign, own time, actions."""
    form = asked.form
    found = [entry.c.campaign_id == asked.campaign_id]
    if form.since is not None:
        found.append(entry.c.sort_at >= form.since)
    if form.until is not None:
        found.append(entry.c.sort_at < form.until)
    if asked.actions is not None:
        found.append(members(conn, entry.c.action_id, asked.actions))
    return found


def tickets(conn: Connection, asked: Asked) -> Subquery:
    """What everybody has in range: one row an entrant, those with nothing left out."""
    worth = func.sum(entry.c.worth)
    return (
        select(entry.c.entrant_id, worth.label("worth"))
        .where(*in_range(asked, conn), entry.c.state == State.VALID.value)
        .group_by(entry.c.entrant_id)
        .having(worth > 0)
        .subquery("tickets")
    )


def rows(conn: Connection, asked: Asked) -> Select[Any]:
    """Number, public name, kind, moment of erasure and tickets of everybody who may take part."""
    have = tickets(conn, asked)
    return select(
        entrant.c.id, entrant.c.uid, entrant.c.kind, entrant.c.erased_at, have.c.worth
    ).join(have, have.c.entrant_id == entrant.c.id)


def lacking(conn: Connection, asked: Asked) -> set[int]:
    """Who has done fewer different actions than the campaign asks for."""
    if not asked.needs:
        return set()
    return set(conn.execute(doing.too_few(asked.campaign_id, asked.needs)).scalars())


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody who takes part, or, with a reason, does not."""

    entrant_id: int
    uid: str
    weight: int
    reason: str | None
    erased: bool


def read(conn: Connection, asked: Asked) -> Iterator[list[Standing]]:
    """Everybody with tickets in range, in stretches, in no order that counts."""
    without = lacking(conn, asked)
    alone = asked.form.mode is Mode.PER_PERSON
    unclaimed_may = asked.form.unclaimed_may_win
    left_out = asked.left_out
    result = conn.execution_options(stream_results=True).execute(rows(conn, asked))
    for part in result.partitions(STEP):
        yield [
            Standing(
                number,
                uid,
                1 if alone else int(worth),
                rules.ERASED
                if erased_at is not None
                else left_out.get(number)
                or (rules.UNCLAIMED if kind == ITEM and not unclaimed_may else None)
                or (rules.REQUIREMENTS if number in without else None),
                erased_at is not None,
            )
            for number, uid, kind, erased_at, worth in part
        ]


def winners_before(conn: Connection, campaign_id: int) -> set[int]:
    """Who has won in a draw of this campaign that counts, under whatever entrant they are now."""
    found = set(
        conn.execute(
            select(winner.c.entrant_id)
            .join(draw, draw.c.id == winner.c.draw_id)
            .where(
                draw.c.campaign_id == campaign_id,
                draw.c.state.in_([*rules.COUNTS]),
                winner.c.prize.is_not(None),
                winner.c.passed_at.is_(None),
                winner.c.entrant_id.is_not(None),
            )
        ).scalars()
    )
    fresh = found
    while fresh:  # somebody who has logged in since counts as another entrant now
        moved = select(link.c.to_entrant_id).where(
            link.c.undone_at.is_(None), members(conn, link.c.from_entrant_id, sorted(fresh))
        )
        fresh = set(conn.execute(moved).scalars()) - found
        found |= fresh
    return found


def _left_out(conn: Connection, campaign: Campaign, form: DrawForm) -> dict[int, str]:
    reasons = {each.entrant: each.reason for each in form.exclude}
    known = dict(
        conn.execute(
            select(entrant.c.uid, entrant.c.id).where(
                entrant.c.team_id == campaign.team_id, members(conn, entrant.c.uid, list(reasons))
            )
        ).all()
    )
    if len(known) != len(reasons):
        raise Invalid({"exclude": "One of the people to leave out is not known to this team."})
    found = {number: reasons[uid] for uid, number in known.items()}
    if not form.repeats:
        found |= {
            number: rules.WON for number in winners_before(conn, campaign.id) if number not in found
        }
    return found


def _actions(conn: Connection, campaign: Campaign, form: DrawForm) -> list[int] | None:
    if not form.actions:
        return None
    found = list(
        conn.execute(
            select(action.c.id)
            .where(action.c.campaign_id == campaign.id, members(conn, action.c.uid, form.actions))
            .order_by(action.c.id)
        ).scalars()
    )
    if len(found) != len(set(form.actions)):
        raise Invalid({"actions": "One of these actions is not of this campaign."})
    return found
