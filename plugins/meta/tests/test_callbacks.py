import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from pydantic import SecretStr

from tombola.api import Delivery, Reply
from tombola.inbox.checks import checked
from tombola.testing.ctx import FakeCtx
from tombola_meta.callbacks import DELETION, Deauthorized, Deletion, is_code
from tombola_meta.settings import OperatorSettings, settings_of
from tombola_meta.signed_request import opened

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
SAID = {"algorithm": "HMAC-SHA256", "issued_at": int(AT.timestamp()), "user_id": "218471"}


def encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(said, secret):
    payload = encoded(said if isinstance(said, bytes) else json.dumps(said).encode())
    return f"{encoded(hmac.digest(secret.encode(), payload.encode(), hashlib.sha256))}.{payload}"


def posted(signed):
    return Delivery("POST", {}, {}, urlencode({"signed_request": signed}).encode(), AT)


@pytest.fixture
def ctx(given, clock):
    address = "https://tombola.example/p/meta/"
    return FakeCtx(settings=[OperatorSettings(**given)], clock=clock, address=address)


@pytest.fixture
def both():
    return Deauthorized(), Deletion()


def test_person_who_removes_the_app_is_an_event(ctx, both, app_secret):
    events = checked(both[0].receive(ctx, posted(sign(SAID, app_secret))))
    assert not isinstance(events, Reply)
    (event,) = events
    assert event.payload == {"person": "218471"}
    assert event.occurred_at == AT
    both[0].handle(ctx, event)
    assert ctx.disowned == [("meta.facebook", "218471"), ("meta.instagram", "218471")]
    assert "218471" not in str(ctx.log.lines)


def test_wish_to_be_deleted_is_answered_with_a_code_and_its_page(ctx, both, app_secret):
    reply = checked(both[1].receive(ctx, posted(sign(SAID, app_secret))))
    assert isinstance(reply, Reply)
    answer = json.loads(reply.body)
    code = answer["confirmation_code"]
    assert code.isalnum()
    assert answer["url"] == f"https://tombola.example/p/meta/deletion/{code}"
    assert reply.content_type == "application/json"
    assert is_code(settings_of(ctx), code)
    (event,) = reply.events
    both[1].handle(ctx, event)
    assert ctx.disowned == [("meta.facebook", "218471"), ("meta.instagram", "218471")]
    assert ctx.kv.get(DELETION + code)
    assert "218471" not in str(ctx.kv.values)


def test_request_that_is_repeated_has_the_same_code(ctx, both, app_secret):
    signed = sign(SAID, app_secret)
    first, second = (both[1].receive(ctx, posted(signed)) for _ in range(2))
    assert first.body == second.body
    assert first.events[0].dedupe == second.events[0].dedupe
    later = sign({**SAID, "issued_at": int(AT.timestamp()) + 60}, app_secret)
    assert both[1].receive(ctx, posted(later)).body != first.body


def test_code_that_was_not_made_here_is_none(ctx):
    assert not is_code(settings_of(ctx), "0" * 24)
    assert not is_code(settings_of(ctx), "é")
    assert not is_code(OperatorSettings(), "")


def test_number_as_id_is_the_same_person(ctx, both, app_secret):
    (event,) = both[0].receive(ctx, posted(sign({**SAID, "user_id": 218471}, app_secret)))
    assert event.payload == {"person": "218471"}


@pytest.mark.parametrize(
    "make",
    [
        lambda secret: sign(SAID, "another secret"),
        lambda secret: sign({**SAID, "algorithm": "none"}, secret),
        lambda secret: sign({"algorithm": "HMAC-SHA256"}, secret),
        lambda secret: sign(b"no json", secret),
        lambda secret: "." + sign(SAID, secret).partition(".")[2],
        lambda secret: sign(SAID, secret).partition(".")[2],
        lambda secret: sign(SAID, secret) + "A",
        lambda secret: sign(SAID, secret).replace(".", ".."),
        lambda secret: "",
        lambda secret: "é.ü",
    ],
)
def test_what_meta_has_not_signed_is_refused(ctx, both, app_secret, make):
    for hook in both:
        assert hook.receive(ctx, posted(make(app_secret))) == ()


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_only_posts_are_taken(ctx, both, app_secret, method):
    body = posted(sign(SAID, app_secret)).body
    for hook in both:
        assert hook.receive(ctx, Delivery(method, {}, {}, body, AT)) == ()


def test_without_a_secret_nothing_is_signed(both):
    ctx = FakeCtx(settings=[OperatorSettings(app_secret=SecretStr(""))])
    for hook in both:
        assert hook.receive(ctx, posted(sign(SAID, ""))) == ()


@given_any(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_forms_of_any_kind_are_refused(body):
    ctx = FakeCtx(settings=[OperatorSettings(app_id="1", app_secret=SecretStr("s"))])
    assert Deletion().receive(ctx, Delivery("POST", {}, {}, body, AT)) == ()
    assert opened(body.decode("latin-1"), ("s",)) is None
