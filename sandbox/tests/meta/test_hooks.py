import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from tombola.testing.network import in_process
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.models import Callback, Event, Page

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
URL = "http://tombola.example/webhooks/meta/events"


class Receiver:
    """An app's address: answers as told, and keeps what came."""

    def __init__(self) -> None:
        self.status = 200
        self.token = "right"
        self.got: list[tuple[bytes, dict[str, str]]] = []

    def __call__(self, environ, start):
        request = Request(environ)
        if request.method == "GET":
            fits = request.args["hub.verify_token"] == self.token
            challenge = request.args["hub.challenge"]
            answer = Response(challenge) if fits else Response("", 403)
        else:
            self.got.append((request.get_data(), dict(request.headers)))
            answer = Response("", self.status)
        return answer(environ, start)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(raw) for raw, _ in self.got]

    @property
    def changes(self) -> list[dict[str, Any]]:
        return [c for body in self.bodies for entry in body["entry"] for c in entry["changes"]]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def courier(town, world, receiver):
    http = httpx2.Client(transport=in_process(receiver))
    courier = Courier(town.meta.things, town.meta.access, world.switches, http)
    yield courier
    courier.stop()


@pytest.fixture
def subscribed(town, courier):
    callback = Callback(url=URL, verify_token="right", fields=("feed", "mention"))
    about = Callback(url=URL, verify_token="right", fields=("comments", "mentions"))
    town.change_app(callbacks={"page": callback, "instagram": about})
    courier.verify_all()
    subscriptions = {town.app.id: ("feed", "mention")}
    town.meta.things.change(town.page, subscriptions=subscriptions)


def test_a_callback_is_asked_for_its_challenge(graph, town, courier, receiver):
    given = {"object": "page", "callback_url": URL, "verify_token": "right", "fields": "feed"}
    path = f"/{town.app.id}/subscriptions"
    assert graph.raw(path, town.app_token, "POST", **given).json() == {"success": True}
    [found] = graph(path, town.app_token)["data"]
    assert (found["object"], found["callback_url"], found["active"]) == ("page", URL, True)
    receiver.token = "another"
    refused = graph.raw(path, town.app_token, "POST", **given)
    assert refused.json()["error"]["code"] == 2200
    assert graph.raw(path, town.app_token, "DELETE", object="page").json() == {"success": True}
    assert graph(path, town.app_token) == {"data": []}
    assert graph.code(path, town.user())[0] == 15


@pytest.mark.parametrize("lacks", ["page", "fields", "callback"])
def test_only_what_was_subscribed_is_told(town, courier, receiver, subscribed, lacks):
    if lacks == "page":
        town.meta.things.change(town.meta.things.one(Page, town.page.id), subscriptions={})
    elif lacks == "fields":
        kept = {town.app.id: ("mention",)}
        page = town.meta.things.one(Page, town.page.id)
        town.meta.things.change(page, subscriptions=kept)
    else:
        town.change_app(callbacks={})
    town.meta.facebook.comment(town.kim, town.post, "Hello")
    courier.deliver()
    assert receiver.got == []


def test_an_event_is_signed_over_its_escaped_bytes(town, courier, receiver, subscribed):
    town.meta.facebook.comment(town.kim, town.post, "åäö / und Tee")
    [delivery] = courier.deliver()
    assert delivery.status == 200
    [(raw, headers)] = receiver.got
    assert raw.isascii()
    assert rb"\u00e5\u00e4\u00f6 \/ und Tee" in raw
    assert b"/" not in raw.replace(rb"\/", b"")
    for name, digest in (("sha256", hashlib.sha256), ("sha1", hashlib.sha1)):
        made = hmac.new(town.app.secret.encode(), raw, digest).hexdigest()
        header = "X-Hub-Signature-256" if name == "sha256" else "X-Hub-Signature"
        assert headers[header] == f"{name}={made}"
    again = json.dumps(json.loads(raw), separators=(",", ":")).encode()
    assert again != raw


def test_a_comment_is_told_with_picture_and_sender(town, courier, receiver, subscribed, http):
    comment = town.meta.facebook.comment(town.kim, town.post, "Mine", photo=True)
    courier.deliver()
    [body] = receiver.bodies
    assert body["object"] == "page"
    [entry] = body["entry"]
    assert (entry["id"], type(entry["time"])) == (town.page.id, int)
    [change] = entry["changes"]
    value = change["value"]
    assert http.get(value.pop("photo")).status_code == 200
    assert change["field"] == "feed"
    assert value == {
        "item": "comment",
        "verb": "add",
        "comment_id": comment.id,
        "post_id": town.post.id,
        "parent_id": town.post.id,
        "from": {
            "id": town.meta.things.psid(town.page.id, town.kim.id),
            "name": "Kim Larsen",
        },
        "message": "Mine",
        "created_time": int(comment.created_at.timestamp()),
    }


def test_every_verb_is_told(town, courier, receiver, subscribed):
    facebook = town.meta.facebook
    comment = facebook.comment(town.kim, town.post, "a")
    facebook.edit_comment(comment.id, "b")
    facebook.hide_comment(comment.id)
    facebook.hide_comment(comment.id)
    facebook.hide_comment(comment.id, hidden=False)
    facebook.delete_comment(comment.id)
    courier.deliver()
    verbs = [change["value"]["verb"] for change in receiver.changes]
    assert verbs == ["add", "edited", "hide", "unhide", "remove"]


def test_a_mention_has_no_sender(town, courier, receiver, subscribed):
    post = town.meta.facebook.post(town.kim, "Lunch", photos=1, tags=[town.page])
    courier.deliver()
    [change] = receiver.changes
    assert change["field"] == "mention"
    assert change["value"] == {
        "item": "post",
        "verb": "add",
        "post_id": post.id,
        "message": "Lunch",
        "created_time": int(post.created_at.timestamp()),
    }


