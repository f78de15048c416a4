"""What the conformance kit needs to know: an account, and an Instagram of one answer to each."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import SecretStr

from tombola.api import Accepted, Account
from tombola.testing import scenario
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import in_process
from tombola_meta.accounts import CONNECTOR, INSTAGRAM_KIND
from tombola_meta.settings import OperatorSettings

ACCOUNT: Final = "17841400000000001"

#: Source: Instagram Platform, “Recent Media”, example answer, shortened; read 2026-11-21.
POST: Final[Mapping[str, Any]] = {
    "id": "17900000000000001",
    "caption": "Mine! #acme",
    "media_type": "IMAGE",
    "media_url": "https://scontent.example/a.jpg?oe=6A000000",
    "permalink": "https://www.instagram.com/p/CAbcdEFGhij/",
    "timestamp": "2026-05-31T10:00:00+0000",
}
#: Source: Instagram Platform, “IG Comment”, example answer; read 2026-11-21.
COMMENT_ID: Final = "17900000000000009"
COMMENT: Final[Mapping[str, Any]] = {
    "id": COMMENT_ID,
    "text": "in! #acme",
    "timestamp": "2026-05-31T10:00:00+0000",
    "username": "jane",
    "media": {"id": POST["id"], "permalink": POST["permalink"]},
}
ANSWERS: Mapping[str, Any] = {
    "ig_hashtag_search": {"data": [{"id": "17800000000000001"}]},
    "comments": {"data": [COMMENT]},
    "tags": {"data": [{**POST, "username": "jane"}]},
    COMMENT_ID: COMMENT,
    ACCOUNT: {"mentioned_media": {**POST, "username": "jane"}},
}


def _told(what: str, value: Mapping[str, Any]) -> Accepted:
    return Accepted(
        f"told {what}",
        {"account": ACCOUNT, "field": what, "value": dict(value)},
        topic=f"meta.instagram.{what}",
        account=ACCOUNT,
        connector=CONNECTOR,
    )


class Scenario(scenario.Scenario):
    """One account, one post, one comment below it."""

    configs: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "instagram_import.hashtag": {"account": ACCOUNT, "hashtags": ["acme"]},
        "instagram_import.comments": {"account": ACCOUNT, "hashtags": ["acme"]},
        "instagram_import.mentions": {"account": ACCOUNT, "photos_only": False},
    }
    events: ClassVar[Mapping[str, Sequence[Accepted]]] = {
        "instagram_import.comments": [
            _told("comments", {"id": COMMENT_ID, "text": COMMENT["text"]})
        ],
        "instagram_import.mentions": [_told("mentions", {"media_id": POST["id"]})],
    }
    has_network: ClassVar[bool] = True

    def make_ctx(self) -> FakeCtx:
        """Connect an account, and mount a Graph that knows little."""
        account = Account(
            ACCOUNT,
            "@acme",
            INSTAGRAM_KIND,
            handle="acme",
            secrets={"token": "EAAscenario"},
        )
        settings = OperatorSettings(
            app_id="1", app_secret=SecretStr("s"), graph_url="http://graph.example"
        )
        return FakeCtx(
            mounts={"graph.example:80": in_process(_answer)},
            settings=[settings],
            accounts={CONNECTOR: [account]},
        )


def _answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    last = environ["PATH_INFO"].rsplit("/", 1)[-1]
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(ANSWERS.get(last, {"data": [POST]})).encode()]
