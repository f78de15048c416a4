"""What comes out of search equals what was loaded, entry by entry."""

import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from tombola.testing.network import Network, TestClock, in_process
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.ids import time_of
from tombola_sandbox.loading import LoadError, Manner, load, picture_name
from tombola_sandbox.models import Json
from tombola_sandbox.world import World
from tombola_sandbox.x.dialect import NEWER, OLDER

PAGES = Path(__file__).parent / "pages"
RECORDINGS = {"kannenzeit": "older_words.jsonl", "tellerzeit": "newer_words.jsonl"}
RECENT = "/2/tweets/search/recent"
EXPANSIONS = {
    "tweet": "author_id,attachments.media_keys,referenced_tweets.id,entities.mentions.username",
    "post": "author_id,attachments.media_keys,referenced_posts,entities.mentions.username",
}
FIELDS = {
    "tweet": "created_at,attachments,author_id,entities,lang,public_metrics,note_tweet,"
    "referenced_tweets,conversation_id",
    "post": "created_at,attachments,entities,lang,public_metrics,note_post,referenced_posts,"
    "conversation_id",
}


@pytest.fixture
def world(now: TestClock) -> World:
    return World(clock=now)


@pytest.fixture
def network(world: World) -> Network:
    return sandbox_app(world=world)


def lines(tag: str) -> list[str]:
    return (PAGES / RECORDINGS[tag]).read_text(encoding="utf-8").splitlines()


def recorded(tag: str) -> dict[str, Json]:
    """Every recorded post by its id, in the older words."""
    pages = [json.loads(line) for line in lines(tag)]
    return {post["id"]: older(post) for page in pages for post in page.get("data", ())}


def included(tag: str, kind: str, key: str) -> dict[str, Json]:
    """Everything recorded beside posts; of two the fuller."""
    found: dict[str, Json] = {}
    for page in (json.loads(line) for line in lines(tag)):
        for thing in page.get("includes", {}).get(kind, ()):
            found[thing[key]] = found.get(thing[key], {}) | thing
    return found


def older(post: Mapping[str, Any]) -> Json:
    return {OLDER.get(name, name): value for name, value in post.items()}


def everything(client: httpx2.Client, tag: str, dialect: str, **more: str) -> Json:
    params = {
        "query": f"#{tag}",
        "max_results": "100",
        "expansions": EXPANSIONS[dialect],
        f"{dialect}.fields": FIELDS[dialect],
        "media.fields": "url,preview_image_url,width,height,alt_text,type,duration_ms",
        "user.fields": "created_at,profile_image_url,verified",
        **more,
    }
    answer = client.get(RECENT, params=params)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


@pytest.mark.parametrize("dialect", ["tweet", "post"])
@pytest.mark.parametrize("tag", list(RECORDINGS))
def test_posts_come_out_as_they_went_in(client, world: World, tag: str, dialect: str):
    load(world, lines(tag))
    body = everything(client, tag, dialect)
    wanted = recorded(tag)
    found = {post["id"]: older(post) for post in body["data"]}
    assert list(found) == sorted(wanted, key=int, reverse=True)
    for post_id, post in wanted.items():
        assert found[post_id] == post
    names = {name for post in body["data"] for name in post}
    assert not names & set(NEWER if dialect == "post" else OLDER)


@pytest.mark.parametrize("dialect", ["tweet", "post"])
@pytest.mark.parametrize("tag", list(RECORDINGS))
def test_people_and_media_come_out_as_they_went_in(client, world: World, tag: str, dialect: str):
    load(world, lines(tag))
    includes = everything(client, tag, dialect)["includes"]
    people = {user["id"]: user for user in includes["users"]}
    for user_id, user in included(tag, "users", "id").items():
        shown = dict(people[user_id])
        if "profile_image_url" in user:
            assert shown.pop("profile_image_url").startswith("https://api.x.test/media/")
        assert shown == {k: v for k, v in user.items() if k != "profile_image_url"}
    media = {m["media_key"]: m for m in includes["media"]}
    wanted = included(tag, "media", "media_key")
    assert set(media) == set(wanted)
    for key, recording in wanted.items():
        address = "url" if recording["type"] == "photo" else "preview_image_url"
        assert ("url" in media[key]) == (recording["type"] == "photo")
        same = {k: v for k, v in recording.items() if k != address}
        assert {k: v for k, v in media[key].items() if k != address} == same
        assert media[key][address].endswith("/media/" + picture_name(recording[address]))


