"""The rows of messages on their way: begun before the call, ended after it, under the fence."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from tombola.api import Message, Purpose, Question, Text
from tombola.campaigns.service import Campaign
from tombola.connections import states
from tombola.connections.rules import text_document
from tombola.db.rows import first
from tombola.entrants.models import identity
from tombola.entries.models import participation
from tombola.installation import Installation
from tombola.messages import rules
from tombola.messages.handing import Begun, Came, End
from tombola.messages.judging import Verdict
from tombola.messages.models import contact, message, rest
from tombola.messages.people import Person, lost, people, spend
from tombola.messages.rules import State
from tombola.queue import tasks
from tombola.queue.tasks import Claim
from tombola.web.i18n import marked

#: What is kept of a message whose worker ended while it went over.
LEFT = marked("The worker ended while it was handed over, so that nobody knows whether it arrived.")
HAD = marked("They have had it already, by another of their accounts.")


def leave_unknown(inst: Installation, held: Claim) -> None:
    """Say of what an earlier worker was sending that nobody knows. Raises Fenced."""
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        left = and_(*_of(held), message.c.state == State.SENDING)
        values = {"state": State.UNKNOWN, "reason": text_document(LEFT), "ended_at": now}
        conn.execute(update(message).where(left).values(**values))


def next_due(conn: Connection, held: Claim, now: datetime) -> RowMapping | None:
    """What comes next through an account: the most urgent that is due, or what is due first."""
    open_ = message.c.state.in_([each.value for each in rules.OPEN])
    mine = select(message).where(*_of(held), open_)
    urgent = mine.where(message.c.due_at <= now).order_by(
        message.c.urgency, message.c.due_at, message.c.id
    )
    found = first(conn, urgent.limit(1))
    return found or first(conn, mine.order_by(message.c.due_at, message.c.id).limit(1))


def cancel(inst: Installation, held: Claim, row: RowMapping, says: Text) -> None:
    """Take a message back that can never go. Raises Fenced."""
    now = inst.clock()
    values = {"state": State.CANCELLED, "reason": text_document(says), "ended_at": now}
    _write(inst, held, row, values)


def wait(inst: Installation, held: Claim, row: RowMapping, verdict: Verdict) -> None:
    """Let a message wait for what may change. Raises Fenced."""
    now = inst.clock()
    soonest = now + timedelta(seconds=1)
    due_at = now + rules.LOOK_AGAIN if verdict.until is None else max(verdict.until, soonest)
    values = {
        "state": State.WAITING,
        "reason": text_document(verdict.says),
        "alternative": text_document(verdict.alternative),
        "due_at": min(due_at, row["good_until"]),
    }
    _write(inst, held, row, values)


def begin(
    inst: Installation,
    held: Claim,
    row: RowMapping,
    campaign: Campaign,
    person: Person,
    told: str,
) -> Begun | None:
    """Say that a message is being sent, unless something has changed since it was judged.

    The entrant is looked at here: two identities may have become one person, who gets it once.

    Returns:
        What to hand over; None when it is not to go: the row says why.
    """
    try:
        return _begin(inst, held, row, campaign, person.identity_id, told)
    except IntegrityError:  # another account of the same person was quicker
        cancel(inst, held, row, HAD)
        return None


def end(
    inst: Installation, held: Claim, begun: Begun, came: End, connection_id: int | None
) -> bool:
    """Keep what came of it. Raises Fenced: whoever took over has called it unknown.

    Returns:
        Whether members are written to, since their account broke: the caller rings ``MAIL``.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        team_id = held.team_id or 0
        values = _ended(conn, team_id, begun, came, now)
        conn.execute(update(message).where(message.c.id == begun.message_id).values(**values))
        if came.came is Came.SENT:
            names = came.used
            spend(conn, inst.vault, team_id, begun.channel, begun.identity_id, names)
        elif came.came is Came.UNREACHABLE:
            lost(conn, team_id, begun.channel, begun.identity_id, came.says, now)
        elif came.came is Came.UNKNOWN and came.after is not None:
            _rest(conn, team_id, begun, now + came.after, came.says)
        elif came.came is Came.REST or (came.came is Came.LOST and connection_id is None):
            _rest(conn, team_id, begun, now + (came.after or rules.REST), came.says)
        elif came.came is Came.LOST and connection_id is not None:
            return states.break_(conn, inst, connection_id, came.says, since=now, now=now)
    return False


