"""What a team says of pictures: who sees them, what becomes of files and entries, and the page."""

import io
from datetime import timedelta

import httpx2
import pytest
from PIL import Image
from sqlalchemy import event, select, text, update

from tombola import app
from tombola.api import Identity, Item, Media, MediaKind
from tombola.db import new_uid
from tombola.db.sets import insert_new
from tombola.entries import service as entries_service
from tombola.entries import wall
from tombola.entries.models import entry
from tombola.importing import media_list, media_review, service
from tombola.importing.media import ask_for_pictures
from tombola.importing.media_files import DROP, open_picture
from tombola.importing.media_list import Filter
from tombola.importing.media_review import HIDDEN, REMOVED, Rule, Verb
from tombola.importing.models import item, media, source
from tombola.importing.preview import SourceForm
from tombola.teams.models import audit
from tombola.testing import house as houses
from tombola.toolkit.fetch import Fetcher

HOUR = timedelta(hours=1)
HOST = "pictures.example.org"


def drawn(shade):
    out = io.BytesIO()
    Image.new("RGB", (600, 450), (shade * 37 % 255, 120, 200 - shade * 11 % 200)).save(out, "PNG")
    return out.getvalue()


class Host(httpx2.BaseTransport):
    """Gives /3.png in its own colour; what is in ``gone`` not any more."""

    def __init__(self):
        self.gone, self.asked = set(), []

    def handle_request(self, request):
        path = request.url.path
        self.asked.append(path)
        status = 403 if path in self.gone else 200
        number = int("".join(filter(str.isdigit, path)) or 0)
        body = drawn(number) if status == 200 else b""
        headers = {"content-type": "image/png"}
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body))


class Wall:
    """A campaign whose posts have pictures, and what a member does with them."""

    def __init__(self, house):
        self.house, self.inst, self.host = house, house.inst, Host()
        object.__setattr__(self.inst, "fetcher", Fetcher(mounts={f"{HOST}:443": self.host}))
        type(house.feed).media_hosts = (HOST,)
        self.campaign = house.campaign()
        self.action = house.action(
            self.campaign, type_key="sample.feed", title="Post it", config={}, interval="unlimited"
        )
        self.path = f"/team/lamps/campaign/{self.campaign.key}/pictures"

    def post(self, *numbers, pictures=1):
        now = self.inst.clock()
        for n in numbers:
            found = [
                Media(MediaKind.PHOTO, f"https://{HOST}/{n}{'x' * more}.png", f"Lamp {n}")
                for more in range(pictures)
            ]
            author = Identity("sample.id", f"u{n}", f"user{n}")
            at = now - HOUR - timedelta(minutes=n)
            self.house.feed.posts.append(Item(f"p{n}", at, "post", author, f"post {n}", found))

    def bring(self):
        form = SourceForm(config={"tags": ["lamp"]})
        service.add(self.inst, self.house.actor(), self.action.uid, form)
        self.house.work("import", "media")
        return self

    def tiles(self, **wanted):
        actor, uid = self.house.actor("viewer"), self.campaign.uid
        return media_list.page(self.inst, actor, uid, Filter(**wanted)).tiles

    def uid(self, n):
        return next(tile.uid for tile in self.tiles() if tile.text == f"post {n}")

    def judge(self, verb, *uids):
        actor = self.house.actor("editor")
        return media_review.judge(self.inst, actor, self.campaign.uid, uids, verb)

    def rule(self, **wanted):
        rule = Rule(**wanted)
        media_review.set_rule(self.inst, self.house.actor("editor"), self.campaign.uid, rule)

    def entries(self):
        with self.inst.db.read() as conn:
            rows = conn.execute(select(entry.c.key, entry.c.state, entry.c.reason))
            return {row.key: (row.state, row.reason) for row in rows}

    def on_the_wall(self):
        with self.inst.db.read() as conn:
            return [one.who for one in wall.newest(conn, self.action.id, 6)]

    def files(self):
        return sorted((self.inst.settings.data_dir / "pictures").rglob("*.jpg"))


@pytest.fixture
def house(database, clock, tmp_path):
    return houses.build(database, clock, tmp_path / "data")


@pytest.fixture
def quick(sqlite_database, clock, tmp_path):
    return Wall(houses.build(sqlite_database, clock, tmp_path / "data"))


@pytest.fixture
def pictures(house):
    return Wall(house)


