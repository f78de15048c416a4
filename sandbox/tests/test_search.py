from datetime import timedelta

import httpx2
import pytest

from tombola.testing.network import TestClock
from tombola_sandbox.bodies import stamp
from tombola_sandbox.ids import lowest_id
from tombola_sandbox.models import Json, Standing
from tombola_sandbox.world import World

RECENT = "/2/tweets/search/recent"
ALL = "/2/tweets/search/all"
NEW = {
    "expansions": "author_id,attachments.media_keys",
    "post.fields": "created_at,attachments,entities",
    "media.fields": "url,width,height,alt_text",
}
OLD = {
    "expansions": "author_id,attachments.media_keys",
    "tweet.fields": "created_at,attachments,entities,author_id",
    "media.fields": "url,width,height",
}


def search(client: httpx2.Client, query: str = "#acme", path: str = RECENT, **params) -> Json:
    answer = client.get(path, params={"query": query, **params})
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


def refused(client: httpx2.Client, path: str = RECENT, **params) -> Json:
    answer = client.get(path, params={"query": "#acme", **params})
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body: Json = answer.json()
    assert body["title"] == "Invalid Request"
    assert body["type"].rsplit("/", 1)[1] == "invalid-request"
    return body


def named(body: Json) -> set[str]:
    return {name for error in body["errors"] for name in error["parameters"]}


def make(world: World, count: int, *, step: timedelta = timedelta(minutes=1)) -> list[str]:
    begin = world.clock() - timedelta(hours=2)
    posts = [world.post("jane", f"{n} #acme", at=begin + n * step) for n in range(count)]
    return [str(post.id) for post in reversed(posts)]


def test_nothing_found_has_no_data(client):
    assert search(client) == {"meta": {"result_count": 0}}


def test_only_the_asked_fields_come(client, world: World):
    post = world.post("jane", "#acme", at=world.clock() - timedelta(hours=1))
    assert search(client)["data"] == [
        {"id": str(post.id), "text": "#acme", "edit_history_tweet_ids": [str(post.id)]}
    ]
    found = search(client, **{"tweet.fields": "lang"})["data"][0]
    assert set(found) == {"id", "text", "edit_history_tweet_ids", "lang"}


def test_each_vocabulary_answers_in_its_own_words(client, world: World):
    first = world.post("otto", "first")
    world.post(
        "jane",
        "#acme",
        refers={"quoted": str(first.id)},
        at=world.clock() - timedelta(hours=1),
    )
    new = search(client, **{"post.fields": "id", "expansions": "referenced_posts"})
    assert new["data"][0]["edit_history_post_ids"]
    assert new["data"][0]["referenced_posts"] == [{"type": "quoted", "id": str(first.id)}]
    assert [post["id"] for post in new["includes"]["posts"]] == [str(first.id)]
    old = search(client, **{"tweet.fields": "id", "expansions": "referenced_tweets.id"})
    assert old["data"][0]["edit_history_tweet_ids"]
    assert old["data"][0]["referenced_tweets"] == [{"type": "quoted", "id": str(first.id)}]
    assert [post["id"] for post in old["includes"]["tweets"]] == [str(first.id)]


def test_new_vocabulary_has_no_author_id_field_but_its_expansion(client, world: World):
    post = world.post("jane", "#acme", at=world.clock() - timedelta(hours=1))
    body = refused(client, **{"post.fields": "author_id"})
    assert "[author_id] is not one of" in body["errors"][0]["message"]
    assert body["type"].startswith("https://api.x.com/")
    found = search(client, **NEW)["data"][0]
    assert found["author_id"] == post.author_id
    assert search(client, **{"tweet.fields": "author_id"})["data"][0]["author_id"]


def test_both_vocabularies_at_once_are_refused(client):
    refused(client, **{"post.fields": "id", "tweet.fields": "id"})
    refused(client, **{"post.fields": "id", "expansions": "referenced_tweets.id"})


@pytest.mark.parametrize(("spoken", "other"), [("post", "tweet"), ("tweet", "post")])
def test_a_network_of_one_vocabulary_refuses_the_other(client, world: World, spoken, other):
    world.switches.set(vocabulary=spoken)
    assert named(refused(client, **{f"{other}.fields": "id"})) == {f"{other}.fields"}
    search(client, **{f"{spoken}.fields": "id"})


