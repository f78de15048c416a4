"""A team whose tables and folders know somebody of one name, in as many places as there are."""

import io
from dataclasses import dataclass
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import Text, cast, select

from tombola.admission.models import statement
from tombola.api import Identity, Item
from tombola.claiming.models import claim, owned
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.entrants.models import code, entrant, identity
from tombola.entries import downloads
from tombola.entries.linking import recognise
from tombola.entries.models import download, entry, saved_view
from tombola.importing import media_files
from tombola.importing.models import item, media
from tombola.importing.preview import SourceForm
from tombola.importing.service import add as add_source
from tombola.inbox.models import inbox
from tombola.mail import service as mail
from tombola.messages.models import contact, message
from tombola.people.models import contact_attempt
from tombola.tables import metadata
from tombola.testing import house as houses
from tombola.toolkit.pictures import redraw
from tombola.widget.models import event, visitor

#: Stands in everything that is about her.
CANARY = "zanary77"
EMAIL = f"{CANARY}@mail.example"


@dataclass
class Town:
    """A house with the canary in it, and somebody else who stays."""

    house: houses.House
    campaign: object
    action: object
    source_id: int
    entrant_id: int
    entrant_uid: str
    picture: str
    key: str

    @property
    def inst(self):
        return self.house.inst

    def post(self, number, who, **more):
        return Item(
            external_id=f"{who}-post-{number}", kind="post", text=f"a lamp by {who}",
            permalink=f"https://net.example/{who}/{number}",
            author=Identity("sample.net", f"{who}-id", f"{who}_h", f"{who} Name"),
            occurred_at=self.inst.clock(), details={"city": f"{who}ville"},
            raw={"by": who}, **more,
        )  # fmt: skip

    def places(self, word=CANARY):
        """Tables in which the word stands, and files whose bytes have it."""
        found = []
        with self.inst.db.read() as conn:
            for table in metadata.sorted_tables:
                for column in table.columns:
                    text = cast(column, Text)
                    if conn.execute(select(column).where(text.contains(word)).limit(1)).first():
                        found.append(f"{table.name}.{column.name}")
        # The folder above is the test's own and holds the database with its log of writes.
        files = [path for path in self.inst.settings.data_dir.parent.rglob("*") if path.is_file()]
        found += [
            path.name
            for path in sorted(files)
            if word.encode() in path.read_bytes() or word in path.name
        ]
        return found

    def erase(self):
        """Let workers do all that an erasure asks for."""
        self.house.work("erase", "relay", "delivery", "picture_drop", "entries_files_sweep")


def a_picture(colour):
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return redraw(file.getvalue())


