"""What the conformance kit needs to know of this plugin: a source, and a post with one comment."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import SecretStr

from tombola.api import Accepted, Account
from tombola.testing import scenario
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import in_process
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.settings import OperatorSettings

#: Source: Meta, Graph API v26.0, “Comment”, recorded answer, shortened; read 2026-11-21.
ANSWER = {
    "id": "100_2954961744718970",
    "data": [
        {
            "id": "2954961744718970_2966313500250461",
            "created_time": "2026-05-31T08:35:18+0000",
            "message": "My nice car",
            "from": {"name": "Kim L", "id": "2711636948859886"},
            "attachment": {
                "type": "photo",
                "media": {
                    "image": {"height": 403, "width": 720, "src": "https://scontent.example/a.jpg"}
                },
                "target": {"id": "909150133277173"},
            },
            "permalink_url": "https://www.facebook.com/100/posts/2954961744718970"
            "?comment_id=2966313500250461",
        }
    ],
}


#: Source: Meta, Webhooks, page, “feed”, recorded delivery; read 2026-11-21.
TOLD = {
    "field": "feed",
    "value": {
        "item": "comment",
        "verb": "add",
        "comment_id": "2954961744718970_2966313500250462",
        "post_id": "100_2954961744718970",
        "parent_id": "100_2954961744718970",
        "from": {"id": "2711636948859886", "name": "Kim L"},
        "photo": "https://scontent.example/b.jpg",
        "message": "and one more",
        "created_time": 1780216518,
    },
}


class Scenario(scenario.Scenario):
    """One page, and a post with one comment."""

    configs: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "facebook_comments.comments": {"account": "100", "post": "100_2954961744718970"}
    }
    events: ClassVar[Mapping[str, Sequence[Accepted]]] = {
        "facebook_comments.comments": [
            Accepted("feed", TOLD, topic="meta.page.feed", account="100")
        ]
    }
    has_network: ClassVar[bool] = True

    def make_ctx(self) -> FakeCtx:
        """Connect a page, and mount a Graph of one answer."""
        page = Account("100", "Acme", PAGE_KIND, secrets={"token": "EAAscenario"})
        settings = OperatorSettings(
            app_id="1", app_secret=SecretStr("s"), graph_url="http://graph.example"
        )
        return FakeCtx(
            mounts={"graph.example:80": in_process(_one_answer)},
            settings=[settings],
            accounts={CONNECTOR: [page]},
        )


def _one_answer(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(ANSWER).encode()]
