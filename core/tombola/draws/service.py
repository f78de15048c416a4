"""What a team does with its draws: look at the pool, plan, close, publish, declare void.

Witnesses and dice are in ``witnesses.py``, winners in ``winners.py``, proofs in ``proofs.py``, the
public log in ``log.py``; what happens after the close is in ``jobs.py``.
"""

import secrets
from collections import Counter
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from tombola.api import Conflict, Invalid
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import campaign
from tombola.campaigns.service import Campaign
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.draws import beacons, log, pool, rules
from tombola.draws.announcing import Names
from tombola.draws.models import draw, witness
from tombola.draws.store import DRAW, change, key, row_of, view
from tombola.draws.types import Draw, DrawForm, Late, Preview, Progress, State
from tombola.entrants.models import entrant
from tombola.entrants.service import ITEM
from tombola.entries.models import entry, ledger_event
from tombola.entries.rules import State as EntryState
from tombola.fairness.bundle import Grade
from tombola.fairness.hashing import SECRET, sha256
from tombola.importing import service as importing
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: Late entries that one page shows.
LATE_SHOWN = 100


def preview(inst: Installation, actor: Actor, campaign_uid: str, form: DrawForm) -> Preview:
    """The pool as it would be if it were frozen now. Nothing is written; nobody outside is asked.

    Raises:
        NotFound: Another team's campaign.
        Invalid: The form names people or actions that are not there.
    """
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        pool.snapshot(conn)
        found = campaigns.of_team(conn, actor, campaign_uid)
        asked = pool.ask(conn, found, form)
        people, weight, excluded = 0, 0, Counter[str]()
        for part in pool.read(conn, asked):
            inside = [one.weight for one in part if one.reason is None]
            people += len(inside)
            weight += sum(inside)
            excluded.update(one.reason for one in part if one.reason is not None)
        have = pool.tickets(conn, asked)
        unclaimed = conn.execute(
            select(func.count())
            .select_from(have.join(entrant, entrant.c.id == have.c.entrant_id))
            .where(entrant.c.kind == ITEM)
        ).scalar_one()
        outside = _valid(conn, found) - _counted(conn, asked)
        committed = _last_committed(conn, found)
        late = 0 if committed is None else _late_count(conn, asked, *committed)
    return Preview(
        people=people,
        weight=weight,
        excluded=dict(excluded),
        unclaimed=unclaimed,
        late=late,
        outside=outside,
        sources=len(importing.of_campaign(inst, actor, found.id)),
        grades=grades(inst),
    )


def grades(inst: Installation) -> list[Grade]:
    """The grades that this installation can give, the best first. May ask the operator's list."""
    return rules.grades(beacons.available(inst))


def plan(inst: Installation, actor: Actor, campaign_uid: str, form: DrawForm) -> Draw:
    """Write down what is to be drawn. Nothing is fixed until the close.

    Raises:
        Invalid: Complaints by field; ``grade`` where this installation has too few beacons.
        NotFound: Another team's campaign.
    """
    actor.need(Role.EDITOR)
    rules.check(form, grades(inst))
    now = inst.clock()
    uid = new_uid(now)
    with inst.db.write() as conn:
        found = campaigns.of_team(conn, actor, campaign_uid)
        pool.ask(conn, found, form)
        secret, salt_key = secrets.token_hex(SECRET), secrets.token_hex(32)
        draw_id = insert_one(
            conn, draw, uid=uid, team_id=actor.team_id, campaign_id=found.id,
            state=State.PLANNED.value, form=form.model_dump(mode="json"),
            member_id=actor.member_id, progress=Progress().model_dump(), notes=[],
            secret=inst.vault.seal(f"draw {uid}", secret),
            salt_key=inst.vault.seal(f"salts {uid}", salt_key), revealed={}, created_at=now,
        )  # fmt: skip
        _witnesses(conn, draw_id, form)
        told = {"title": form.title, "grade": form.grade.value}
        audit(conn, actor, "draw.planned", uid, told, now)
        return view(conn, row_of(conn, actor, uid))


