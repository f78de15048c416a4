"""All that is kept about a person, as a file for them: JSON and their pictures, in a zip.

Which tables speak of people is read from the tables themselves, so that a room that is added later
is exported without anybody's thinking of it.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from sqlalchemy import Column, ColumnElement, Connection, Table, or_, select

from tombola.campaigns.models import action, campaign
from tombola.db.sets import members
from tombola.db.types import time_text
from tombola.entrants import erasing
from tombola.entrants.erasing import Doomed
from tombola.entrants.models import entrant, link, tombstone
from tombola.importing.media_files import open_picture
from tombola.importing.models import item, media
from tombola.installation import Installation
from tombola.mail.models import mail
from tombola.people.service import of_uid
from tombola.privacy.models import erasure
from tombola.tables import metadata
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.widget.models import visitor

#: Columns by which a row is about a person.
_ENTRANT = ("entrant_id", "from_entrant_id", "to_entrant_id")
#: Inner numbers, and what is a secret or a hash of something: no news to anybody.
_HIDDEN = frozenset({
    "id", "team_id", "token_hash", "code_hash", "client", "key", "alike", "told", "value_hash",
    "author", "claim_key", "sha256", "sealed", "member_id", "decided_by", "event_id", "cause_id",
    "stands_for_id", "external_id", "salt", "tag",
    "grants",
})  # fmt: skip
_NOT_THESE = frozenset({link.name, tombstone.name, erasure.name, "participation"})
#: Rows of one table that one person's file holds; more than anybody has.
MOST = 100_000
#: A file that is larger than that goes through the disk.
IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Export:
    """A person's file: its name, and its bytes from the start."""

    name: str
    file: IO[bytes]

    def parts(self) -> Iterator[bytes]:
        """Its bytes in pieces; the file is closed at the end."""
        with self.file:
            while piece := self.file.read(64 * 1024):
                yield piece


def export(inst: Installation, actor: Actor, entrant_uid: str) -> Export:
    """Write down all that is kept about a person of the actor's team.

    Raises:
        NotFound: there is no such entrant in the team.
        Forbidden: the actor is no editor.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_uid(conn, actor, entrant_uid)
        audit(conn, actor, "entrant.exported", entrant_uid, {}, now)
    with inst.db.read() as conn:
        who = erasing.find(conn, actor.team_id, [found.id])
        told = told_of(conn, who)
        pictures = _pictures(conn, who)
    document = {"person": entrant_uid, "written_at": time_text(now), "kept": told}
    return Export(f"person-{entrant_uid}.zip", _zip(inst, actor.team_id, document, pictures))


def told_of(conn: Connection, who: Doomed) -> dict[str, list[dict[str, Any]]]:
    """The rows about a person by table, without inner numbers and secrets."""
    names = _names(conn, who.team_id)
    browsers = select(visitor.c.id).where(
        visitor.c.team_id == who.team_id, members(conn, visitor.c.entrant_id, who.entrants)
    )
    told: dict[str, list[dict[str, Any]]] = {}
    for table in metadata.sorted_tables:
        condition = _about(conn, table, who, browsers)
        if condition is None or table.name in _NOT_THESE:
            continue
        rows = conn.execute(select(table).where(condition).limit(MOST)).mappings()
        found = [shown for row in rows if (shown := _shown(row, names))]
        if found:
            told[table.name] = found
    return told


def _about(
    conn: Connection, table: Table, who: Doomed, browsers: Any
) -> ColumnElement[bool] | None:
    """The condition that a row is about somebody; None for tables that never are."""
    if "team_id" not in table.c:
        return None
    found: list[ColumnElement[bool]] = []
    if table is entrant:
        found.append(members(conn, table.c.id, who.entrants))
    if table is mail:
        found.append(members(conn, table.c.recipient, who.emails))
    found += [members(conn, table.c[name], who.entrants) for name in _ENTRANT if name in table.c]
    if "identity_id" in table.c:
        found.append(members(conn, table.c.identity_id, who.identities))
    if "visitor_id" in table.c:
        found.append(table.c.visitor_id.in_(browsers))
    if table is media:
        posts = select(item.c.id).where(members(conn, item.c.identity_id, who.identities))
        found.append(media.c.item_id.in_(posts))
    return (table.c.team_id == who.team_id) & or_(*found) if found else None


def _names(conn: Connection, team_id: int) -> Mapping[tuple[str, int], Any]:
    """What stands for the numbers of campaigns, actions and identities."""
    found: dict[tuple[str, int], Any] = {}
    for column, table in (("campaign_id", campaign), ("action_id", action)):
        rows = conn.execute(select(table.c.id, table.c.title).where(table.c.team_id == team_id))
        found |= {(column, row.id): row.title for row in rows}
    return found


def _shown(row: Mapping[Any, Any], names: Mapping[tuple[str, int], Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or name in _HIDDEN:
            continue
        if (name, value) in names if isinstance(value, int) else False:
            shown[name.removesuffix("_id")] = names[name, value]
        elif not name.endswith("_id"):
            shown[name] = time_text(value) if isinstance(value, datetime) else value
    return shown


def _pictures(conn: Connection, who: Doomed) -> Sequence[str]:
    kept: tuple[ColumnElement[bool] | Column[Any], ...] = (
        media.c.team_id == who.team_id,
        media.c.sha256.is_not(None),
        members(conn, item.c.identity_id, who.identities),
    )
    joined = select(media.c.uid).join(item, item.c.id == media.c.item_id)
    return list(conn.execute(joined.where(*kept).order_by(media.c.id)).scalars())


def _zip(
    inst: Installation, team_id: int, document: Mapping[str, Any], pictures: Sequence[str]
) -> IO[bytes]:
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 # the reader closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        text = json.dumps(document, ensure_ascii=False, indent=2, default=str)
        bundle.writestr("person.json", text)
        for uid in pictures:
            found = open_picture(inst, uid, team_id=team_id)
            if found is not None:
                bundle.write(found.path, f"pictures/{uid}.jpg", zipfile.ZIP_STORED)
    file.seek(0)
    return file
