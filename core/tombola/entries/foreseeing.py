"""What a change of an action would do to the entries that are there, before it is made."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, func, literal, select, text

from tombola.campaigns import actions, service
from tombola.campaigns.models import action
from tombola.campaigns.rules import ActionForm, Interval
from tombola.campaigns.service import Action, Campaign
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role


class ActionEffects(BaseModel):
    """What becomes of an action's entries.

    Attributes:
        entries: that are there, whatever their state.
        people: behind those that count.
        count_now: entries that count.
        count_then: entries that would count.
        worth_now: of one completion.
        worth_then: of one to come; entries that are there keep theirs.
        alternatives: free alternatives that follow.
    """

    model_config = ConfigDict(frozen=True)

    entries: int
    people: int
    count_now: int
    count_then: int
    worth_now: int
    worth_then: int
    alternatives: int

    @property
    def tells(self) -> bool:
        """Whether somebody should know before it is done."""
        return bool(self.entries) and (
            self.count_now != self.count_then or self.worth_now != self.worth_then
        )


def change(
    inst: Installation, actor: Actor, campaign_uid: str, uid: str, form: ActionForm
) -> ActionEffects:
    """Count what ``editing.update_action`` with this form would do. Writes nothing."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        found = service.of_team(conn, actor, campaign_uid)
        before = actions.of_campaign(conn, found.id, uid)
        effects = _as_it_is(conn, before)
        if form.replaces is not None:
            other = actions.of_campaign(conn, found.id, form.replaces)
            same = {"worth": other.worth, "interval": Interval(other.interval)}
            form = form.model_copy(update=same)
        then = effects.count_now
        if form.interval.value != before.interval:
            then = _would_count(conn, inst, found, before, form.interval)
        return effects.model_copy(update={"count_then": then, "worth_then": form.worth})


def removal(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> ActionEffects:
    """What an action has that is about to be removed; its entries stay and keep counting."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        found = service.of_team(conn, actor, campaign_uid)
        return _as_it_is(conn, actions.of_campaign(conn, found.id, uid))


def _as_it_is(conn: Connection, of: Action) -> ActionEffects:
    mine = entry.c.action_id == of.id
    entries = conn.execute(select(func.count()).select_from(entry).where(mine)).scalar_one()
    valid = (mine, entry.c.state == State.VALID.value)
    count, people = conn.execute(
        select(func.count(), func.count(entry.c.entrant_id.distinct())).where(*valid)
    ).one()
    standing_for = (
        action.c.campaign_id == of.campaign_id,
        action.c.replaces == of.uid,
        action.c.removed_at.is_(None),
    )
    others = conn.execute(select(func.count()).select_from(action).where(*standing_for))
    return ActionEffects(
        entries=entries,
        people=people,
        count_now=count,
        count_then=count,
        worth_now=of.worth,
        worth_then=of.worth,
        alternatives=others.scalar_one(),
    )


def _would_count(
    conn: Connection, inst: Installation, found: Campaign, of: Action, interval: Interval
) -> int:
    """Entries that would count: one for each place that an entrant asks for and nobody holds.

    What counts or was too many asks; what was archived while it counted keeps its place.
    """
    asks = (
        entry.c.action_id == of.id,
        entry.c.state.in_([State.VALID.value, State.SPENT.value]),
    )
    if interval is Interval.UNLIMITED:
        counted = select(func.count()).select_from(entry).where(*asks)
        return int(conn.execute(counted).scalar_one())
    place = _place(conn, interval, _past_the_hour(found, inst))
    wanted = select(entry.c.entrant_id, place.label("place")).where(*asks).distinct()
    held = select(entry.c.entrant_id, place.label("place")).where(
        entry.c.action_id == of.id, entry.c.held.is_(True), entry.c.state == State.ARCHIVED.value
    )
    return int(
        conn.execute(select(func.count()).select_from(wanted.except_(held).subquery())).scalar_one()
    )


def _place(conn: Connection, interval: Interval, minutes: int) -> ColumnElement[Any]:
    if interval is Interval.ONCE:
        return literal("once")
    if interval is Interval.DAILY:
        return entry.c.local_day
    if conn.dialect.name == "sqlite":
        shift = literal(f"+{minutes} minutes")
        return func.strftime("%Y-%m-%dT%H", entry.c.sort_at, shift)
    return func.date_trunc("hour", entry.c.sort_at + text(f"interval '{minutes} minutes'"))


def _past_the_hour(found: Campaign, inst: Installation) -> int:
    """Minutes by which the zone's clock hours begin beside those of UTC."""
    offset = found.local(inst.clock()).utcoffset()
    return int(offset.total_seconds() // 60) % 60 if offset is not None else 0
