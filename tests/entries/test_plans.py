"""A million entries: what every filter of the Actions tab costs, by the database's own plan."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from tombola.api import Identity, Proof
from tombola.campaigns.models import action
from tombola.campaigns.service import by_id
from tombola.entrants.models import entrant
from tombola.entrants.service import resolve
from tombola.entries.filters import Filter
from tombola.entries.listing import Position, page_of, query_of
from tombola.entries.rules import State

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROWS = 1_000_000
FIRST = datetime(2026, 2, 1, tzinfo=UTC)
#: Written by the database itself: a thousand people, two actions, ten seconds between entries.
FILL = """
INSERT INTO entry (uid, team_id, campaign_id, action_id, identity_id, entrant_id, key, sort_at,
  recorded_at, local_day, worth, state, held, cause_kind, cause_id, event_id, details, proof, alike)
SELECT 'u' || n, :team, :campaign, CASE WHEN n % 50 = 0 THEN :rare ELSE :usual END,
  :identity + n % 1000, :entrant + n % 1000, 'k' || n, {at}, {at}, '2026-05-01',
  1, CASE WHEN n % 100 = 0 THEN 'archived' ELSE 'valid' END, {no},
  CASE WHEN n % 40 = 0 THEN 'submit' ELSE 'event' END, n, 1, {document},
  CASE WHEN n % 200 = 0 THEN 'signed' END, CASE WHEN n % 1000 = 0 THEN 'same' END
FROM {series}
"""
WORDS = {
    "sqlite": {
        "at": "strftime('%Y-%m-%dT%H:%M:%S.000000Z', :first + n * 10, 'unixepoch')",
        "no": "0",
        "document": "'{}'",
        "series": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
        " WHERE n < :rows) SELECT n FROM s)",
    },
    "postgresql": {
        "at": "to_timestamp(:first + n * 10)",
        "no": "false",
        "document": "'{}'",
        "series": "generate_series(1, CAST(:rows AS integer)) AS s(n)",
    },
}


@pytest.fixture
def full(ledger):
    """A campaign with a million entries."""
    db = ledger.db
    usual, rare = ledger.action(), ledger.action()
    with db.write() as conn:
        people = [Identity("x", str(n), handle=f"person{n}") for n in range(1000)]
        known = resolve(conn, ledger.team_id, people, FIRST).values()
        words = WORDS[db.dialect]
        values = {
            "team": ledger.team_id, "campaign": ledger.campaign_id, "usual": usual, "rare": rare,
            "identity": min(one.id for one in known), "rows": ROWS,
            "entrant": min(one.entrant_id for one in known), "first": int(FIRST.timestamp()),
        }  # fmt: skip
        conn.execute(text(FILL.format(**words)), values)
        conn.execute(text("ANALYZE"))
    return ledger


def filters(ledger):
    with ledger.db.read() as conn:
        rare = conn.execute(select(action.c.uid).order_by(action.c.id.desc()).limit(1)).scalar_one()
        who = conn.execute(select(entrant.c.uid).limit(1)).scalar_one()
    day = FIRST + timedelta(days=20)
    return {
        "nothing": Filter(),
        "action": Filter(action=rare),
        "state": Filter(state=State.ARCHIVED),
        "state of most": Filter(state=State.VALID),
        "cause": Filter(cause="submit"),
        "proof": Filter(proof=Proof.SIGNED),
        "source": Filter(source="none"),
        "person": Filter(person="person77"),
        "who": Filter(who=who),
        "same": Filter(same="u1000"),
        "dates": Filter(since=day, until=day + timedelta(days=1)),
        "two": Filter(state=State.ARCHIVED, since=day),
        "three": Filter(action=rare, state=State.VALID, cause="submit"),
    }


def test_every_filter_walks_down_an_index_and_a_deep_page_too(full):
    db = full.db
    deep = Position(sort_at=FIRST + timedelta(seconds=10 * ROWS * 0.05), id=ROWS)
    with db.read() as conn:
        found = by_id(conn, full.campaign_id)
        for name, wanted in filters(full).items():
            for after in (None, deep):
                plan = _plan(conn, query_of(conn, found, wanted, after, 51), db.dialect)
                assert "entry" in plan, (name, plan)
                for whole in ("SCAN entry", "Seq Scan on entry"):
                    assert whole not in plan, (name, after, plan)
                if name not in {"person", "source"}:  # of few rows, sorted when they are found
                    assert "TEMP B-TREE FOR ORDER BY" not in plan, (name, plan)
        lines = page_of(conn, found, Filter(), deep, 50).lines
        assert [line.uid for line in lines[:2]] == ["u50000", "u49999"]


def _plan(conn, query, dialect):
    compiled = query.compile(dialect=conn.dialect, compile_kwargs={"render_postcompile": True})
    word = "EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN "
    values = {
        name: (kind.bind_processor(conn.dialect) or (lambda value: value))(compiled.params[name])
        for name, kind in _kinds(compiled).items()
    }
    ordered = (
        tuple(values[name] for name in compiled.positiontup) if compiled.positional else values
    )
    rows = conn.exec_driver_sql(word + str(compiled), ordered)
    return "\n".join(str(row[-1]) for row in rows)


def _kinds(compiled):
    return {
        name: compiled.binds[name].type.dialect_impl(compiled.dialect) for name in compiled.params
    }
