"""Which rows of which tables belong to a campaign or a team, read from the tables themselves.

So a room that is added later is deleted with its campaign without anybody's thinking of it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, or_, select, tuple_

from tombola.campaigns.models import campaign
from tombola.draws.models import draw, draw_log, exclusion, pool, pool_block, winner, witness
from tombola.privacy.models import deletion, retention_report
from tombola.tables import metadata
from tombola.teams.models import audit, team

#: What stays, empty of people: the proofs of draws, the log of acts, and that there was something.
KEPT = frozenset({
    campaign, draw, draw_log, pool, pool_block, exclusion, winner, witness, team, audit, deletion,
    retention_report,
})  # fmt: skip
Condition = Callable[[Table], ColumnElement[bool] | None]


def of_campaign(campaign_id: int) -> Condition:
    """Rows of a campaign: those that name it, and those that name such a row."""

    def condition(table: Table) -> ColumnElement[bool] | None:
        if "campaign_id" in table.c:
            mine: ColumnElement[bool] = table.c.campaign_id == campaign_id
            return mine
        reached = [
            table.c[column].in_(select(target.c.id).where(inner))
            for target, column in _targets(table)
            if (inner := condition(target)) is not None
        ]
        return or_(*reached) if reached else None

    return condition


def of_team(team_id: int) -> Condition:
    """Rows of a team: those that name it. What belongs to a campaign alone goes with that."""

    def condition(table: Table) -> ColumnElement[bool] | None:
        if "team_id" not in table.c:
            return None
        mine: ColumnElement[bool] = table.c.team_id == team_id
        return mine

    return condition


def doomed(condition: Condition) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Tables and the condition of their rows, in an order in which nothing is left behind."""
    for table in reversed(metadata.sorted_tables):
        if table not in KEPT and (mine := condition(table)) is not None:
            yield table, mine


def delete_some(
    conn: Connection, table: Table, condition: ColumnElement[bool], most: int
) -> Sequence[Any]:
    """Delete so many rows at most. Returns them with ``uid`` and ``sha256``, or their keys."""
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(condition).limit(most)
    names = [name for name in ("uid", "sha256") if name in table.c]
    told = [table.c[name] for name in names] or list(table.primary_key.columns)
    return conn.execute(table.delete().where(key.in_(some)).returning(*told)).all()


def _targets(table: Table) -> Iterator[tuple[Table, str]]:
    """Tables of campaigns' things that a table refers to, each with the referring column."""
    for constraint in table.foreign_key_constraints:
        target = constraint.referred_table
        columns = [name for name in constraint.column_keys if name != "team_id"]
        if columns and target is not table and target not in KEPT and "id" in target.c:
            yield target, columns[-1]
