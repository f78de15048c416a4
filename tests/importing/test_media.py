import io
from datetime import timedelta

import httpx2
import pytest
from PIL import Image
from sqlalchemy import select, update

from tombola.app import create_app
from tombola.importing import jobs, service
from tombola.importing.media_files import open_picture
from tombola.importing.models import item, limit_seen, media, run
from tombola.queue import reconciler, runner
from tombola.toolkit.fetch import Fetcher

HOUR = timedelta(hours=1)


class Host(httpx2.BaseTransport):
    """A host of pictures: each path has its colour, unless the test says otherwise."""

    def __init__(self):
        self.asked = []
        self.answers = {}

    def handle_request(self, request):
        path = request.url.path
        self.asked.append(path)
        status, kind, body = self.answers.get(path, (200, "image/png", drawn(len(path))))
        stream = httpx2.ByteStream(body)
        return httpx2.Response(status, headers={"content-type": kind}, stream=stream)


def drawn(shade, size=(500, 400)):
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 90, 200)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def host():
    return Host()


@pytest.fixture
def gallery(quick_world, host):
    """A world whose pictures come from the test's host."""
    fetcher = Fetcher(mounts={"pictures.example.org:443": host})
    object.__setattr__(quick_world.inst, "fetcher", fetcher)
    return quick_world


def kept(world):
    with world.inst.db.read() as conn:
        columns = (item.c.external_id, media.c.state, media.c.sha256, media.c.uid, media.c.reason)
        rows = conn.execute(select(*columns).join(item, item.c.id == media.c.item_id)).all()
    return {row.external_id: row for row in rows}


def test_pictures_are_fetched_drawn_anew_and_kept(gallery, host):
    gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    assert gallery.source().pictures_waiting == 1
    gallery.work("media")

    row = kept(gallery)["p1"]
    assert row.state == "kept"
    full = open_picture(gallery.inst, row.uid)
    small = open_picture(gallery.inst, row.uid, "thumbnail")
    assert full is not None
    assert small is not None
    with Image.open(full.path) as whole, Image.open(small.path) as thumbnail:
        assert (whole.format, whole.size) == ("JPEG", (500, 400))
        assert thumbnail.size == (320, 256)
    assert gallery.source().pictures_waiting == 0


def test_same_picture_is_kept_once(gallery, host):
    for n in (10, 11, 12):
        gallery.network.post(n, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    gallery.work("media")

    assert len({row.sha256 for row in kept(gallery).values()}) == 1
    files = list((gallery.inst.settings.data_dir / "pictures").rglob("*.jpg"))
    assert len(files) == 2


def test_hidden_picture_is_only_for_the_team(gallery):
    gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    gallery.work("media")
    uid = kept(gallery)["p1"].uid
    with gallery.inst.db.write() as conn:
        conn.execute(update(media).values(review="hidden"))

    assert open_picture(gallery.inst, uid) is None
    assert open_picture(gallery.inst, uid, team_id=gallery.actor.team_id) is not None
    assert open_picture(gallery.inst, uid, team_id=gallery.actor.team_id + 1) is None
    assert open_picture(gallery.inst, "no-such-picture") is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, "image/svg+xml", b"<svg/>"), "image/svg+xml"),
        ((200, "image/png", b"no picture at all"), "cannot be read"),
        ((200, "text/html", b"<html>"), "text/html"),
        ((403, "text/plain", b""), "expired (403)"),
        ((404, "text/plain", b""), "expired (404)"),
    ],
)
def test_what_is_no_picture_is_not_kept_and_says_why(gallery, host, answer, reason):
    host.answers["/1.png"] = answer
    gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    gallery.work("media")

    row = kept(gallery)["p1"]
    assert (row.state, row.sha256) == ("failed", None)
    assert reason in row.reason
    assert gallery.entries() == {"p1": "valid"}, "the entry does not hang on its picture"


def test_picture_from_another_host_is_refused(gallery, host):
    gallery.importer.media_hosts = ("elsewhere.example.org",)
    gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    gallery.work("media")

    assert kept(gallery)["p1"].state == "failed"
    assert host.asked == []


def test_host_that_has_a_hiccup_is_asked_again_some_times(gallery, host):
    host.answers["/1.png"] = (503, "text/plain", b"")
    gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    for _ in range(8):
        gallery.work("media")
        gallery.clock.advance(timedelta(minutes=1))

    assert len(host.asked) == 4
    assert kept(gallery)["p1"].state == "failed"


def test_address_that_has_expired_is_asked_for_again(gallery, host):
    host.answers["/1.png"] = (403, "text/plain", b"")
    old = gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    gallery.work("media")
    assert kept(gallery)["p1"].state == "failed"
    fresh = type(old.media[0])(old.media[0].kind, "https://pictures.example.org/fresh.png")
    gallery.network.posts[:] = [
        type(old)(old.external_id, old.occurred_at, old.kind, old.author, media=(fresh,))
    ]
    form = service.SourceForm(config={"tag": "again"})
    service.change(gallery.inst, gallery.actor, gallery.source().uid, form)
    gallery.work()
    gallery.work("media")

    assert kept(gallery)["p1"].state == "kept"


def test_sweep_forgets_what_the_terms_say(gallery):
    gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    tidy = gallery.kinds[jobs.TIDY]
    reconciler.settle_in(gallery.house)
    runner.run(gallery.house, tidy)
    with gallery.inst.db.read() as conn:
        assert conn.execute(select(item.c.raw)).scalar_one() == {"id": 1}
    gallery.clock.advance(timedelta(hours=6))
    runner.run(gallery.house, tidy)

    with gallery.inst.db.read() as conn:
        row = conn.execute(select(item.c.raw, item.c.raw_until, item.c.text)).one()
    assert (row.raw, row.raw_until, row.text) == (None, None, "post 1")


def test_sweep_forgets_empty_runs_and_old_limits(gallery):
    gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    for _ in range(3):
        gallery.later(2 * HOUR)
    with gallery.inst.db.write() as conn:
        old = gallery.clock() - timedelta(days=9)
        conn.execute(limit_seen.insert().values(bucket="b", holder="h", remaining=0, resets_at=old))
    gallery.clock.advance(timedelta(days=3))
    reconciler.settle_in(gallery.house)
    runner.run(gallery.house, gallery.kinds[jobs.TIDY])

    with gallery.inst.db.read() as conn:
        runs = conn.execute(select(run.c.id)).scalars().all()
        owners = set(conn.execute(select(item.c.run_id)).scalars())
        assert set(runs) == owners
        assert conn.execute(select(limit_seen.c.bucket)).all() == []


def test_everybody_sees_a_picture_until_it_is_hidden(gallery):
    gallery.network.post(1, gallery.clock() - HOUR)
    gallery.add()
    gallery.work()
    gallery.work("media")
    [one] = kept(gallery).values()
    visitor = create_app(gallery.inst).test_client()
    with visitor.get(f"/pictures/{one.uid}") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert visitor.get("/pictures/nothing").status_code == 404
    with gallery.inst.db.write() as conn:
        conn.execute(update(media).values(review="hidden"))
    assert visitor.get(f"/pictures/{one.uid}").status_code == 404