def test_newest_posts_come_first_and_pages_follow_each_other(quick):
    quick.post(3, 1, 2)
    quick.bring()
    assert [tile.text for tile in quick.tiles()] == ["post 1", "post 2", "post 3"]
    actor, uid, seen, after = quick.house.actor(), quick.campaign.uid, [], None
    while True:
        grid = media_list.page(quick.inst, actor, uid, Filter(), after, size=2)
        seen += [tile.text for tile in grid.tiles]
        after = grid.next
        if after is None:
            break
    assert seen == ["post 1", "post 2", "post 3"]


def test_hidden_picture_is_seen_by_the_team_alone_until_it_is_shown(pictures):
    pictures.post(1, 2)
    pictures.bring()
    uid = pictures.uid(1)
    visitor, member = pictures.house.client(None), pictures.house.client("viewer")
    assert pictures.judge(Verb.HIDE, uid) == 1
    assert pictures.judge(Verb.HIDE, uid) == 0, "once is enough"

    assert visitor.get(f"/pictures/{uid}").status_code == 404
    with member.get(f"/team/lamps/picture/{uid}") as seen:
        assert seen.status_code == 200
    assert pictures.on_the_wall() == ["user2"]
    assert pictures.entries()["p1"][0] == "valid", "the entry stays unless the campaign says so"
    assert [tile.uid for tile in pictures.tiles(state="hidden")] == [uid]
    pictures.judge(Verb.SHOW, uid)
    with visitor.get(f"/pictures/{uid}") as seen:
        assert seen.status_code == 200
    assert pictures.on_the_wall() == ["user1", "user2"]


def test_only_what_was_let_through_is_shown_where_the_campaign_wants_that(pictures):
    pictures.post(1, 2, 3)
    pictures.bring()
    visitor = pictures.house.client(None)
    assert len(pictures.on_the_wall()) == 3
    pictures.rule(approve_first=True)

    assert pictures.on_the_wall() == []
    assert visitor.get(f"/pictures/{pictures.uid(2)}").status_code == 404
    pictures.judge(Verb.SHOW, pictures.uid(2))
    assert pictures.on_the_wall() == ["user2"]
    assert {tile.text for tile in pictures.tiles(state="waiting")} == {"post 1", "post 3"}
    pictures.rule()
    assert len(pictures.on_the_wall()) == 3


def test_removed_picture_is_gone_with_its_files_unless_another_is_the_same(pictures):
    pictures.post(1, 2)
    same = pictures.house.feed.posts
    twin = Media(MediaKind.PHOTO, f"https://{HOST}/1.png", "")
    same.append(Item("p9", same[0].occurred_at, "post", None, "post 9", [twin]))
    pictures.bring()
    assert len(pictures.files()) == 4, "two pictures, of each two files"
    pictures.judge(Verb.REMOVE, pictures.uid(1))
    pictures.house.work(DROP)
    assert len(pictures.files()) == 4, "the other post keeps the same picture"
    uid = pictures.uid(9)
    pictures.judge(Verb.REMOVE, uid)
    pictures.house.work(DROP)

    assert len(pictures.files()) == 2
    assert open_picture(pictures.inst, uid, team_id=pictures.campaign.team_id) is None
    with pictures.inst.db.read() as conn:
        gone = conn.execute(select(media.c.sha256, media.c.url).where(media.c.uid == uid)).one()
    assert tuple(gone) == (None, None)
    assert pictures.judge(Verb.SHOW, uid) == 0, "what is removed stays removed"
    service.run_now(pictures.inst, pictures.house.actor(), sources(pictures)[0].uid)
    pictures.house.work("import", "media")
    assert len(pictures.files()) == 2


def sources(found):
    return service.of_campaign(found.inst, found.house.actor(), found.campaign.id)


@pytest.mark.parametrize(("verb", "reason"), [(Verb.HIDE, HIDDEN), (Verb.REMOVE, REMOVED)])
def test_entry_goes_with_its_picture_where_the_campaign_wants_that(pictures, verb, reason):
    pictures.post(1, 2)
    pictures.bring()
    pictures.rule(takes_back=True)
    pictures.judge(verb, pictures.uid(1))

    assert pictures.entries()["p1"] == ("revoked", reason)
    assert pictures.entries()["p2"] == ("valid", None)
    with pictures.inst.db.read() as conn:
        uid = conn.execute(select(entry.c.uid).where(entry.c.key == "p1")).scalar_one()
    actor = pictures.house.actor("editor")
    entries_service.restore(pictures.inst, actor, pictures.campaign.uid, [uid])
    assert pictures.entries()["p1"] == ("valid", None), "it is restored like any other"


