"""The files of kept pictures: written whole, opened for whoever may see them, dropped when unused.

A file is named by the hash of its bytes, so that the same picture is kept once. It goes when no row
keeps it any more, whatever the reason: the duty that drops it asks the rows.
"""

import hashlib
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select, text

from tombola.importing.models import PUBLIC_PICTURE, media
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Done, Result
from tombola.queue.tasks import Claim
from tombola.toolkit.pictures import Picture

#: The kind of duty that drops a picture's files, its key their hash.
DROP = "picture_drop"
#: Folder in the data folder, and names of the two files of a picture.
FOLDER = "pictures"
FULL, THUMBNAIL = "full", "thumbnail"
#: PostgreSQL's advisory lock of all files: a row that begins to keep one and the duty that drops it
#: never pass each other. SQLite has one writer anyway. Any constant number serves.
_LOCK = 0x70B0_1B


@dataclass(frozen=True, slots=True)
class OpenPicture:
    """A kept picture, ready to be sent. Its bytes never change."""

    path: Path
    media_type: str
    etag: str


def open_picture(
    inst: Installation, media_uid: str, size: str = FULL, *, team_id: int | None = None
) -> OpenPicture | None:
    """A kept picture's file; None when there is none, or it is not for whoever asks.

    Args:
        inst: The installation.
        media_uid: The picture's public name.
        size: ``full`` or ``thumbnail``.
        team_id: Whose members ask: they see what is hidden and what waits, too. None: everybody.
    """
    for_whom = PUBLIC_PICTURE if team_id is None else media.c.team_id == team_id
    kept = (media.c.uid == media_uid, media.c.sha256.is_not(None), for_whom)
    with inst.db.read() as conn:
        digest = conn.execute(select(media.c.sha256).where(*kept)).scalar()
    if digest is None:
        return None
    path = _path(inst, digest, THUMBNAIL if size == THUMBNAIL else FULL)
    return OpenPicture(path, "image/jpeg", f"{digest}-{size}") if path.exists() else None


def store(inst: Installation, picture: Picture) -> str:
    """Write a picture's two files, each whole or not at all. Returns their name."""
    digest = hashlib.sha256(picture.data).hexdigest()
    _write(_path(inst, digest, FULL), picture.data)
    _write(_path(inst, digest, THUMBNAIL), picture.thumbnail)
    return digest


def hold(conn: Connection) -> None:
    """Keep files from being dropped until the transaction ends."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def are_there(inst: Installation, digest: str) -> bool:
    """Whether both files are there, for a transaction that holds them."""
    return all(_path(inst, digest, size).exists() for size in (FULL, THUMBNAIL))


def ask_to_drop(
    conn: Connection, team_id: int, digests: Iterable[str | None], now: datetime
) -> None:
    """Have files dropped that no row keeps, after this transaction has committed."""
    for digest in sorted({one for one in digests if one is not None}):
        tasks.put(conn, DROP, digest, now, team_id=team_id)


def drop(inst: Installation, held: Claim) -> Result:
    """Drop the files of a hash unless a row keeps them: the handler of the kind. Idempotent."""
    with inst.db.write() as conn:
        hold(conn)
        tasks.guard(conn, held, now=inst.clock())
        kept = conn.execute(select(media.c.id).where(media.c.sha256 == held.key).limit(1)).first()
        if kept is None:
            for size in (FULL, THUMBNAIL):
                _path(inst, held.key, size).unlink(missing_ok=True)
    return Done()


def _path(inst: Installation, digest: str, size: str) -> Path:
    end = ".small.jpg" if size == THUMBNAIL else ".jpg"
    return inst.settings.data_dir / FOLDER / digest[:2] / f"{digest}{end}"


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; the same picture is written once."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
    draft.write_bytes(data)
    os.replace(draft, path)  # noqa: PTH105 # atomic