def test_pictures_of_a_recording_can_be_fetched_in_their_size(client, anonymous, world: World):
    load(world, lines("kannenzeit"))
    for media in everything(client, "kannenzeit", "tweet")["includes"]["media"]:
        answer = anonymous.get(media.get("url") or media["preview_image_url"])
        assert answer.headers["content-type"] == "image/jpeg"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.size == (media["width"], media["height"])


def test_pictures_may_keep_their_addresses(client, world: World):
    load(world, lines("kannenzeit"), Manner(keep_media_urls=True))
    found = everything(client, "kannenzeit", "tweet")["includes"]["media"]
    assert {m["media_key"]: m for m in found} == included("kannenzeit", "media", "media_key")


def test_an_unknown_author_stays_unknown(client, world: World):
    load(world, lines("kannenzeit"))
    body = everything(client, "kannenzeit", "tweet")
    authors = {post["author_id"] for post in body["data"]}
    known = {user["id"] for user in body["includes"]["users"]}
    assert authors - known == {"812345999"}


def test_errors_beside_data_are_repeated_where_they_belong(client, world: World):
    load(world, lines("kannenzeit"))
    body = everything(client, "kannenzeit", "tweet")
    assert body["errors"] == json.loads(lines("kannenzeit")[0])["errors"]
    assert "errors" not in everything(client, "kannenzeit", "tweet", expansions="author_id")


def test_what_is_only_referred_to_is_included_and_not_found(client, world: World):
    load(world, lines("kannenzeit"))
    body = everything(client, "kannenzeit", "tweet")
    [friend] = body["includes"]["tweets"]
    assert friend["text"] == "a friend's post, no tag"
    answer = client.get(RECENT, params={"query": '"no tag"'}).json()
    assert answer == {"meta": {"result_count": 0}}


def test_kinds_of_media_are_told_apart(client, world: World):
    load(world, lines("kannenzeit"))
    counts = {}
    for operator in ("images", "videos", "media"):
        params = {"query": f"#kannenzeit has:{operator}"}
        counts[operator] = client.get(RECENT, params=params).json()["meta"]["result_count"]
    assert counts == {"images": 3, "videos": 1, "media": 5}


def test_a_tag_in_the_long_text_is_found(client, world: World):
    load(world, lines("kannenzeit"))
    params = {"query": "#kannenzeit has:videos", "tweet.fields": "note_tweet"}
    [film] = client.get(RECENT, params=params).json()["data"]
    assert "#kannenzeit" not in film["text"]
    assert film["note_tweet"]["text"].endswith("#kannenzeit")


def test_pages_of_a_recording_follow_one_another(client, world: World):
    many = [
        {"id": str(1989600000000000000 + n * 10_000_000), "text": f"{n} #kannenzeit"}
        for n in range(25)
    ]
    load(world, [json.dumps({"data": many})])
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        body = client.get(RECENT, params={"query": "#kannenzeit", **token}).json()
        found += [post["id"] for post in body["data"]]
        if "next_token" not in body["meta"]:
            break
        token = {"next_token": body["meta"]["next_token"]}
    assert found == [post["id"] for post in reversed(many)]


def test_loading_twice_changes_nothing(world: World):
    said = load(world, lines("kannenzeit"))
    lines_written = len(world.ledger)
    assert load(world, lines("kannenzeit")) == said
    assert len(world.ledger) == lines_written
    assert (said.posts, said.people, said.media, said.left) == (6, 2, 8, 1)
    assert said.words().startswith("6 posts, 2 people and 8 media from 2 pages, 2025-11-15")


def test_a_recording_survives_a_restart(world: World, now: TestClock):
    load(world, lines("kannenzeit"))
    again = World(clock=now, ledger=world.ledger)
    assert {i: p.body for i, p in again.posts.items()} == {
        i: p.body for i, p in world.posts.items()
    }
    assert again.media == world.media
    assert again.complaints == world.complaints


def test_old_posts_may_be_left_to_the_archive(client, world: World):
    load(world, lines("kannenzeit"), Manner(as_recent=False))
    query = {"query": "#kannenzeit"}
    assert client.get(RECENT, params=query).json()["meta"]["result_count"] == 0
    archive = client.get("/2/tweets/search/all", params=query).json()
    assert archive["meta"]["result_count"] == 6