def test_instagram_tells_comments_and_mentions(town, courier, receiver, subscribed):
    instagram = town.meta.instagram
    media = instagram.post(town.shop, "Which tea?")
    remark = instagram.comment(town.jane, media, "in! #tea")
    caption = instagram.post(town.jane, "with @kettle.leaf")
    other = instagram.comment(town.jane, instagram.post(town.ann, "x"), "@Kettle.Leaf too")
    instagram.comment(town.shop, media, "own comments are told to nobody")
    hidden = instagram.add_account("hidden", private=True)
    instagram.post(hidden, "secret @kettle.leaf")
    courier.deliver()
    assert {body["object"] for body in receiver.bodies} == {"instagram"}
    assert all(b["entry"][0]["id"] == town.shop.id for b in receiver.bodies)
    values = [(c["field"], c["value"]) for c in receiver.changes]
    assert values == [
        (
            "comments",
            {
                "id": remark.id,
                "text": "in! #tea",
                "from": {
                    "id": town.meta.things.igsid(town.shop.id, town.jane.id),
                    "username": "jane",
                },
                "media": {"id": media.id, "media_product_type": "FEED"},
            },
        ),
        ("mentions", {"media_id": caption.id}),
        ("mentions", {"comment_id": other.id, "media_id": other.media}),
    ]


def test_instagram_tells_nothing_without_advanced_access(town, courier, receiver, subscribed):
    town.change_app(advanced=())
    town.meta.instagram.comment(town.jane, town.meta.instagram.post(town.shop, "?"), "in!")
    courier.deliver()
    assert receiver.got == []


def test_it_is_tried_again_until_200(town, courier, receiver, subscribed, now):
    receiver.status = 500
    town.meta.facebook.comment(town.kim, town.post, "Hello")
    for _ in range(5):
        courier.deliver()
    assert len(receiver.got) == 3
    now.advance(10 * timedelta(seconds=1))
    courier.deliver()
    assert len(receiver.got) == 4
    receiver.status = 200
    now.advance(MINUTE)
    courier.deliver()
    courier.deliver()
    assert len(receiver.got) == 5
    assert courier.waiting() == []
    assert len({raw for raw, _ in receiver.got}) == 1


def test_an_hour_of_failures_unsubscribes(town, courier, receiver, subscribed, now):
    receiver.status = 503
    town.meta.facebook.comment(town.kim, town.post, "Hello")
    for _ in range(7):
        courier.deliver()
        now.advance(10 * MINUTE)
    courier.deliver()
    assert town.meta.things.one(Page, town.page.id).subscriptions == {}
    assert {e.state for e in town.meta.things.all(Event).values()} == {"lost"}
    receiver.status = 200
    before = len(receiver.got)
    town.meta.facebook.comment(town.kim, town.post, "Unheard")
    now.advance(HOUR)
    courier.deliver()
    assert len(receiver.got) == before


def test_deliveries_come_twice_together_and_in_another_order(
    town, courier, receiver, subscribed, world
):
    world.switches.set(meta_doubled=True)
    town.meta.facebook.comment(town.kim, town.post, "once")
    courier.deliver()
    assert len(receiver.got) == 2
    assert receiver.got[0][0] == receiver.got[1][0]
    receiver.got.clear()
    world.switches.set(meta_doubled=False, meta_reordered=True)
    for number in range(8):
        town.meta.facebook.comment(town.kim, town.post, str(number))
    courier.deliver()
    said = [change["value"]["message"] for change in receiver.changes]
    assert sorted(said) == [str(n) for n in range(8)]
    assert said != sorted(said)
    receiver.got.clear()
    world.switches.set(meta_reordered=False, meta_batched=True)
    for number in range(4):
        town.meta.facebook.comment(town.kim, town.post, str(number))
    [delivery] = courier.deliver()
    assert delivery.events == 4
    assert [c["value"]["message"] for c in receiver.changes] == list("0123")


def test_an_address_that_was_never_right_gets_nothing(town, courier, receiver):
    receiver.token = "another"
    callback = Callback(url=URL, verify_token="right", fields=("feed",))
    town.change_app(callbacks={"page": callback})
    town.meta.things.change(town.page, subscriptions={town.app.id: ("feed",)})
    courier.verify_all()
    town.meta.facebook.comment(town.kim, town.post, "Hello")
    courier.deliver()
    assert receiver.got == []
    receiver.token = "right"
    courier.verify_all()
    courier.deliver()
    assert len(receiver.got) == 1


def test_with_standard_access_events_do_not_name_strangers(town, courier, receiver, subscribed):
    town.change_app(advanced=(), roles=(town.robin.id,))
    town.meta.facebook.comment(town.kim, town.post, "Hello")
    town.meta.facebook.comment(town.robin, town.post, "Me")
    courier.deliver()
    assert ["from" in change["value"] for change in receiver.changes] == [False, True]


def test_whoever_takes_the_app_away_is_told_about_in_a_signed_request(
    graph, town, courier, receiver
):
    town.change_app(deauthorize_url=URL, deletion_url=URL)
    user = town.user(person=town.kim)
    assert courier.take_away(town.app, town.kim, delete=True) == 200
    assert graph.code("/me", user) == (190, 458)
    assert len(receiver.got) == 2
    form = httpx2.QueryParams(receiver.got[0][0].decode())
    signature, body = form["signed_request"].split(".")
    made = hmac.new(town.app.secret.encode(), body.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "==")[:32] == made
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert payload["user_id"] == town.meta.things.asid(town.app.id, town.kim.id)
    assert payload["algorithm"] == "HMAC-SHA256"
