import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tombola.api import Flow, Invalid
from tombola.toolkit import oauth2
from tombola.toolkit.fetch import Fetcher
from tombola.toolkit.signatures import is_signed, sign

FLOW = Flow("state-1", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "https://t.example/back/x")


def network(answer, status="200 OK", seen=None):
    def app(environ, start):
        if seen is not None:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            seen["body"] = parse_qs(environ["wsgi.input"].read(length).decode())
            seen["authorization"] = environ.get("HTTP_AUTHORIZATION")
        start(status, [("Content-Type", "application/json")])
        return [answer if isinstance(answer, bytes) else json.dumps(answer).encode()]

    return Fetcher(mounts={"net.example:443": httpx2.WSGITransport(app)})


def test_the_challenge_is_that_of_the_rfc():
    """RFC 7636, appendix B."""
    assert oauth2.challenge(FLOW.verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_browser_is_sent_with_everything_in_place():
    url = oauth2.authorize_url("https://net.example/auth", FLOW, "client", ("a.read", "b.read"))
    query = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert query["scope"] == "a.read b.read"
    assert query["redirect_uri"] == FLOW.callback
    assert (query["state"], query["code_challenge_method"]) == ("state-1", "S256")
    assert FLOW.verifier not in url


def test_a_code_becomes_a_token_with_the_verifier():
    seen: dict[str, Any] = {}
    found = oauth2.exchange(
        network({"access_token": "t"}, seen=seen), "https://net.example/token", FLOW, "c", "id", "s"
    )
    assert found["access_token"] == "t"
    assert seen["body"]["code_verifier"] == [FLOW.verifier]
    assert seen["authorization"] == oauth2.basic("id", "s")


def test_a_public_client_names_itself_in_the_form():
    seen: dict[str, Any] = {}
    oauth2.exchange(
        network({"access_token": "t"}, seen=seen), "https://net.example/token", FLOW, "c", "id"
    )
    assert (seen["body"]["client_id"], seen["authorization"]) == (["id"], None)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"error": "invalid_grant"}, "400 Bad Request"),
        ({}, "200 OK"),
        ([], "200 OK"),
        (b"<html>", "502 Bad Gateway"),
    ],
)
def test_an_answer_without_a_token_is_told(answer, status):
    with pytest.raises(Invalid, match="gave no token"):
        oauth2.exchange(network(answer, status), "https://net.example/token", FLOW, "c", "id")


def test_a_refusal_is_told_in_the_networks_words():
    assert oauth2.code_of({"code": "c"}) == "c"
    with pytest.raises(Invalid, match="she said no"):
        oauth2.code_of({"error": "access_denied", "error_description": "she said no"})


def test_a_signature_is_the_bodys_and_the_secrets():
    good = sign("key", b"body")
    assert is_signed("key", b"body", good)
    assert is_signed("key", b"body", f"sha256={good.upper()}".replace("SHA256", "sha256"))
    assert not is_signed("key", b"bodx", good)
    assert not is_signed("kez", b"body", good)
    assert not is_signed("key", b"body", None)


def test_an_empty_secret_signs_nothing():
    assert not is_signed("", b"body", sign("", b"body"))
