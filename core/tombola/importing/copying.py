"""Campaigns begun from others, with their sources: these rest until somebody lets them run."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, select

from tombola.api import Invalid, NotFound
from tombola.campaigns import copying, pictures, starters
from tombola.campaigns.copying import Built, Snapshot, SourcePart
from tombola.campaigns.models import campaign_template
from tombola.campaigns.rules import Title
from tombola.campaigns.service import Campaign, actions_of, of_team
from tombola.connections.models import connection
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.importing.models import lane, source
from tombola.importing.service import lanes_of
from tombola.importing.states import SourceState
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: Templates that a team may keep.
MOST_TEMPLATES = 100
_RESTS = "Copied: it has not run here yet."


class Template(BaseModel):
    """A template of a team's own."""

    model_config = ConfigDict(frozen=True)

    uid: str
    title: str
    content: Snapshot
    created_at: datetime


class CopyForm(BaseModel):
    """What a team says of a campaign that it begins from another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Title
    starts_at: datetime


def duplicate(inst: Installation, actor: Actor, uid: str, form: CopyForm) -> Built:
    """Make a campaign like another: actions, prizes, words and pictures; sources rest; no entries.

    Raises NotFound, Forbidden.
    """
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        found = of_team(conn, actor, uid)
        snapshot = _take(conn, found)
    refused = copying.judge(inst, actor, snapshot)
    with inst.db.write() as conn:
        built = _build(inst, conn, actor, snapshot, form, refused)
        for each in pictures.of_campaign(conn, found.id):
            pictures.copy(inst, conn, each, built.campaign.id)
    return built


def from_starter(
    inst: Installation, actor: Actor, key: str, form: CopyForm, zone: str
) -> tuple[Built, list[str]]:
    """Begin from a ready template.

    Returns what was built, and the titles of actions that the plan does not have.
    Raises NotFound, Forbidden.
    """
    actor.need(Role.EDITOR)
    snapshot, left = starters.snapshot(inst, actor, starters.find(key))
    snapshot = snapshot.model_copy(update={"zone": zone})
    with inst.db.write() as conn:
        return _build(inst, conn, actor, snapshot, form, {}), left


def save_template(inst: Installation, actor: Actor, uid: str, title: str) -> Template:
    """Keep a campaign as a template, as it is now and without its pictures.

    Raises:
        Invalid: There are too many, or the title is empty or too long.
        NotFound, Forbidden: as everywhere.
    """
    actor.need(Role.EDITOR)
    title = " ".join(title.split())
    if not 1 <= len(title) <= 120:  # noqa: PLR2004 - as of a campaign
        raise Invalid({"title": "Give it a title of at most 120 characters."})
    now = inst.clock()
    with inst.db.write() as conn:
        snapshot = _take(conn, of_team(conn, actor, uid))
        if len(_templates(conn, actor.team_id)) >= MOST_TEMPLATES:
            raise Invalid({"title": "A team has at most 100 templates. Remove one first."})
        made = new_uid(now)
        content = snapshot.model_dump(mode="json")
        insert_one(
            conn, campaign_template, uid=made, team_id=actor.team_id, title=title,
            content=content, created_at=now,
        )  # fmt: skip
        audit(conn, actor, "template.saved", made, {"title": title}, now)
        return Template(uid=made, title=title, content=snapshot, created_at=now)


def templates(inst: Installation, actor: Actor) -> list[Template]:
    """The team's templates, the newest first."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        return _templates(conn, actor.team_id)


def template(inst: Installation, actor: Actor, uid: str) -> Template:
    """One of them. Raises NotFound."""
    for each in templates(inst, actor):
        if each.uid == uid:
            return each
    raise NotFound("There is no such template.")


def from_template(inst: Installation, actor: Actor, uid: str, form: CopyForm) -> Built:
    """Begin from a template of the team's own. Raises NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    snapshot = template(inst, actor, uid).content
    refused = copying.judge(inst, actor, snapshot)
    with inst.db.write() as conn:
        return _build(inst, conn, actor, snapshot, form, refused)


def remove_template(inst: Installation, actor: Actor, uid: str) -> None:
    """Take a template away; what was begun from it stays. Raises NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    mine = (campaign_template.c.team_id == actor.team_id, campaign_template.c.uid == uid)
    with inst.db.write() as conn:
        if first(conn, select(campaign_template).where(*mine)) is None:
            raise NotFound("There is no such template.")
        conn.execute(campaign_template.delete().where(*mine))
        audit(conn, actor, "template.removed", uid, {}, now)


def _templates(conn: Connection, team_id: int) -> list[Template]:
    mine = campaign_template.c.team_id == team_id
    rows = conn.execute(
        select(campaign_template).where(mine).order_by(campaign_template.c.id.desc())
    ).mappings()
    return [Template.model_validate(dict(row)) for row in rows]


def _take(conn: Connection, found: Campaign) -> Snapshot:
    snapshot = copying.take(conn, found)
    by_uid = {each.uid: each.id for each in actions_of(conn, found.id)}
    parts = [
        part.model_copy(update={"sources": _sources(conn, by_uid[part.ref])})
        for part in snapshot.actions
    ]
    return snapshot.model_copy(update={"actions": tuple(parts)})


def _sources(conn: Connection, action_id: int) -> tuple[SourcePart, ...]:
    mine = (source.c.action_id == action_id, source.c.removed_at.is_(None))
    rows = conn.execute(select(source).where(*mine).order_by(source.c.id)).mappings()
    return tuple(SourcePart.model_validate(dict(row)) for row in rows)


def _build(
    inst: Installation,
    conn: Connection,
    actor: Actor,
    snapshot: Snapshot,
    form: CopyForm,
    refused: dict[str, str],
) -> Built:
    titled = snapshot.model_copy(update={"title": form.title})
    built = copying.build(inst, conn, actor, titled, form.starts_at, refused)
    now = inst.clock()
    for part in snapshot.actions:
        number = built.actions.get(part.ref)
        if number is not None:
            for each in part.sources:
                _put(inst, conn, actor, number, each, now)
    return built


def _put(
    inst: Installation,
    conn: Connection,
    actor: Actor,
    action_id: int,
    part: SourcePart,
    now: datetime,
) -> None:
    importer = inst.plugins.importer(part.importer_key)
    if importer is None:
        return
    mine = (connection.c.team_id == actor.team_id, connection.c.id == part.connection_id)
    account = conn.execute(select(connection.c.id).where(*mine)).scalar()
    number = insert_one(
        conn, source, uid=new_uid(now), team_id=actor.team_id, action_id=action_id,
        state=SourceState.PAUSED.value, reason=_RESTS, detail={}, created_at=now,
        **part.model_dump() | {"connection_id": account},
    )  # fmt: skip
    for each in lanes_of(importer):
        conn.execute(lane.insert().values(team_id=actor.team_id, source_id=number, lane=each.value))