@pytest.fixture
def town(database, clock, tmp_path):
    house = houses.build(database, clock, tmp_path / "data")
    inst, team_id, now = house.inst, house.team.id, clock()
    campaign = house.campaign()
    said = house.action(campaign)
    imports = house.action(campaign, type_key="sample.feed", config={}, title="Post")
    add_source(
        inst, house.actor(), imports.uid, SourceForm(config={"tags": ["lamp"]}, photos_only=False)
    )
    town = Town(house, campaign, said, 0, 0, "", "", campaign.key)
    house.feed.posts[:] = [town.post(1, CANARY), town.post(2, CANARY), town.post(1, "other")]
    house.work()
    with inst.db.write() as conn:
        town.source_id = conn.execute(select(item.c.source_id).limit(1)).scalar_one()
        browser = insert_one(
            conn, visitor, team_id=team_id, token_hash=CANARY, link=CANARY,
            created_at=now, seen_at=now,
        )  # fmt: skip
        person = insert_one(
            conn, entrant, uid=new_uid(now), team_id=team_id, kind="person",
            name=f"{CANARY} Given", email=EMAIL, created_at=now,
        )  # fmt: skip
        conn.execute(visitor.update().where(visitor.c.id == browser).values(entrant_id=person))
        for kind, value in (("visitor", str(browser)), ("email", EMAIL)):
            insert_one(
                conn, identity, uid=new_uid(now), team_id=team_id, entrant_id=person, kind=kind,
                value=value, handle=None, name=CANARY, created_at=now,
            )  # fmt: skip
        seen = Identity("sample.net", f"{CANARY}-id", f"{CANARY}_h", f"{CANARY} Name")
        town.entrant_id = recognise(conn, team_id, person, seen, now, consented=True)
        town.entrant_uid = conn.execute(
            select(entrant.c.uid).where(entrant.c.id == town.entrant_id)
        ).scalar_one()
        post = conn.execute(
            select(item.c.id).where(item.c.external_id == f"{CANARY}-post-1")
        ).scalar_one()
        # A post that was left out has no identity, and says who it is by all the same.
        from tombola.entrants.tombstones import author_hash  # noqa: PLC0415

        left = {
            "uid": new_uid(now), "external_id": f"{CANARY}-left", "identity_id": None,
            "text": f"no picture by {CANARY}", "state": "left_out",
            "author": author_hash("sample.net", f"{CANARY}-id"),
        }  # fmt: skip
        whole = dict(conn.execute(select(item).where(item.c.id == post)).mappings().one())
        whole.pop("id")
        conn.execute(item.insert().values(**(whole | left)))
        digest = media_files.store(inst, a_picture("red"))
        insert_one(
            conn, media, uid=new_uid(now), team_id=team_id, item_id=post,
            source_id=town.source_id, campaign_id=campaign.id, sort_at=now, position=7,
            kind="photo", url=f"https://net.example/{CANARY}.jpg", alt=CANARY, state="kept",
            attempts=0, sha256=digest, width=64, height=48, review="shown", renewed=False,
        )  # fmt: skip
        town.picture = digest
        insert_one(
            conn, code, team_id=team_id, campaign_id=campaign.id, visitor_id=browser, email=EMAIL,
            name=CANARY, client="c", code_hash="h", tries=0, created_at=now,
            expires_at=now + timedelta(minutes=10),
        )  # fmt: skip
        insert_one(
            conn, event, team_id=team_id, campaign_id=campaign.id, visitor_id=browser, name="buy",
            value=CANARY, value_hash="v", told="t", period="", level="browser", at=now,
            origin=f"https://{CANARY}.example",
        )  # fmt: skip
        insert_one(
            conn, claim, uid=new_uid(now), team_id=team_id, campaign_id=campaign.id,
            action_id=imports.id, entrant_id=town.entrant_id, visitor_id=browser, client="c",
            claim_key=CANARY, permalink=CANARY, handle=CANARY, code=CANARY, state="pending",
            note=CANARY, created_at=now, links=[],
        )  # fmt: skip
        known = conn.execute(
            select(identity.c.id).where(
                identity.c.kind == "sample.net", identity.c.entrant_id == town.entrant_id
            )
        ).scalar_one()
        conn.execute(
            owned.insert().values(team_id=team_id, identity_id=known, claim_key=CANARY, at=now)
        )
        first = (
            conn.execute(
                select(entry.c.id).where(entry.c.entrant_id == town.entrant_id).order_by(entry.c.id)
            )
            .scalars()
            .first()
        )
        insert_one(
            conn, contact_attempt, uid=new_uid(now), team_id=team_id, entrant_id=town.entrant_id,
            entry_id=first, member_id=house.members["owner"].id, way=CANARY, note=CANARY, at=now,
        )  # fmt: skip
        mail.post(conn, team_id, "code", "1", EMAIL, CANARY, f"Hello {CANARY}", now)
        insert_one(
            conn, inbox, receiver="sample.hook", dedupe="d", team_id=None,
            event={"payload": {"from": f"{CANARY}-id", "text": CANARY}, "at": None},
            received_at=now, state="handled",
        )  # fmt: skip
        more_rooms(conn, inst, town, known, now)
    return town


def more_rooms(conn, inst, town, known, now):
    """What channels, forms and files for download know of her."""
    mine = {"team_id": town.house.team.id, "identity_id": known}
    of = {**mine, "campaign_id": town.campaign.id}
    conn.execute(
        contact.insert().values(**mine, channel="sample.dm", opted_out_why=[CANARY], grants=CANARY)
    )
    insert_one(
        conn, message, uid=new_uid(now), **of, channel="sample.dm", account="a", purpose="winner",
        subject="", text=f"Dear {CANARY}", tag=CANARY, locale="en", state="sent", urgency=1,
        tries=1, external_id=CANARY, due_at=now, created_at=now, good_until=now,
    )  # fmt: skip
    answers = [{"key": "size", "label": "Size", "value": CANARY}]
    conn.execute(
        statement.insert().values(
            **of,
            country="DE",
            age=30,
            details=answers,
            detailed=True,
            admitted=True,
            version=1,
            at=now,
        )
    )
    insert_one(
        conn, saved_view, uid=new_uid(now), team_id=town.house.team.id,
        campaign_id=town.campaign.id, name="Hers", wanted={"text": f"{CANARY}_h"}, created_at=now,
    )  # fmt: skip
    uid = new_uid(now)
    folder = inst.settings.data_dir / downloads.FOLDER
    folder.mkdir()
    (folder / uid).write_text(f"name,text\n{CANARY},hello\n")
    insert_one(
        conn, download, uid=uid, team_id=town.house.team.id, campaign_id=town.campaign.id,
        name="entries.csv", shape="csv", bom=False, wanted={"text": CANARY}, state="ready",
        total=1, done=1, size=10, asked_at=now, expires_at=now + timedelta(days=7),
    )  # fmt: skip
