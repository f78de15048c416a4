"""One message for many: begun after its preview, given out page by page, stopped at any moment."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, RowMapping, func, select, update

from tombola.api import Message, NotFound, Purpose, Question, Text
from tombola.campaigns import service as campaigns
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.installation import Installation
from tombola.messages import audience, queueing, rules
from tombola.messages.models import broadcast, consent, message
from tombola.messages.people import people
from tombola.messages.promises import promised
from tombola.messages.rules import State
from tombola.plugins.world import TeamRef
from tombola.queue import tasks
from tombola.queue.kinds import Again, Result, Settled
from tombola.queue.tasks import Claim
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.web.i18n import gettext as _
from tombola.web.i18n import marked

#: The kind of duty that gives one broadcast out.
BROADCAST = "broadcast"
LEASE = timedelta(minutes=1)
#: Identities that one transaction writes messages for.
BATCH = 500
#: What a team can broadcast; a winner's news goes to winners, a confirmation by itself.
PURPOSES = (
    Purpose.CAMPAIGN_CHANGED,
    Purpose.CAMPAIGN_ENDED,
    Purpose.CONSENT,
    Purpose.INTEREST,
    Purpose.OTHER,
)
_MOST_TEXT = 1_900


class BroadcastForm(BaseModel):
    """What a team wants to say to many."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    purpose: Purpose
    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=_MOST_TEXT,
            title=marked("What they read"),
            json_schema_extra={"format": "textarea"},
        ),
    ]
    yes: Annotated[str, Field(max_length=20, title=marked("Button for yes"))] = ""
    no: Annotated[str, Field(max_length=20, title=marked("Button for no"))] = ""

    @model_validator(mode="after")
    def can_be_said(self) -> Self:
        """Refuse purposes that are not broadcast, unknown placeholders, questions without answers.

        Twenty characters are what fits on a button of the networks that have such.
        """
        if self.purpose not in PURPOSES:
            said = "This is sent by itself, not to everybody."
            raise PydanticCustomError("purpose", said, {"field": "purpose"})
        if rules.strange_places(self.text):
            said = "There is a placeholder that we do not know. These are known: first_name, "
            said += "campaign and entries, each in braces."
            raise PydanticCustomError("place", said, {"field": "text"})
        return self

    @property
    def question(self) -> Question | None:
        """The answers to offer, for purposes that ask."""
        if self.purpose not in rules.QUESTIONS:
            return None
        return Question(self.yes or _("Yes"), self.no or _("No"))


class Broadcast(BaseModel):
    """A broadcast as pages see it.

    Attributes:
        counts: its messages by state.
        running: it is still being given out, or some of it is due.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    purpose: Purpose
    text: str
    created_at: datetime
    given_out_at: datetime | None
    stopped_at: datetime | None
    counts: dict[State, int] = {}

    @property
    def total(self) -> int:
        """How many people it is for, as far as it was given out."""
        return sum(self.counts.values())

    @property
    def gone(self) -> int:
        """How many it has gone to, or may have."""
        return sum(self.counts.get(each, 0) for each in rules.GONE)

    @property
    def open(self) -> int:
        """How many it may still go to."""
        return sum(self.counts.get(each, 0) for each in rules.OPEN)

    @property
    def running(self) -> bool:
        """Whether its numbers are about to change by themselves."""
        due = self.counts.get(State.PLANNED, 0) + self.counts.get(State.SENDING, 0)
        return self.stopped_at is None and (self.given_out_at is None or due > 0)


def begin(inst: Installation, actor: Actor, campaign_uid: str, form: BroadcastForm) -> Broadcast:
    """Begin to give a message out. It has been previewed; whoever cannot get it today waits.

    Each person gets one message of a purpose for a campaign, whoever begins how many broadcasts.

    Raises NotFound for another team's campaign.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        campaign = campaigns.of_team(conn, actor, campaign_uid)
        told = promised(conn, campaign)
        asked = form.question
        question = {"yes": asked.yes, "no": asked.no} if asked else None
        number = insert_one(
            conn, broadcast, uid=new_uid(now), team_id=actor.team_id, campaign_id=campaign.id,
            purpose=form.purpose.value, subject=audience.subject_of(form.purpose, told),
            text=form.text, locale=campaign.language or "en", question=question,
            last_identity_id=0, member_id=actor.member_id, created_at=now,
        )  # fmt: skip
        tasks.put(conn, BROADCAST, str(number), now, team_id=actor.team_id)
        found = first(conn, select(broadcast).where(broadcast.c.id == number))
        detail = {"purpose": form.purpose.value, "campaign": campaign.uid}
        audit(conn, actor, "messages.broadcast", str(found and found["uid"]), detail, now)
    inst.bell.ring(BROADCAST)
    return Broadcast.model_validate(dict(found or {}))


