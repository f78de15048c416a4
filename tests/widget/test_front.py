"""Nobody can tell whether Flask or the front before it has answered."""

import dataclasses
import io
import json
from functools import partial
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from tombola.app import create_app
from tombola.widget import hot
from tombola.widget.buckets import Buckets, Rate
from tombola.widget.rules import LONGEST_BODY

pytestmark = pytest.mark.plugins("custom_tracking")
SECRET = "s" * 43
PUSH = json.dumps({"v": "visitor-1", "k": ["y2sB7"], "e": [["VIP", "1"]]}).encode()
#: Told apart by clock or dice.
FREE = {"date", "server", "x-request-id"}


@pytest.fixture
def inst(sqlite_inst):
    return sqlite_inst


def changed(site, **settings):
    return dataclasses.replace(site.inst, settings=site.inst.settings.model_copy(update=settings))


class Two:
    """One application twice: with the front, and Flask alone."""

    def __init__(self, inst):
        self.app = create_app(inst)
        self.hot = self.app.extensions[hot.NAME] = hot.make(inst, fresh_s=0)
        alone = partial(Flask.wsgi_app, self.app)
        hops = inst.settings.trusted_proxies
        self.front = self.app.wsgi_app
        self.flask = ProxyFix(alone, hops, hops, hops) if hops else alone

    def ask(self, method, path, *, body=b"", headers=(), environ=()):
        """The answer of both: status, headers, body."""
        found = []
        for road in (self.front, self.flask):
            sent = EnvironBuilder(
                path, method=method, headers=dict(headers), input_stream=io.BytesIO(body)
            ).get_environ()
            sent["CONTENT_LENGTH"] = str(len(body)) if body else ""
            sent.update(environ)
            parts, status, answered = run_wsgi_app(road, sent)
            text = b"".join(parts)
            told = sorted((n.lower(), v) for n, v in answered.items() if n.lower() not in FREE)
            assert "x-request-id" in {name.lower() for name, _ in answered.items()}
            if status.startswith(("404", "405", "400")) and b"<html" in text:
                text, told = b"a page with a number", [h for h in told if h[0] != "content-length"]
            found.append((status.split()[0], told, text))
        return found


@pytest.fixture
def two(site):
    site.action("VIP")
    made = Two(site.inst)
    yield made
    made.hot.tracker.close()


def body(**changes):
    return json.dumps({"v": "visitor-1", "k": ["y2sB7"], "e": [["VIP"]], **changes}).encode()