def change_plan(inst: Installation, actor: Actor, uid: str, form: DrawForm) -> Draw:
    """Write another form into a planned draw; its witnesses begin anew where they changed.

    Raises as ``plan``, and Conflict once it was closed.
    """
    actor.need(Role.EDITOR)
    rules.check(form, grades(inst))
    now = inst.clock()
    with inst.db.write() as conn:
        row = row_of(conn, actor, uid, alone=True)
        if row["state"] != State.PLANNED:
            raise Conflict("This draw was closed; what it draws can no longer be changed.")
        pool.ask(conn, campaigns.by_id(conn, row["campaign_id"]), form)
        if list(form.witnesses) != list(row["form"]["witnesses"]):
            conn.execute(witness.delete().where(witness.c.draw_id == row["id"]))
            _witnesses(conn, row["id"], form)
        change(conn, row["id"], form=form.model_dump(mode="json"))
        audit(conn, actor, "draw.changed", uid, {"title": form.title}, now)
        return view(conn, row_of(conn, actor, uid))


def close(inst: Installation, actor: Actor, uid: str) -> Draw:
    """Begin: the last imports, then the freeze, the commitment, the randomness, the winners.

    A second click finds the draw on its way and changes nothing.

    Raises:
        Conflict: Another draw of the campaign is on its way, a witness has not committed to
            anything yet, or this one failed or was declared void.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = row_of(conn, actor, uid, alone=True)
        if row["state"] in {*rules.COMMITTED, State.CLOSING}:
            return view(conn, row)
        _check_close(conn, row["id"], row["campaign_id"], row["state"])
        change(
            conn, row["id"], state=State.CLOSING.value, closing_at=now,
            progress=Progress(step="imports").model_dump(),
        )  # fmt: skip
        payload = {"draw": row["id"]}
        tasks.put(conn, DRAW, key(row["id"]), now, team_id=actor.team_id, payload=payload)
        audit(conn, actor, "draw.closed", uid, {}, now)
        made = view(conn, row_of(conn, actor, uid))
    inst.bell.ring(DRAW)
    return made


def publish(inst: Installation, actor: Actor, uid: str, names: Names = Names.FIRST) -> Draw:
    """Let everybody see the winners, with names as short as asked. Again with others: shows those.

    Raises Conflict before they are drawn.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = row_of(conn, actor, uid, alone=True)
        if row["state"] == State.DRAWN:
            published = {"state": State.PUBLISHED.value, "published_at": now}
            change(conn, row["id"], shown_names=names.value, **published)
            told = {"number": row["number"], "names": names.value}
            audit(conn, actor, "draw.published", uid, told, now)
        elif row["state"] != State.PUBLISHED:
            raise Conflict("There are no winners to publish yet.")
        elif row["shown_names"] != names.value:
            change(conn, row["id"], shown_names=names.value)
            audit(conn, actor, "draw.names_changed", uid, {"names": names.value}, now)
        return view(conn, row_of(conn, actor, uid))


def void(inst: Installation, actor: Actor, uid: str, reason: str) -> Draw:
    """Declare a draw void. What was committed to stays in the log, with the reason. Idempotent.

    Raises:
        Invalid: Without a reason.
    """
    actor.need(Role.EDITOR)
    if not reason.strip():
        raise Invalid({"reason": "Say why; the reason is published with the draw."})
    said, now = reason.strip()[:1_000], inst.clock()
    with inst.db.write() as conn:
        row = row_of(conn, actor, uid, alone=True)
        if row["state"] != State.VOIDED:
            if row["number"] is not None:
                hashed = sha256(said.encode()).hex()
                log.append(conn, uid, row["number"], "void", now, reason=hashed)
            tasks.drop(conn, DRAW, [key(row["id"])])
            change(
                conn, row["id"], state=State.VOIDED.value, voided_at=now, void_reason=said,
                salt_key=None,
            )  # fmt: skip
            audit(conn, actor, "draw.voided", uid, {"reason": said}, now)
        return view(conn, row_of(conn, actor, uid))


def get(inst: Installation, actor: Actor, uid: str) -> Draw:
    """One draw of the actor's team. Raises NotFound."""
    with inst.db.read() as conn:
        return view(conn, row_of(conn, actor, uid))