def test_media_are_joined_by_key_and_can_be_fetched(client, anonymous, world: World):
    post = world.post(
        "jane", "#acme", photos=3, alt_text="a cup", at=world.clock() - timedelta(hours=1)
    )
    for asked in (NEW, OLD):
        body = search(client, **asked)
        keys = body["data"][0]["attachments"]["media_keys"]
        assert keys == post.media_keys
        assert all(key.startswith("3_") for key in keys)
        media = {m["media_key"]: m for m in body["includes"]["media"]}
        assert set(media) == set(keys)
        picture = anonymous.get(media[keys[0]]["url"])
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.content[:2] == b"\xff\xd8"
    assert search(client, **NEW)["includes"]["media"][0]["alt_text"] == "a cup"


def test_films_have_a_preview_and_no_url(client, world: World):
    world.post("jane", "#acme", photos=1, kind="video", at=world.clock() - timedelta(hours=1))
    asked = {**NEW, "media.fields": "url,preview_image_url,duration_ms"}
    [film] = search(client, **asked)["includes"]["media"]
    assert film["media_key"].startswith("7_")
    assert "url" not in film
    assert film["preview_image_url"].startswith("https://api.x.test/media/")


def test_includes_hold_everybody_once(client, world: World):
    make(world, 10)
    assert len(search(client, **NEW)["includes"]["users"]) == 1


def test_a_suspended_author_is_named_in_errors_and_the_post_stays(client, world: World):
    post = world.post("jane", "#acme", at=world.clock() - timedelta(hours=1))
    world.set_standing(post.author_id or "", Standing.SUSPENDED)
    body = search(client, **NEW)
    assert body["data"][0]["author_id"] == post.author_id
    assert "includes" not in body
    [error] = body["errors"]
    assert (error["title"], error["resource_type"]) == ("Forbidden", "user")
    assert error["resource_id"] == post.author_id
    assert error["detail"].startswith("User has been suspended")


def test_a_protected_author_is_missing_without_a_word(client, world: World):
    post = world.post("jane", "#acme", at=world.clock() - timedelta(hours=1))
    world.set_standing(post.author_id or "", Standing.PROTECTED)
    body = search(client, **NEW)
    assert body["data"]
    assert "includes" not in body
    assert "errors" not in body


@pytest.mark.parametrize("name", ["next_token", "pagination_token"])
def test_pages_follow_one_another_newest_first(client, world: World, name: str):
    ids, found = make(world, 25), []
    token: Json = {}
    while True:
        body = search(client, max_results=10, **token)
        found += [post["id"] for post in body["data"]]
        assert body["meta"]["newest_id"] == body["data"][0]["id"]
        assert body["meta"]["oldest_id"] == body["data"][-1]["id"]
        assert body["meta"]["result_count"] == len(body["data"])
        if "next_token" not in body["meta"]:
            break
        token = {name: body["meta"]["next_token"]}
    assert found == ids


def test_new_posts_do_not_shift_later_pages(client, world: World, now: TestClock):
    ids = make(world, 15)
    first = search(client)
    world.post("jane", "newest #acme")
    now.advance(timedelta(minutes=1))
    second = search(client, next_token=first["meta"]["next_token"])
    assert [post["id"] for post in second["data"]] == ids[10:]


def test_a_token_belongs_to_its_search(client, world: World):
    make(world, 15)
    token = search(client)["meta"]["next_token"]
    assert named(refused(client, next_token="nonsense")) == {"next_token"}
    assert named(refused(client, query="#other", next_token=token)) == {"next_token"}


def test_a_deleted_post_leaves_a_short_page_with_a_next(client, world: World):
    ids = make(world, 12)
    for post_id in ids[:10]:
        world.delete(int(post_id))
    body = search(client)
    assert "data" not in body
    assert body["meta"]["result_count"] == 0
    second = search(client, next_token=body["meta"]["next_token"])
    assert [post["id"] for post in second["data"]] == ids[10:]


