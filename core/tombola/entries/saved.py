"""Filters of the Actions tab under a name, for everybody in the team."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, func, select

from tombola.api import Conflict, Invalid, NotFound
from tombola.campaigns.service import of_team
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.entries.models import saved_view
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: Views of one campaign; more would be no help to choose from.
MOST = 50
MOST_LETTERS = 60


class View(BaseModel):
    """A saved view: its filters are the list's own words in an address."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    uid: str
    name: str
    wanted: dict[str, str]


def of_campaign(conn: Connection, campaign_id: int) -> list[View]:
    """A campaign's views by name."""
    mine = select(saved_view).where(saved_view.c.campaign_id == campaign_id)
    rows = conn.execute(mine.order_by(func.lower(saved_view.c.name))).mappings()
    return [View.model_validate(row) for row in rows]


def save(
    inst: Installation, actor: Actor, campaign_uid: str, name: str, wanted: Mapping[str, str]
) -> View:
    """Keep filters under a name; the same name keeps the newer filters.

    Raises:
        Invalid: No name, no filter, or a name that is too long.
        Conflict: The campaign has as many views as it may.
    """
    actor.need(Role.EDITOR)
    called = " ".join(name.split())
    if not called:
        raise Invalid({"name": "Give the view a name."})
    if len(called) > MOST_LETTERS:
        raise Invalid({"name": f"Use at most {MOST_LETTERS} letters."})
    if not wanted:
        raise Invalid({"name": "Choose a filter first; without one there is nothing to save."})
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        there = {each.name: each.uid for each in of_campaign(conn, found.id)}
        if called in there:
            uid = there[called]
            mine = saved_view.update().where(saved_view.c.uid == uid)
            conn.execute(mine.values(wanted=dict(wanted)))
        elif len(there) >= MOST:
            raise Conflict(f"A campaign has at most {MOST} views; remove one first.")
        else:
            uid = new_uid(now)
            insert_one(
                conn, saved_view, uid=uid, team_id=found.team_id, campaign_id=found.id,
                name=called, wanted=dict(wanted), member_id=actor.member_id, created_at=now,
            )  # fmt: skip
        audit(conn, actor, "view.saved", uid, {"filters": sorted(wanted)}, now)
    return View(uid=uid, name=called, wanted=dict(wanted))


def remove(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> None:
    """Take a view away. Raises NotFound."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        mine = (saved_view.c.campaign_id == found.id, saved_view.c.uid == uid)
        if not conn.execute(saved_view.delete().where(*mine)).rowcount:
            raise NotFound("There is no such view.")
        audit(conn, actor, "view.removed", uid, {}, now)