def test_entry_comes_back_with_its_picture_and_only_then(pictures):
    pictures.post(1, pictures=2)
    pictures.post(2)
    pictures.bring()
    pictures.rule(takes_back=True)
    first, second = [tile.uid for tile in pictures.tiles() if tile.text == "post 1"]
    with pictures.inst.db.read() as conn:
        other = conn.execute(select(entry.c.uid).where(entry.c.key == "p2")).scalar_one()
    actor = pictures.house.actor("editor")
    entries_service.revoke(pictures.inst, actor, pictures.campaign.uid, [other], "cheated")
    pictures.judge(Verb.HIDE, first, second, pictures.uid(2))
    pictures.judge(Verb.SHOW, first, pictures.uid(2))
    assert pictures.entries() == {"p1": ("revoked", HIDDEN), "p2": ("revoked", "cheated")}
    pictures.judge(Verb.SHOW, second)

    assert pictures.entries() == {"p1": ("valid", None), "p2": ("revoked", "cheated")}


def test_acts_are_audited_and_other_teams_reach_nothing(quick):
    quick.post(1)
    quick.bring()
    uid = quick.uid(1)
    client = quick.house.client("editor")
    assert quick.house.post(client, f"{quick.path}/{uid}", act="hide").status_code == 303
    said = quick.house.post(client, f"{quick.path}/{uid}", act="describe", alt="  A  red lamp ")
    assert said.status_code == 303
    assert quick.tiles()[0].alt == "A red lamp"
    with quick.inst.db.read() as conn:
        acts = set(conn.execute(select(audit.c.act)).scalars())
    assert {"pictures.hidden", "picture.described"} <= acts

    stranger, viewer = quick.house.client("stranger"), quick.house.client("viewer")
    for path in (quick.path, f"{quick.path}/{uid}"):
        assert stranger.get(path).status_code == 404
        assert viewer.get(path).status_code == 200
        assert quick.house.post(stranger, path, act="show", picture=uid).status_code == 404
        assert quick.house.post(viewer, path, act="show", picture=uid).status_code == 403
    assert stranger.get(f"/team/rivals/picture/{uid}").status_code == 404
    theirs = quick.house.campaign("Another")
    wrong = f"/team/lamps/campaign/{theirs.key}/pictures"
    quick.house.post(client, wrong, act="show", picture=uid)
    assert [tile.review for tile in quick.tiles()] == ["hidden"]


def test_grid_works_as_a_form(quick):
    quick.post(1, 2, 3)
    quick.bring()
    client = quick.house.client("editor")
    chosen = [quick.uid(1), quick.uid(3)]
    answer = quick.house.post(client, f"{quick.path}?state=waiting", act="hide", picture=chosen)
    assert answer.headers["Location"].endswith("/pictures?state=waiting")
    assert [tile.text for tile in quick.tiles(state="waiting")] == ["post 2"]
    assert "2 pictures are hidden" in client.get(quick.path).text
    quick.house.post(client, f"{quick.path}/rule", approve_first="on")
    assert "only pictures that you have let through" in client.get(quick.path).text


def test_forgotten_account_loses_its_pictures(pictures):
    pictures.post(1, 2)
    pictures.bring()
    with pictures.inst.db.write() as conn:
        app._disown(conn, "sample.id", "u1", pictures.inst.clock())
    pictures.house.work(DROP)

    assert len(pictures.files()) == 2
    assert [tile.text for tile in pictures.tiles()] == ["post 2"]
    assert pictures.entries()["p1"][0] == "valid"