def test_ids_bound_a_search_and_exclude_themselves(client, world: World):
    ids = make(world, 5)
    assert [p["id"] for p in search(client, since_id=ids[2])["data"]] == ids[:2]
    assert [p["id"] for p in search(client, until_id=ids[2])["data"]] == ids[3:]


def test_times_bound_a_search(client, world: World):
    make(world, 5)
    begin = world.clock() - timedelta(hours=2)
    found = search(
        client,
        start_time=stamp(begin + timedelta(minutes=1)),
        end_time=stamp(begin + timedelta(minutes=3)),
    )
    assert [post["text"] for post in found["data"]] == ["2 #acme", "1 #acme"]


def test_each_pair_of_bounds_excludes_the_other(client, world: World):
    ids = make(world, 1)
    begin = stamp(world.clock() - timedelta(hours=3))
    end = stamp(world.clock() - timedelta(hours=1))
    refused(client, since_id=ids[0], start_time=begin)
    refused(client, until_id=ids[0], end_time=end)
    refused(client, next_token="a", pagination_token="b")


def test_recent_search_looks_back_seven_days_and_the_archive_to_the_beginning(
    client, world: World, now: TestClock
):
    old = world.post("jane", "#acme", at=world.clock() - timedelta(days=7, minutes=1))
    world.post("jane", "#acme", at=world.clock() - timedelta(days=6))
    assert search(client)["meta"]["result_count"] == 1
    assert search(client, path=ALL)["meta"]["result_count"] == 2
    too_early = stamp(world.clock() - timedelta(days=7, seconds=1))
    assert named(refused(client, start_time=too_early)) == {"start_time"}
    now.advance(timedelta(seconds=2))
    search(client, path=ALL, start_time=too_early)
    body = refused(client, since_id=str(old.id))
    assert named(body) == {"since_id"}
    assert "must be a tweet id created after" in body["errors"][0]["message"]