def test_as_recent_ids_bound_the_search_and_time_goes_by(client, world: World, now: TestClock):
    load(world, lines("kannenzeit"))
    ids = sorted(recorded("kannenzeit"), key=int)
    body = everything(client, "kannenzeit", "tweet", since_id=ids[2])
    assert [post["id"] for post in body["data"]] == ids[:2:-1]
    floor = world.clock() - timedelta(days=6)
    body = everything(client, "kannenzeit", "tweet", start_time=f"{floor:%Y-%m-%dT%H:%M:%SZ}")
    assert len(body["data"]) == 6
    now.advance(timedelta(days=7, seconds=1))
    assert client.get(RECENT, params={"query": "#kannenzeit"}).json()["meta"]["result_count"] == 0


def test_times_can_be_moved_all_by_as_much(client, world: World):
    load(world, lines("kannenzeit"), Manner(shift_to_now=True))
    found = everything(client, "kannenzeit", "tweet")["data"]
    wanted = sorted(recorded("kannenzeit").values(), key=lambda post: -int(post["id"]))
    assert [post["text"] for post in found] == [post["text"] for post in wanted]
    assert datetime.fromisoformat(found[0]["created_at"]) == world.clock()
    for moved, post in zip(found, wanted, strict=True):
        shift = datetime.fromisoformat(moved["created_at"]) - datetime.fromisoformat(
            post["created_at"]
        )
        assert time_of(int(moved["id"])) - time_of(int(post["id"])) == shift
        assert len(moved["edit_history_tweet_ids"]) == len(post["edit_history_tweet_ids"])
        assert moved["edit_history_tweet_ids"][-1] == moved["id"]
    quote = next(post for post in found if "referenced_tweets" in post)
    assert int(quote["referenced_tweets"][0]["id"]) in world.posts


@pytest.mark.parametrize(
    "line", ["{", '"text"', '{"data": [{"text": "no id"}]}', '{"data": [{"id": "x"}]}']
)
def test_a_line_that_is_no_page_is_named_and_nothing_is_taken(world: World, line: str):
    with pytest.raises(LoadError, match="line 2"):
        load(world, [lines("kannenzeit")[0], line])
    assert not world.posts


def test_empty_places_of_a_recording_hold_nothing_up(client, world: World):
    bare = {
        "id": "1989600000000000001",
        "text": "line\u2028break #bare",
        "entities": None,
        "attachments": None,
        "referenced_tweets": None,
        "edit_history_tweet_ids": None,
    }
    pages = [{"data": None, "includes": None}, {"data": [bare], "includes": {"users": None}}]
    text = "\n".join(json.dumps(page, ensure_ascii=False) for page in pages)
    load(world, text.split("\n"), Manner(shift_to_now=True))
    load(world, text.split("\n"))
    for dialect in ("post", "tweet"):
        body = everything(client, "bare", dialect)
        assert {post["text"] for post in body["data"]} == {"line\u2028break #bare"}


def test_both_vocabularies_may_be_in_one_file(client, world: World):
    load(world, [*lines("kannenzeit"), *lines("tellerzeit")])
    assert len(everything(client, "kannenzeit", "post")["data"]) == 6
    assert len(everything(client, "tellerzeit", "tweet")["data"]) == 6


def test_a_loaded_world_has_no_own_people_in_it(world: World):
    load(world, lines("kannenzeit"))
    assert not any(person.ours for person in world.people.values())


def test_in_process_reaches_no_socket(network: Network):
    with httpx2.Client(transport=in_process(network), base_url="http://x.test") as http:
        bearer = {"Authorization": f"Bearer {DEMO_APP.bearer}"}
        assert http.get(RECENT, params={"query": "tea"}, headers=bearer).status_code == 200


def test_the_same_recording_is_moved_once(client, world: World, now: TestClock):
    moved = Manner(shift_to_now=True)
    load(world, lines("kannenzeit"), moved)
    found = everything(client, "kannenzeit", "tweet")
    written = len(world.ledger)
    now.advance(timedelta(hours=3))
    load(world, lines("kannenzeit"), moved)
    again = World(clock=now, ledger=world.ledger)
    load(again, lines("kannenzeit"), moved)
    assert len(world.ledger) == written
    assert everything(client, "kannenzeit", "tweet") == found