def of_campaign(inst: Installation, actor: Actor, campaign_uid: str) -> list[Draw]:
    """The draws of a campaign, the newest first, those declared void among them."""
    with inst.db.read() as conn:
        found = campaigns.of_team(conn, actor, campaign_uid)
        rows = conn.execute(
            select(draw).where(draw.c.campaign_id == found.id).order_by(draw.c.id.desc())
        ).mappings()
        return [view(conn, row) for row in rows.all()]


def late(inst: Installation, actor: Actor, uid: str) -> list[Late]:
    """Entries that would have been in the pool by their own time and came after the freeze.

    At most ``LATE_SHOWN`` of them, in the order of their arrival; none before the freeze.
    """
    with inst.db.read() as conn:
        row = row_of(conn, actor, uid)
        if row["ledger_head"] is None:
            return []
        found = campaigns.ever(conn, row["campaign_id"])
        asked = pool.ask(conn, found, DrawForm.model_validate(row["form"]))
        rows = conn.execute(
            select(
                entry.c.uid, entry.c.occurred_at, entry.c.recorded_at, entry.c.worth,
                entrant.c.uid.label("entrant"),
            )
            .join(ledger_event, ledger_event.c.id == entry.c.event_id)
            .join(entrant, entrant.c.id == entry.c.entrant_id)
            .where(*_after(conn, asked, row["ledger_head"], row["frozen_at"]))
            .order_by(entry.c.id)
            .limit(LATE_SHOWN)
        ).all()  # fmt: skip
    return [Late(r.uid, r.entrant, r.occurred_at, r.recorded_at, r.worth) for r in rows]


def _check_close(conn: Connection, draw_id: int, campaign_id: int, state: str) -> None:
    # One after another: two draws at once could give one person two prizes.
    conn.execute(select(campaign.c.id).where(campaign.c.id == campaign_id).with_for_update())
    if state != State.PLANNED:
        raise Conflict("This draw has ended; plan a new one.")
    other = conn.execute(
        select(draw.c.id).where(
            draw.c.campaign_id == campaign_id, draw.c.state.in_([*rules.AT_WORK])
        )
    ).first()
    if other is not None:
        raise Conflict("Another draw of this campaign is on its way; wait for its end.")
    silent = conn.execute(
        select(witness.c.name).where(witness.c.draw_id == draw_id, witness.c.commitment.is_(None))
    ).scalar()
    if silent is not None:
        raise Conflict(f"{silent} has not committed to anything yet; every witness has to.")


def _witnesses(conn: Connection, draw_id: int, form: DrawForm) -> None:
    for position, name in enumerate(form.witnesses, 1):
        token = secrets.token_urlsafe(24)
        conn.execute(
            witness.insert().values(draw_id=draw_id, position=position, name=name, token=token)
        )


def _valid(conn: Connection, found: Campaign) -> int:
    mine = (entry.c.campaign_id == found.id, entry.c.state == EntryState.VALID.value)
    return conn.execute(select(func.count()).where(*mine)).scalar_one()


def _counted(conn: Connection, asked: pool.Asked) -> int:
    mine = (*pool.in_range(asked, conn), entry.c.state == EntryState.VALID.value)
    return conn.execute(select(func.count()).select_from(entry).where(*mine)).scalar_one()


def _last_committed(conn: Connection, found: Campaign) -> tuple[int, datetime] | None:
    row = conn.execute(
        select(draw.c.ledger_head, draw.c.frozen_at)
        .where(draw.c.campaign_id == found.id, draw.c.state.in_([*rules.COMMITTED]))
        .order_by(draw.c.number.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.ledger_head, row.frozen_at)


def _after(
    conn: Connection, asked: pool.Asked, head: int, frozen_at: datetime
) -> list[ColumnElement[bool]]:
    return [
        *pool.in_range(asked, conn),
        entry.c.state == EntryState.VALID.value,
        entry.c.sort_at <= frozen_at,
        ledger_event.c.n > head,
    ]


def _late_count(conn: Connection, asked: pool.Asked, head: int, frozen_at: datetime) -> int:
    found = select(func.count()).select_from(entry)
    joined = found.join(ledger_event, ledger_event.c.id == entry.c.event_id)
    return conn.execute(joined.where(*_after(conn, asked, head, frozen_at))).scalar_one()
