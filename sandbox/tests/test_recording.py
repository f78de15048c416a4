"""What a recording must be: every line is checked before anything is taken."""

import json
from copy import deepcopy
from typing import Any

import httpx2
import pytest

from tombola_sandbox.loading import Manner, load
from tombola_sandbox.models import Json
from tombola_sandbox.recording import LoadError, text_of
from tombola_sandbox.world import World

RECENT = "/2/tweets/search/recent"
POST = "1990000000000000002"
PAGE: Json = {
    "data": [
        {
            "id": POST,
            "text": "Mine #odd",
            "author_id": "22",
            "created_at": "2026-11-20T10:00:00.000Z",
            "edit_history_tweet_ids": [POST],
            "attachments": {"media_keys": ["3_1"]},
            "geo": {"place_id": "01a9"},
            "public_metrics": {"like_count": 3},
            "referenced_tweets": [{"type": "quoted", "id": "1989000000000000001"}],
        }
    ],
    "includes": {
        "users": [{"id": "22", "name": "Jane", "username": "jane"}],
        "media": [{"media_key": "3_1", "type": "photo", "width": 40, "height": 30}],
        "places": [{"id": "01a9", "full_name": "Leeds"}],
    },
    "meta": {"result_count": 1},
}


def page(*path: Any, value: Any = None) -> Json:
    """The page with one place changed; taken out if there is no value."""
    changed = deepcopy(PAGE)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (page("includes", "media", 0, "media_key"), "media.0.media_key"),
        (page("includes", "media", 0, "type"), "media.0.type"),
        (page("includes", "media", 0, "width", value="wide"), "media.0.width"),
        (page("includes", "media", 0, "width", value=10**9), "media.0.width"),
        (page("includes", "places", 0, "id"), "places.0.id"),
        (page("includes", "users", 0, "username"), "user username"),
        (page("includes", "users", value={"id": "22"}), "includes.users"),
        (page("includes", value=[]), "includes"),
        (page("data", 0, "id", value="x"), "post id"),
        (page("data", 0, "id", value=1.5), "post id"),
        (page("data", 0, "created_at", value="yesterday"), "post created_at"),
        (page("data", 0, "created_at", value="2026-11-20T10:00:00"), "the time has no zone"),
        (page("data", 0, "created_at", value="9999-12-31T23:59:59Z"), "no post can be"),
        (page("data", 0, "public_metrics", "like_count", value="many"), "like_count"),
        (page("data", 0, "referenced_tweets", 0, "id"), "referenced_tweets.0.id"),
        (page("data", 0, "attachments", "media_keys", value="3_1"), "attachments.media_keys"),
        (page("data", 0, "text", value="half \ud83d"), "half of a character"),
        (page("errors", value="none"), "answer errors"),
        ([1], "answer"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_wrong_and_nothing_is_taken(
    world: World, wrong: Json, said: str
):
    written, people = len(world.ledger), len(world.people)
    with pytest.raises(LoadError) as caught:
        load(world, [json.dumps(PAGE), "", json.dumps(wrong)])
    assert str(caught.value).startswith("line 3 is no page of posts: ")
    assert said in str(caught.value)
    assert (len(world.ledger), len(world.people)) == (written, people)


@pytest.mark.parametrize("line", ["{", "NaN", '{"data": NaN}', "[" * 100_000, '"text"'])
def test_a_line_that_is_no_json_object_is_named(world: World, line: str):
    with pytest.raises(LoadError, match="line 1 is no page of posts"):
        load(world, [line])


def test_metrics_without_a_number_are_named(world: World):
    wrong = json.dumps(PAGE).replace('"like_count": 3', '"like_count": null')
    with pytest.raises(LoadError, match=r"public_metrics\.like_count"):
        load(world, [wrong])


def test_ids_that_are_numbers_become_texts(client, world: World):
    numbers = page("data", 0, "id", value=int(POST))
    numbers["data"][0]["author_id"] = numbers["includes"]["users"][0]["id"] = 22
    load(world, [json.dumps(numbers)])
    [post] = search(client, "tweet")["data"]
    assert (post["id"], post["author_id"]) == (POST, "22")


def test_a_byte_order_mark_is_passed_over(world: World):
    text = text_of(b"\xef\xbb\xbf" + json.dumps(PAGE).encode())
    assert load(world, text.split("\n")).posts == 1
    assert load(world, ["\ufeff" + json.dumps(PAGE)]).posts == 1


def test_a_file_that_is_not_utf_8_is_named():
    with pytest.raises(LoadError, match="line 2 is no page of posts: it is not UTF-8"):
        text_of(b"{}\n{\xff}")


def complaint(dialect: str, parameter: str, value: str, kind: str) -> Json:
    host = "api.twitter.com" if dialect == "tweet" else "api.x.com"
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": f"https://{host}/2/problems/resource-not-found",
    }


def search(client: httpx2.Client, dialect: str) -> Json:
    referred = "referenced_tweets" if dialect == "tweet" else "referenced_posts"
    expansions = f"author_id,attachments.media_keys,geo.place_id,{referred}.id"
    params = {
        "query": "#odd",
        f"{dialect}.fields": "created_at",
        "expansions": f"{expansions},{referred}.id.author_id",
    }
    answer = client.get(RECENT, params=params)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


SUBJECTS = [
    ("attachments.media_keys", "3_1", "media"),
    ("geo.place_id", "01a9", "place"),
    ("referenced_{}s.id", "1989000000000000001", "{}"),
    ("referenced_{}s.id.author_id", "777", "user"),
]


@pytest.mark.parametrize("asked", ["tweet", "post"])
@pytest.mark.parametrize("recorded", ["tweet", "post"])
@pytest.mark.parametrize(("parameter", "value", "kind"), SUBJECTS)
def test_complaints_come_back_in_the_asked_vocabulary(
    client, world: World, recorded: str, asked: str, parameter: str, value: str, kind: str
):
    line = deepcopy(PAGE)
    line["errors"] = [complaint(recorded, parameter.format(recorded), value, kind.format(recorded))]
    if value == "777":
        friend = {"id": "1989000000000000001", "text": "x", "author_id": "777"}
        line["includes"]["tweets"] = [friend]
    load(world, [json.dumps(line)])
    assert search(client, asked)["errors"] == [
        complaint(asked, parameter.format(asked), value, kind.format(asked))
    ]


def test_complaints_about_posts_move_with_the_posts(client, world: World):
    line = deepcopy(PAGE)
    line["errors"] = [complaint("tweet", "referenced_tweets.id", "1989000000000000001", "tweet")]
    load(world, [json.dumps(line)], Manner(shift_to_now=True))
    body = search(client, "tweet")
    [reference] = body["data"][0]["referenced_tweets"]
    [error] = body["errors"]
    assert reference["id"] != "1989000000000000001"
    assert {error["value"], error["resource_id"]} == {reference["id"]}
    assert reference["id"] in error["detail"]