def test_expired_address_is_asked_for_once_and_the_picture_fetched(pictures):
    feed = pictures.house.feed
    type(feed).recheck_size = 10
    asked = []

    def recheck(ctx, config, items):
        asked.append([each.external_id for each in items])
        fresh = Media(MediaKind.PHOTO, f"https://{HOST}/1fresh.png", "")
        return [Item("p1", items[0].occurred_at, "post", None, "post 1", [fresh])]

    feed.recheck = recheck
    pictures.host.gone = {"/1.png"}
    pictures.post(1)
    try:
        pictures.bring()
        assert [row.state for row in rows(pictures)] == ["expired"]
        pictures.house.work("media_renew", "media")
        assert [row.state for row in rows(pictures)] == ["kept"]
        assert asked == [["p1"]]

        with pictures.inst.db.write() as conn:
            conn.execute(update(media).values(state="wanted", sha256=None))
        pictures.host.gone.add("/1fresh.png")
        pictures.house.work("media")
        with pictures.inst.db.write() as conn:
            team_id, source_id = (
                pictures.campaign.team_id,
                conn.execute(select(source.c.id)).scalar(),
            )
            ask_for_pictures(conn, team_id, source_id, pictures.inst.clock())
        pictures.house.work("media", "media_renew")
        assert [row.state for row in rows(pictures)] == ["failed"]
        assert asked == [["p1"]], "once"
    finally:
        type(feed).recheck_size = 0


def test_picture_of_a_post_that_is_gone_takes_the_entry_along(quick):
    feed = quick.house.feed
    type(feed).recheck_size = 10
    feed.recheck = lambda ctx, config, items: []
    quick.host.gone = {"/1.png"}
    quick.post(1)
    try:
        quick.bring()
        quick.house.work("media_renew", "media")
    finally:
        type(feed).recheck_size = 0

    assert quick.entries()["p1"] == ("revoked", "deleted at the network")
    assert [row.state for row in rows(quick)] == ["failed"]


def test_where_the_network_gives_no_fresh_address_the_page_says_so(quick):
    quick.host.gone = {"/1.png"}
    quick.post(1)
    quick.bring()
    [tile] = quick.tiles(state="failed")
    client = quick.house.client("editor")
    page = client.get(f"{quick.path}/{tile.uid}").text
    assert "the address has expired (403)" in page
    assert "gives no fresh address" in page
    quick.host.gone.clear()
    quick.house.post(client, quick.path, act="again", picture=tile.uid)
    quick.house.work("media")
    assert [each.state for each in quick.tiles()] == ["kept"]


def rows(found):
    with found.inst.db.read() as conn:
        return conn.execute(select(media.c.state, media.c.renewed, media.c.reason)).all()


def test_hundred_thousand_pictures_are_listed_by_their_index(quick):
    quick.post(1)
    quick.bring()
    with quick.inst.db.read() as conn:
        old = conn.execute(select(media)).mappings().one()
        post = conn.execute(select(item)).mappings().one()
    now = quick.inst.clock()
    columns = [name for name in old if name != "id"]
    posts = [name for name in post if name != "id"]
    for start in range(0, 100_000, 10_000):
        numbers = range(start, start + 10_000)
        with quick.inst.db.write() as conn:
            made = [{**post, "uid": new_uid(now), "external_id": f"q{n}"} for n in numbers]
            ids = insert_new(conn, item, posts, [[one[name] for name in posts] for one in made])
            shown = ("waiting", "shown", "hidden")
            more = [
                {**old, "uid": new_uid(now), "item_id": number, "review": shown[n % 3],
                 "sort_at": now - timedelta(seconds=n)}
                for n, number in zip(numbers, ids, strict=True)
            ]  # fmt: skip
            insert_new(conn, media, columns, [[one[name] for name in columns] for one in more])
    listed = []

    def plan(conn, cursor, statement, parameters, context, executemany):
        if "FROM media" in statement and "ORDER BY media.sort_at" in statement:
            listed.append((statement, parameters))

    event.listen(quick.inst.db.engine, "before_cursor_execute", plan)
    actor, uid = quick.house.actor(), quick.campaign.uid
    for state in ("", "waiting", "shown", "hidden", "failed"):
        first_page = media_list.page(quick.inst, actor, uid, Filter(state=state))
        media_list.page(quick.inst, actor, uid, Filter(state=state), first_page.next)
    quick.on_the_wall()
    event.remove(quick.inst.db.engine, "before_cursor_execute", plan)
    with quick.inst.db.read() as conn:
        for statement, parameters in listed:
            if "LIMIT" not in statement:
                continue  # the described tiles of one page
            explained = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            walks = [row[3] for row in explained if "media" in row[3]]
            assert walks, statement
            assert all("USING" in walk and "SCAN media" not in walk for walk in walks), walks
        assert len(listed) > 10
        assert conn.execute(text("SELECT count(*) FROM media")).scalar_one() == 100_001