PUSHES: dict[str, dict[str, Any]] = {
    "plain": {"body": PUSH},
    "text": {"body": PUSH, "headers": {"Content-Type": "text/plain;charset=UTF-8"}},
    "json": {"body": PUSH, "headers": {"Content-Type": "application/json"}},
    "form": {"body": PUSH, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "origin": {"body": PUSH, "headers": {"Origin": "https://shop.example"}},
    "other site": {"body": PUSH, "headers": {"Sec-Fetch-Site": "cross-site"}},
    "query": {"path": "/t?lang=de&x=%20", "body": PUSH},
    "nul in the query": {"path": "/t?x=%00", "body": PUSH},
    "no length, no end": {"body": PUSH, "environ": {"CONTENT_LENGTH": ""}},
    "chunked": {
        "body": PUSH,
        "environ": {"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
        "headers": {"Transfer-Encoding": "chunked"},
    },
    "chunked, too long": {
        "body": b" " * (LONGEST_BODY + 2),
        "environ": {"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    },
    "odd length": {"body": PUSH, "environ": {"CONTENT_LENGTH": "-1"}},
    "empty": {},
    "no json": {"body": b"\xff{"},
    "deep": {"body": b"[" * 60_000},
    "list": {"body": b"[]"},
    "too long": {"body": b" " * (LONGEST_BODY + 1)},
    "far too long": {"body": b" ", "environ": {"CONTENT_LENGTH": str(1 << 40)}},
    "unknown key": {"body": body(k=["zzzzz"])},
    "wrong keys": {"body": body(k=["y2sB", "y2sB77", "", 7, None])},
    "key twice": {"body": b'{"v":"visitor-1","k":["zzzzz"],"k":["y2sB7"],"e":[["VIP"]]}'},
    "no visitor": {"body": body(v="x")},
    "value too long": {"body": body(e=[["VIP", "x" * 10_241]])},
    "bad token": {"body": body(x="y2sB7.nonsense")},
    "half a letter": {"body": body(e=[["VIP", "\ud800"]])},
    "by GET": {"method": "GET"},
    "by PUT": {"method": "PUT", "body": PUSH},
    "by HEAD": {"method": "HEAD"},
    "preflight": {
        "method": "OPTIONS",
        "headers": {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"},
    },
    "with a slash": {"path": "/t/", "body": PUSH},
    "two slashes": {"path": "//t", "body": PUSH},
}


@pytest.mark.parametrize("name", PUSHES)
def test_push_is_answered_alike(two, name):
    how = {"method": "POST", "path": "/t", **PUSHES[name]}
    front, flask = two.ask(how.pop("method"), how.pop("path"), **how)
    assert front == flask


POLLS: dict[str, dict[str, Any]] = {
    "nobody": {},
    "head": {"method": "HEAD"},
    "unknown key": {"path": "/s/zzzzz"},
    "unknown key, head": {"path": "/s/zzzzz", "method": "HEAD"},
    "key too long": {"path": "/s/y2sB77"},
    "key too short": {"path": "/s/y2s"},
    "no key": {"path": "/s/"},
    "key with a dash": {"path": "/s/y2s-7"},
    "key in other digits": {"path": "/s/y2sB%D9%A7"},
    "with a slash": {"path": "/s/y2sB7/"},
    "escaped": {"path": "/s/%79%32sB7"},
    "known": {"headers": {"Cookie": f"a=b; tombola-visitor={SECRET}; c=d"}},
    "quoted": {"headers": {"Cookie": f'tombola-visitor="{SECRET}"'}},
    "of the other protocol": {"headers": {"Cookie": f"__Host-tombola-visitor={SECRET}"}},
    "twice": {"headers": {"Cookie": f"tombola-visitor=x; tombola-visitor={SECRET}"}},
    "odd cookie": {"headers": {"Cookie": "tombola-visitor=\xff; =; ;;"}},
    "framed": {
        "path": "/s/y2sB7?frame=1",
        "headers": {"Cookie": f"__Host-tombola-frame={SECRET}"},
    },
    "framed without its cookie": {
        "path": "/s/y2sB7?frame=1",
        "headers": {"Cookie": f"tombola-visitor={SECRET}"},
    },
    "framed by the first word": {"path": "/s/y2sB7?frame=0&frame=1"},
    "framed, escaped": {
        "path": "/s/y2sB7?a=1&%66rame=%31&b",
        "headers": {"Cookie": f"__Host-tombola-frame={SECRET}"},
    },
    "nul in the query": {"path": "/s/y2sB7?x=%00"},
    "language": {"path": "/s/y2sB7?lang=de", "headers": {"Accept-Language": "de"}},
    "any tag": {"headers": {"If-None-Match": "*"}},
    "odd tag": {"headers": {"If-None-Match": 'W/, abc, ""'}},
    "by POST": {"method": "POST", "body": PUSH},
    "by OPTIONS": {"method": "OPTIONS"},
    "by DELETE": {"method": "DELETE"},
    "wants JSON": {"path": "/s/zzzzz", "headers": {"Accept": "application/json"}},
}


@pytest.mark.parametrize("name", POLLS)
def test_poll_is_answered_alike(site, two, name):
    site.enter(browser=SECRET)
    how = {"method": "GET", "path": "/s/y2sB7", **POLLS[name]}
    front, flask = two.ask(how.pop("method"), how.pop("path"), **how)
    assert front == flask


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"x", W/"{}"', ' "{}" , "y"', '"{}x"', "{}"])
def test_tag_is_compared_alike(two, form):
    (_, told, _), _ = two.ask("GET", "/s/y2sB7")
    tag = dict(told)["etag"].strip('"')
    front, flask = two.ask("GET", "/s/y2sB7", headers={"If-None-Match": form.format(tag)})
    assert front == flask
    assert front[0] == ("200" if form in {'"{}x"', "{}"} else "304")


def test_cookies_by_https_are_read_alike(site):
    site.action("VIP")
    site.enter(browser=SECRET)
    two = Two(changed(site, base_url="https://tombola.example"))
    for cookie in ("tombola-visitor", "__Host-tombola-visitor", "__Host-tombola-frame"):
        front, flask = two.ask("GET", "/s/y2sB7", headers={"Cookie": f"{cookie}={SECRET}"})
        assert front == flask
        assert json.loads(front[2])["known"] is (cookie == "__Host-tombola-visitor")
        assert "strict-transport-security" in dict(front[1])
    two.hot.tracker.close()


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_sender_behind_proxies_is_found_alike(site, hops):
    two = Two(changed(site, trusted_proxies=hops))
    seen = {}
    for name, rate in (("_by_network", Rate(1000, 1)), ("_by_campaign", Rate(1000, 1))):
        seen[name] = Buckets(rate)
        setattr(two.hot.tracker, name, seen[name])
    headers = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7, 203.0.113.9"}
    front, flask = two.ask(
        "POST", "/t", body=body(), headers=headers, environ={"REMOTE_ADDR": "127.0.0.1"}
    )
    assert front == flask
    sender = ("127.0.0.1", "203.0.113.9", "198.51.100.7")[hops]
    assert list(seen["_by_network"]._full_at) == [sender]
    two.hot.tracker.close()


def test_refusals_are_answered_alike(two):
    two.hot.tracker._by_network = Buckets(Rate(2, 1), clock=lambda: 0.0)
    two.hot.poll._by_network = Buckets(Rate(2, 1), clock=lambda: 0.0)
    for status in ("204", "429"):
        front, flask = two.ask("POST", "/t", body=PUSH)
        assert front == flask
        assert front[0] == status
    assert ("access-control-allow-origin", "*") in front[1]
    assert ("retry-after", "1") in front[1]
    for status in ("200", "429"):
        front, flask = two.ask("GET", "/s/y2sB7")
        assert front == flask
        assert front[0] == status


def test_full_queue_is_answered_alike(two):
    two.hot.tracker.close()
    front, flask = two.ask("POST", "/t", body=PUSH)
    assert front == flask
    assert front[0] == "503"
    assert ("retry-after", "1") in front[1]


def test_fault_of_ours_is_answered_alike(two, monkeypatch):
    monkeypatch.setattr(two.hot.tracker, "_by_network", None)
    front, flask = two.ask("POST", "/t", body=PUSH)
    assert front == flask
    assert front[0] == "500"


def test_body_that_says_it_is_too_long_is_not_read(two):
    unread = io.BytesIO(b" " * 70_000)
    length = {"CONTENT_LENGTH": "70000", "wsgi.input": unread}
    front, flask = two.ask("POST", "/t", environ=length)
    assert front == flask
    assert front[0] == "413"
    assert unread.tell() == 0


def test_pages_are_flasks_own(two):
    answer = Client(two.front).get("/y2sB7")
    assert answer.status_code == 200
    assert "Win a bicycle" in answer.text
