"""Pictures of a campaign's page: taken in as they come, drawn anew by a worker, then shown.

A page never decodes what somebody sends: it keeps the bytes, and a duty draws them where a decoder
that crashes or is slow harms nobody.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, func, select

from tombola.api import Invalid, NotFound
from tombola.api.text import render
from tombola.campaigns.models import campaign, campaign_picture
from tombola.campaigns.rules import reordered
from tombola.campaigns.service import by_id, of_team, touch
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Done, Kind, Result
from tombola.queue.tasks import Claim
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.toolkit.pictures import kind_of, redraw
from tombola.web.i18n import marked

#: The kind of duty that draws one picture anew, its key the picture's name.
DRAW = "campaign_picture"
LEASE = timedelta(seconds=120)
FOLDER = "campaign-pictures"
#: Pictures of one campaign, and bytes of one as it is sent.
MOST = 6
LARGEST_BYTES = 10 * 1024 * 1024
LONGEST_ALT = 200


class State(StrEnum):
    """How far a picture is."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"


class Picture(BaseModel):
    """A picture of a campaign. ``reason`` says why a refused one cannot be shown."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    team_id: int
    campaign_id: int
    state: State
    reason: str
    alt: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture's file, ready to be sent. Its bytes never change."""

    path: Path
    etag: str


def of_campaign(conn: Connection, campaign_id: int) -> list[Picture]:
    """All of a campaign's pictures in their order, whatever their state."""
    mine = campaign_picture.c.campaign_id == campaign_id
    order = (campaign_picture.c.position, campaign_picture.c.id)
    rows = conn.execute(select(campaign_picture).where(mine).order_by(*order)).mappings()
    return [Picture.model_validate(row) for row in rows]


def add(inst: Installation, actor: Actor, campaign_uid: str, data: bytes, alt: str) -> Picture:
    """Take a picture in; it is shown once a worker has drawn it anew.

    Args:
        inst: The installation.
        actor: Who adds it.
        campaign_uid: The campaign.
        data: The file, at most LARGEST_BYTES: JPEG, PNG, WEBP or GIF.
        alt: What it shows, for those who cannot see it.

    Raises:
        Invalid: no picture, too large, too many, or nothing said of what it shows.
        NotFound, Forbidden: as everywhere.
    """
    actor.need(Role.EDITOR)
    alt = " ".join(alt.split())
    _judge(data, alt)
    now = inst.clock()
    uid = new_uid(now)
    with inst.db.read() as conn:
        _room(conn, of_team(conn, actor, campaign_uid).id)
    _write(_raw(inst, uid), data)
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        position = _room(conn, found.id)
        insert_one(
            conn, campaign_picture, uid=uid, team_id=actor.team_id, campaign_id=found.id,
            state=State.WAITING.value, alt=alt, position=position, created_at=now,
        )  # fmt: skip
        tasks.put(conn, DRAW, uid, now, team_id=actor.team_id)
        audit(conn, actor, "campaign.picture_added", uid, {"campaign": campaign_uid}, now)
        made = _one(conn, found.id, uid)
    inst.bell.ring(DRAW)
    return made


def describe(inst: Installation, actor: Actor, campaign_uid: str, uid: str, alt: str) -> None:
    """Say anew what a picture shows. Raises Invalid, NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    alt = " ".join(alt.split())
    _need_alt(alt)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        mine = campaign_picture.c.id == _one(conn, found.id, uid).id
        conn.execute(campaign_picture.update().where(mine).values(alt=alt))
        touch(conn, actor, found, now)
        audit(conn, actor, "campaign.picture_described", uid, {"alt": alt}, now)


def move(inst: Installation, actor: Actor, campaign_uid: str, uid: str, step: int) -> None:
    """Move a picture one place forward (-1) or back (1). Raises NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        moved = _one(conn, found.id, uid)
        ids = [each.id for each in of_campaign(conn, found.id)]
        for position, number in enumerate(reordered(ids, moved.id, step), 1):
            mine = campaign_picture.c.id == number
            conn.execute(campaign_picture.update().where(mine).values(position=position))
        touch(conn, actor, found, now)
        audit(conn, actor, "campaign.picture_moved", uid, {"step": step}, now)


