"""Deleting campaigns and teams: asked for with numbers, undone for a week, then for good."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, Table, func, select

from tombola.api import Conflict, Invalid, NotFound
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import campaign
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.draws.models import draw
from tombola.entries.models import entry, participation
from tombola.importing.models import media
from tombola.installation import Installation
from tombola.privacy.models import deletion
from tombola.queue import tasks
from tombola.teams.audit import audit
from tombola.teams.models import member, role, team
from tombola.teams.rules import Actor, Role
from tombola.teams.service import Member, operator_actor
from tombola.web.i18n import gettext as _

#: The kind of duty that deletes; its key is the deletion's number.
DELETE = "deletion"
#: How long it can be undone.
GRACE = timedelta(days=7)


class Loss(BaseModel):
    """What a deletion takes away, and what stays of it: draws, without names."""

    model_config = ConfigDict(frozen=True)

    campaigns: int
    entries: int
    people: int
    pictures: int
    draws: int


class Deletion(BaseModel):
    """A deletion as its team sees it. ``title``: of the campaign, or of the team."""

    model_config = ConfigDict(frozen=True)

    uid: str
    title: str
    whole_team: bool
    asked_at: datetime
    due_at: datetime
    by: str


def loss_of_campaign(inst: Installation, actor: Actor, uid: str) -> Loss:
    """What goes with a campaign. Raises NotFound."""
    actor.need(Role.OWNER)
    with inst.db.read() as conn:
        return _loss(conn, actor.team_id, [campaigns.of_team(conn, actor, uid).id])


def loss_of_team(inst: Installation, actor: Actor) -> Loss:
    """What goes with the actor's team."""
    actor.need(Role.OWNER)
    with inst.db.read() as conn:
        return _loss(conn, actor.team_id, _living(conn, actor.team_id))


def delete_campaign(inst: Installation, actor: Actor, uid: str) -> Deletion:
    """Close a campaign at once and delete it after the grace.

    Raises:
        NotFound: the team has no such campaign.
        Forbidden: the actor is no owner.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        found = campaigns.take_off(conn, actor, uid, now)
        made = _put(conn, actor, found.id, now)
    return Deletion(
        uid=made, title=found.title, whole_team=False, asked_at=now, due_at=now + GRACE,
        by=actor.member_name,
    )  # fmt: skip


def delete_team(inst: Installation, actor: Actor, typed: str) -> Deletion:
    """Close the actor's team with all its campaigns at once, and delete it after the grace.

    Raises:
        Invalid: ``typed`` is not the team's name.
        Forbidden: the actor is no owner.
    """
    actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        name = conn.execute(select(team.c.name).where(team.c.id == actor.team_id)).scalar_one()
        if typed.strip() != name:
            raise Invalid({"name": _("This is not the team's name. Nothing was deleted.")})
        living = (campaign.c.team_id == actor.team_id, campaign.c.removed_at.is_(None))
        conn.execute(campaign.update().where(*living).values(removed_at=now))
        conn.execute(team.update().where(team.c.id == actor.team_id).values(removed_at=now))
        made = _put(conn, actor, None, now)
        audit(conn, actor, "team.removed", actor.team_uid, {}, now)
    return Deletion(
        uid=made, title=name, whole_team=True, asked_at=now, due_at=now + GRACE,
        by=actor.member_name,
    )  # fmt: skip


def undo_campaign(inst: Installation, actor: Actor, uid: str) -> str:
    """Take a campaign's deletion back: it is as it was. Returns its key.

    Raises:
        NotFound: the team has no such deletion.
        Conflict: it has begun.
    """
    actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        row = _undo(conn, [actor.team_id], uid, now, whole_team=False)
        mine = campaign.c.id == row["campaign_id"]
        conn.execute(campaign.update().where(mine).values(removed_at=None))
        found = first(conn, select(campaign.c.uid, campaign.c.key).where(mine))
        if found is None:
            raise NotFound("There is no such campaign.")
        audit(conn, actor, "campaign.restored", found["uid"], {}, now)
        key: str = found["key"]
    return key


def undo_team(inst: Installation, who: Member, uid: str) -> str:
    """Take a team's deletion back, for a member who owns it. Returns its slug.

    Raises:
        NotFound: the member owns no such team.
        Conflict: it has begun.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        row = _undo(conn, _owned(conn, who.id), uid, now, whole_team=True)
        found = first(conn, select(team).where(team.c.id == row["team_id"]))
        if found is None:
            raise NotFound("There is no such team.")
        closed = (campaign.c.team_id == found["id"], campaign.c.removed_at == found["removed_at"])
        conn.execute(campaign.update().where(*closed).values(removed_at=None))
        conn.execute(team.update().where(team.c.id == found["id"]).values(removed_at=None))
        actor = operator_actor(who).within(found["id"], found["uid"])
        audit(conn, actor, "team.restored", found["uid"], {}, now)
        slug: str = found["slug"]
    return slug