def test_end_time_is_at_least_thirty_seconds_ago(client, world: World):
    soon = stamp(world.clock() - timedelta(seconds=29))
    assert named(refused(client, end_time=soon)) == {"end_time"}
    search(client, end_time=stamp(world.clock() - timedelta(seconds=30)))


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"max_results": "9"}, "max_results"),
        ({"max_results": "101"}, "max_results"),
        ({"max_results": "ten"}, "max_results"),
        ({"since_id": "12x"}, "since_id"),
        ({"since_id": "1" * 20}, "since_id"),
        ({"start_time": "yesterday"}, "start_time"),
        ({"start_time": "2026-11-19"}, "start_time"),
        ({"start_time": "2026-11-21T00:00:00Z"}, "start_time"),
        ({"sort_order": "random"}, "sort_order"),
        ({"expansions": "author"}, "expansions"),
        ({"media.fields": "colour"}, "media.fields"),
        ({"user.fields": "shoe_size"}, "user.fields"),
        ({"tweet.fields": "note_post"}, "tweet.fields"),
        ({"colour": "red"}, "colour"),
        ({"query": ""}, "query"),
        ({"query": "#acme " + "x" * 507}, "query"),
        ({"query": "has:images"}, "query"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(client, params: Json, name: str):
    body = refused(client, **params)
    assert named(body) == {name}
    assert body["detail"] == "One or more parameters to your request was invalid."


def test_the_archive_takes_longer_queries_and_more_results(client, now: TestClock):
    long = "#acme " + " ".join(["x"] * 400)
    assert 512 < len(long) <= 1024
    search(client, long, path=ALL)
    now.advance(timedelta(seconds=1))
    search(client, path=ALL, max_results=500)
    now.advance(timedelta(seconds=1))
    refused(client, path=ALL, query="#acme " + "x" * 1019)


def test_query_longest_is_taken(client):
    search(client, "#acme " + "x" * 506)


def test_search_needs_a_moment_to_find_a_new_post(client, world: World, now: TestClock):
    world.post("jane", "#acme")
    assert search(client)["meta"]["result_count"] == 0
    now.advance(timedelta(seconds=10))
    assert search(client)["meta"]["result_count"] == 1


def test_a_post_can_be_indexed_after_newer_ones(client, world: World, now: TestClock):
    late = world.post("jane", "late #acme", seen_after=timedelta(hours=3))
    now.advance(timedelta(minutes=5))
    world.post("jane", "early #acme")
    now.advance(timedelta(minutes=5))
    newest = search(client)["meta"]["newest_id"]
    now.advance(timedelta(hours=3))
    assert search(client, since_id=newest)["meta"]["result_count"] == 0
    assert str(late.id) in [post["id"] for post in search(client)["data"]]


def test_an_edit_is_a_new_id_with_its_history(client, world: World, now: TestClock):
    first = world.post("jane", "#acme", photos=1)
    now.advance(timedelta(minutes=5))
    second = world.edit(first.id, "better #acme")
    now.advance(timedelta(minutes=5))
    [found] = search(client)["data"]
    assert found["id"] == str(second.id) != str(first.id)
    assert found["edit_history_tweet_ids"] == [str(first.id), str(second.id)]
    third = world.edit(second.id, "no tag any more", drop_media=True)
    now.advance(timedelta(minutes=5))
    assert search(client)["meta"]["result_count"] == 0
    assert third.media_keys == []


def test_relevancy_orders_by_likes_and_pages_too(client, world: World):
    at = world.clock() - timedelta(hours=1)
    for likes in range(12):
        world.post("jane", f"{likes} #acme", at=at, public_metrics={"like_count": likes})
    first = search(client, sort_order="relevancy")
    assert first["data"][0]["text"] == "11 #acme"
    second = search(client, sort_order="relevancy", next_token=first["meta"]["next_token"])
    assert [post["text"] for post in second["data"]] == ["1 #acme", "0 #acme"]


def test_ids_of_people_posts_and_media_are_unlike(client, world: World):
    make(world, 3)
    world.post("jane", "#acme", photos=2, at=world.clock() - timedelta(minutes=1))
    body = search(client, **NEW)
    posts = {post["id"] for post in body["data"]}
    people = {user["id"] for user in body["includes"]["users"]}
    media = {m["media_key"].split("_")[1] for m in body["includes"]["media"]}
    assert not posts & people
    assert not posts & media
    assert not people & media


def test_ids_tell_their_time(world: World):
    at = world.clock() - timedelta(days=3)
    post = world.post("jane", "#acme", at=at)
    assert lowest_id(at) <= post.id < lowest_id(at + timedelta(milliseconds=1))


@pytest.mark.parametrize(
    "given",
    [
        [("query", "#acme"), ("query", "#other")],
        [("query", "#acme"), ("max_results", "10"), ("max_results", "10")],
        [("query", "#acme"), ("since_id", "1"), ("since_id", "2")],
    ],
)
def test_a_parameter_is_given_once(client, given):
    answer = client.get(RECENT, params=given)
    assert answer.status_code == 400
    assert given[-1][0] in named(answer.json())
    assert "more than once" in answer.text


@pytest.mark.parametrize(
    ("spoken", "other"),
    [("post", "tweet"), ("tweet", "post")],
)
def test_fields_of_users_are_in_the_asked_vocabulary(client, world: World, spoken, other):
    kept = {"pinned_tweet_id": "5", "most_recent_tweet_id": "6"}
    world.add_person("ada", "Ada", **kept)
    world.post("ada", "#acme", at=world.clock() - timedelta(hours=1))
    names = [f"pinned_{spoken}_id", f"most_recent_{spoken}_id"]
    asked = {f"{spoken}.fields": "lang", "expansions": "author_id"}
    [user] = search(client, **asked, **{"user.fields": ",".join(names)})["includes"]["users"]
    assert [user[name] for name in names] == ["5", "6"]
    body = refused(client, **asked, **{"user.fields": f"pinned_{other}_id"})
    assert named(body) == {"user.fields"}


def test_fields_of_users_alone_tell_the_vocabulary(client, world: World):
    world.add_person("ada", "Ada", pinned_tweet_id="5")
    world.post("ada", "#acme", at=world.clock() - timedelta(hours=1))
    for name in ("pinned_post_id", "pinned_tweet_id"):
        asked = {"expansions": "author_id", "user.fields": name}
        assert search(client, **asked)["includes"]["users"][0][name] == "5"