def stop(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> int:
    """Give nothing more out, and take back what nobody has begun to send. Returns how many.

    Raises NotFound. Idempotent.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        campaign = campaigns.of_team(conn, actor, campaign_uid)
        row = first(
            conn,
            select(broadcast).where(broadcast.c.campaign_id == campaign.id, broadcast.c.uid == uid),
        )
        if row is None:
            raise NotFound("There is no such message to stop.")
        if row["stopped_at"] is not None:
            return 0
        stopped = update(broadcast).where(broadcast.c.id == row["id"]).values(stopped_at=now)
        conn.execute(stopped)
        mine = message.c.broadcast_id == row["id"]
        taken = queueing.withdraw(conn, _STOPPED, now, mine)
        audit(conn, actor, "messages.stopped", uid, {"taken_back": taken}, now)
    return taken


def listing(conn: Connection, campaign_id: int, limit: int = 20) -> list[Broadcast]:
    """A campaign's broadcasts with what became of their messages, the newest first."""
    rows = (
        conn.execute(
            select(broadcast)
            .where(broadcast.c.campaign_id == campaign_id)
            .order_by(broadcast.c.id.desc())
            .limit(limit)
        )
        .mappings()
        .all()
    )
    counted = conn.execute(
        select(message.c.broadcast_id, message.c.state, func.count())
        .where(message.c.broadcast_id.in_([row["id"] for row in rows]))
        .group_by(message.c.broadcast_id, message.c.state)
    )
    counts: dict[int, dict[State, int]] = {}
    for number, state, n in counted:
        counts.setdefault(number, {})[State(state)] = n
    return [Broadcast.model_validate({**row, "counts": counts.get(row["id"], {})}) for row in rows]


def give_out(inst: Installation, held: Claim) -> Result:
    """Write a broadcast's messages, a page a transaction: the handler of ``broadcast``."""
    while not held.over():
        if _page(inst, held):
            return Settled()
    return Again(inst.clock())


def _page(inst: Installation, held: Claim) -> bool:
    """Write one page, and where it ended. Says whether that was all, and the duty is finished."""
    now = inst.clock()
    with inst.db.read() as conn:
        row = first(conn, select(broadcast).where(broadcast.c.id == int(held.key)))
        to = [] if row is None else _next(conn, inst, row, now)
    addressed = queueing.addressed(inst, TeamRef(held.team_id or 0, ""), to)
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        mine = broadcast.c.id == int(held.key)
        still = first(conn, select(broadcast).where(mine).with_for_update())
        if row is None or still is None or still["stopped_at"] is not None:
            tasks.finish(conn, held)
            return True
        queueing.queue(conn, _place(row), addressed, _say(row), now)
        values: dict[str, object] = {"given_out_at": now}
        if to:
            values = {"last_identity_id": max(each.identity_id for each in to)}
        conn.execute(update(broadcast).where(mine).values(**values))
        if not to:
            tasks.finish(conn, held)
    inst.bell.ring(queueing.MOUTH)
    return not to


def _next(
    conn: Connection, inst: Installation, row: RowMapping, now: datetime
) -> list[queueing.To]:
    """Whom the next page is for."""
    campaign = campaigns.ever(conn, row["campaign_id"])
    purpose = Purpose(row["purpose"])
    told = row["subject"] if purpose is Purpose.CONSENT else promised(conn, campaign)
    pairs = conn.execute(
        audience.ids(campaign, purpose, told)
        .where(consent.c.identity_id > row["last_identity_id"])
        .limit(BATCH)
    ).all()
    found: list[queueing.To] = []
    for key in sorted({pair.channel for pair in pairs}):
        numbers = [pair.identity_id for pair in pairs if pair.channel == key]
        known = people(conn, inst.vault, campaign.team_id, key, campaign.id, numbers, now)
        found += [
            queueing.To(number, key, each.recipient.identity) for number, each in known.items()
        ]
    return found


def _place(row: RowMapping) -> queueing.Place:
    return queueing.Place(
        row["team_id"], row["campaign_id"], Purpose(row["purpose"]), row["subject"], row["id"]
    )


def _say(row: RowMapping) -> Message:
    asked = row["question"]
    question = Question(asked["yes"], asked["no"]) if asked else None
    return Message(text=row["text"], question=question, locale=row["locale"])


_STOPPED: Text = marked("Somebody of your team has stopped it.")