def waiting_campaigns(inst: Installation, actor: Actor) -> list[Deletion]:
    """The team's campaigns that can still be brought back, newest first."""
    actor.need(Role.VIEWER)
    whole = deletion.c.campaign_id.is_not(None)
    with inst.db.read() as conn:
        return _waiting(conn, inst.clock(), deletion.c.team_id == actor.team_id, whole)


def waiting_teams(inst: Installation, who: Member) -> list[Deletion]:
    """Teams of the member's that can still be brought back."""
    with inst.db.read() as conn:
        mine = deletion.c.team_id.in_(_owned(conn, who.id))
        return _waiting(conn, inst.clock(), mine, deletion.c.campaign_id.is_(None))


def _put(conn: Connection, actor: Actor, campaign_id: int | None, now: datetime) -> str:
    uid = new_uid(now)
    number = insert_one(
        conn, deletion, uid=uid, team_id=actor.team_id, campaign_id=campaign_id,
        member_id=actor.member_id, asked_at=now, due_at=now + GRACE, counts={},
    )  # fmt: skip
    # No team's duty: it would be deleted with the team's.
    tasks.put(conn, DELETE, str(number), now + GRACE)
    return uid


def _undo(
    conn: Connection, team_ids: list[int], uid: str, now: datetime, *, whole_team: bool
) -> RowMapping:
    mine = (deletion.c.uid == uid, deletion.c.team_id.in_(team_ids))
    row = first(conn, select(deletion).where(*mine, deletion.c.undone_at.is_(None)))
    if row is None or (row["campaign_id"] is None) is not whole_team:
        raise NotFound("There is nothing of that name to bring back.")
    if row["due_at"] <= now:
        raise Conflict(_("It is too late: the deletion has begun."))
    conn.execute(deletion.update().where(deletion.c.id == row["id"]).values(undone_at=now))
    tasks.drop(conn, DELETE, [str(row["id"])])
    return row


def _owned(conn: Connection, member_id: int) -> list[int]:
    mine = (role.c.member_id == member_id, role.c.role == Role.OWNER.value)
    return list(conn.execute(select(role.c.team_id).where(*mine)).scalars())


def _waiting(conn: Connection, now: datetime, *conditions: object) -> list[Deletion]:
    rows = conn.execute(
        select(
            deletion, team.c.name, campaign.c.title.label("campaign"),
            func.coalesce(member.c.name, "").label("by"),
        )
        .join(team, team.c.id == deletion.c.team_id)
        .outerjoin(campaign, campaign.c.id == deletion.c.campaign_id)
        .outerjoin(member, member.c.id == deletion.c.member_id)
        .where(*conditions, deletion.c.undone_at.is_(None), deletion.c.due_at > now)  # type: ignore[arg-type] # column expressions
        .order_by(deletion.c.id.desc())
    ).mappings()  # fmt: skip
    return [
        Deletion(
            uid=row["uid"],
            title=row["campaign"] or row["name"],
            whole_team=row["campaign_id"] is None,
            asked_at=row["asked_at"],
            due_at=row["due_at"],
            by=row["by"],
        )
        for row in rows
    ]


def _living(conn: Connection, team_id: int) -> list[int]:
    mine = (campaign.c.team_id == team_id, campaign.c.removed_at.is_(None))
    return list(conn.execute(select(campaign.c.id).where(*mine)).scalars())


def _loss(conn: Connection, team_id: int, ids: list[int]) -> Loss:
    def counted(table: Table, *more: object) -> int:
        mine = (table.c.team_id == team_id, table.c.campaign_id.in_(ids))
        asked = select(func.count()).select_from(table).where(*mine, *more)  # type: ignore[arg-type] # column expressions
        found: int = conn.execute(asked).scalar_one()
        return found

    here = (participation.c.team_id == team_id, participation.c.campaign_id.in_(ids))
    took_part = (*here, participation.c.entries > 0)
    people = select(func.count(participation.c.entrant_id.distinct())).where(*took_part)
    return Loss(
        campaigns=len(ids),
        entries=counted(entry),
        people=conn.execute(people).scalar_one(),
        pictures=counted(media, media.c.sha256.is_not(None)),
        draws=counted(draw),
    )