def _begin(
    inst: Installation,
    held: Claim,
    row: RowMapping,
    campaign: Campaign,
    identity_id: int,
    told: str,
) -> Begun | None:
    now = inst.clock()
    purpose = Purpose(row["purpose"])
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        # Held until the end, so that neither a link nor an erasure comes in between.
        conn.execute(select(identity.c.id).where(identity.c.id == identity_id).with_for_update())
        still = first(conn, select(message).where(message.c.id == row["id"]).with_for_update())
        found = people(
            conn, inst.vault, row["team_id"], row["channel"], campaign.id, [identity_id], now
        ).get(identity_id)
        if still is None or still["state"] not in rules.OPEN or found is None:
            return None
        if rules.held(found.known, purpose, told) is not None:
            return None  # it is judged anew at the next look
        if _had(conn, row, found.entrant_id):
            values = {"state": State.CANCELLED, "reason": text_document(HAD), "ended_at": now}
            conn.execute(update(message).where(message.c.id == row["id"]).values(**values))
            return None
        facts = _facts(conn, campaign, found)
        text = rules.fill(still["text"], facts)
        begun = {
            "state": State.SENDING,
            "entrant_id": found.entrant_id,
            "began_at": now,
            "tries": still["tries"] + 1,
            "reason": None,
            "alternative": None,
        }
        conn.execute(update(message).where(message.c.id == row["id"]).values(**begun))
    asked = still["question"]
    say = Message(
        text=text,
        tag=still["tag"],
        purpose=purpose,
        campaign_id=campaign.uid,
        values=facts,
        question=Question(asked["yes"], asked["no"]) if asked else None,
        locale=still["locale"],
    )
    return Begun(
        row["id"], row["uid"], identity_id, found.entrant_id, row["channel"], row["account"],
        still["tries"] + 1, found.recipient, say,
    )  # fmt: skip


def _facts(conn: Connection, campaign: Campaign, person: Person) -> dict[str, str]:
    """What placeholders become; unknown ones are left out."""
    counted = conn.execute(
        select(participation.c.worth_counted).where(
            participation.c.campaign_id == campaign.id,
            participation.c.entrant_id == person.entrant_id,
        )
    ).scalar()
    known = {
        "first_name": rules.first_name(person.name),
        "campaign": campaign.title,
        "entries": str(counted) if counted else "",
    }
    return {name: value for name, value in known.items() if value}


def _had(conn: Connection, row: RowMapping, entrant_id: int) -> bool:
    """Whether another identity that is this person's now has had the same."""
    others = (
        select(message.c.id)
        .join(identity, identity.c.id == message.c.identity_id)
        .where(
            message.c.campaign_id == row["campaign_id"],
            message.c.purpose == row["purpose"],
            message.c.subject == row["subject"],
            message.c.id != row["id"],
            message.c.state.in_([each.value for each in rules.GONE]),
            or_(identity.c.entrant_id == entrant_id, message.c.entrant_id == entrant_id),
        )
    )
    return conn.execute(others.limit(1)).first() is not None


def _ended(
    conn: Connection, team_id: int, begun: Begun, came: End, now: datetime
) -> dict[str, object]:
    """The row's values after the call. Where nothing went, nobody has had it."""
    said = {"reason": text_document(came.says) if came.says else None}
    again: dict[str, object] = {**said, "entrant_id": None}
    match came.came:
        case Came.SENT:
            return {
                "external_id": came.external_id,
                "text": begun.say.text,
                "ended_at": now,
                **_receipts(conn, team_id, begun, now),
            }
        case Came.UNKNOWN:
            return {**said, "state": State.UNKNOWN, "text": begun.say.text, "ended_at": now}
        case Came.REJECTED | Came.UNREACHABLE:
            return {**again, "state": State.REJECTED, "ended_at": now}
        case Came.NOT_NOW:
            after = max(came.after or rules.LOOK_AGAIN, timedelta(seconds=1))
            more = {"alternative": text_document(came.alternative)}
            return {**again, **more, "state": State.WAITING, "due_at": now + after}
        case Came.LATER:
            after = max(came.after or timedelta(), timedelta())
            return {**again, "state": State.PLANNED, "due_at": now + after}
    return {**again, "state": State.PLANNED}


def _receipts(conn: Connection, team_id: int, begun: Begun, now: datetime) -> dict[str, object]:
    """How far it is: the news of its arrival may have been quicker than the answer."""
    row = first(
        conn,
        select(contact).where(
            contact.c.team_id == team_id,
            contact.c.channel == begun.channel,
            contact.c.identity_id == begun.identity_id,
        ),
    )
    sent = first(conn, select(message.c.began_at).where(message.c.id == begun.message_id))
    began_at = sent["began_at"] if sent is not None else now
    if row is not None and row["read_through"] is not None and row["read_through"] >= began_at:
        return {"state": State.READ, "delivered_at": now, "read_at": row["read_through"]}
    through = row["delivered_through"] if row is not None else None
    if through is not None and through >= began_at:
        return {"state": State.DELIVERED, "delivered_at": through}
    return {"state": State.SENT}


def _rest(conn: Connection, team_id: int, begun: Begun, until: datetime, says: Text) -> None:
    """Let an account rest; a longer rest stays."""
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    key = {"team_id": team_id, "channel": begun.channel, "account": begun.account}
    statement = insert(rest).values(**key, until=until, reason=text_document(says))
    new = statement.excluded
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(rest.primary_key),
            set_={"until": new.until, "reason": new.reason},
        )
    )


def _of(held: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        message.c.team_id == held.team_id,
        message.c.channel == held.payload["channel"],
        message.c.account == held.payload["account"],
    )


def _write(inst: Installation, held: Claim, row: RowMapping, values: dict[str, object]) -> None:
    """Change a message that nobody has begun to send."""
    still = message.c.state.in_([each.value for each in rules.OPEN])
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=inst.clock())
        conn.execute(update(message).where(message.c.id == row["id"], still).values(**values))