def remove(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> None:
    """Take a picture away, with its files. Raises NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        gone = _one(conn, found.id, uid)
        conn.execute(campaign_picture.delete().where(campaign_picture.c.id == gone.id))
        touch(conn, actor, found, now)
        audit(conn, actor, "campaign.picture_removed", uid, {"campaign": campaign_uid}, now)
    drop_files(inst, [uid])


def drop_files(inst: Installation, uids: Sequence[str]) -> None:
    """Drop the files of pictures whose rows are gone. Idempotent."""
    for uid in uids:
        for path in (_raw(inst, uid), _path(inst, uid)):
            path.unlink(missing_ok=True)


def copy(inst: Installation, conn: Connection, of: Picture, to: int) -> None:
    """Give another campaign of the same team the same picture, if it is ready."""
    if of.state is not State.READY or not _path(inst, of.uid).exists():
        return
    now = inst.clock()
    uid = new_uid(now)
    target = _path(inst, uid)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_path(inst, of.uid), target)
    insert_one(
        conn, campaign_picture, uid=uid, team_id=of.team_id, campaign_id=to, state=of.state.value,
        alt=of.alt, width=of.width, height=of.height, position=_room(conn, to), created_at=now,
    )  # fmt: skip


def opened(inst: Installation, uid: str) -> Opened | None:
    """A picture that everybody may see; None: there is none, or its campaign is gone."""
    with inst.db.read() as conn:
        row = conn.execute(
            select(campaign_picture.c.id)
            .join(campaign, campaign.c.id == campaign_picture.c.campaign_id)
            .where(
                campaign_picture.c.uid == uid,
                campaign_picture.c.state == State.READY.value,
                campaign.c.removed_at.is_(None),
            )
        ).first()
    path = _path(inst, uid)
    return Opened(path, uid) if row is not None and path.exists() else None


def draw(inst: Installation, held: Claim) -> Result:
    """Draw one picture anew: the handler of the kind. Idempotent."""
    raw = _raw(inst, held.key)
    values: dict[str, object]
    try:
        drawn = redraw(raw.read_bytes())
    except FileNotFoundError:
        return Done()
    except Invalid as wrong:
        values = {"state": State.REFUSED.value, "reason": render(next(iter(wrong.errors.values())))}
    else:
        _write(_path(inst, held.key), drawn.data)
        values = {"state": State.READY.value, "width": drawn.width, "height": drawn.height}
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        mine = campaign_picture.c.uid == held.key
        row = first(conn, select(campaign_picture).where(mine))
        if row is not None:
            conn.execute(campaign_picture.update().where(mine).values(**values))
            of = by_id(conn, row["campaign_id"])
            touch(conn, Actor.system(of.team_id, ""), of, now)
    if row is None:
        drop_files(inst, [held.key])
    raw.unlink(missing_ok=True)
    return Done()


def kinds() -> Sequence[Kind]:
    """The room's kinds of duty."""
    return (Kind(DRAW, draw, lease=LEASE, concurrency=1),)


def _judge(data: bytes, alt: str) -> None:
    if not data:
        raise Invalid({"picture": marked("Choose a picture.")})
    if len(data) > LARGEST_BYTES:
        raise Invalid({"picture": marked("The picture has more than 10 MB. Take a smaller one.")})
    if kind_of(data) is None:
        raise Invalid({"picture": marked("Take a JPEG, PNG, WEBP or GIF.")})
    _need_alt(alt)


def _need_alt(alt: str) -> None:
    if not alt:
        raise Invalid({"alt": marked("Say what it shows, for those who cannot see it.")})
    if len(alt) > LONGEST_ALT:
        raise Invalid({"alt": marked("At most 200 characters fit.")})


def _room(conn: Connection, campaign_id: int) -> int:
    """The next free place. Raises Invalid when there are enough."""
    mine = campaign_picture.c.campaign_id == campaign_id
    n, last = conn.execute(
        select(func.count(), func.max(campaign_picture.c.position)).where(mine)
    ).one()
    if n >= MOST:
        raise Invalid({"picture": marked("A page has at most 6 pictures. Remove one first.")})
    return int(last or 0) + 1


def _one(conn: Connection, campaign_id: int, uid: str) -> Picture:
    mine = (campaign_picture.c.campaign_id == campaign_id, campaign_picture.c.uid == uid)
    row = first(conn, select(campaign_picture).where(*mine))
    if row is None:
        raise NotFound("There is no such picture.")
    return Picture.model_validate(row)


def _raw(inst: Installation, uid: str) -> Path:
    return inst.settings.data_dir / FOLDER / f"{uid}.raw"


def _path(inst: Installation, uid: str) -> Path:
    return inst.settings.data_dir / FOLDER / f"{uid}.jpg"


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    draft.write_bytes(data)
    os.replace(draft, path)  # noqa: PTH105 # atomic
