"""What the conformance kit needs to know of this plugin: a source, and a page with one post."""

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

#: Source: Meta, Graph API v26.0, “Page Tagged”, recorded answer, shortened; read 2026-11-21.
ANSWER = {
    "data": [
        {
            "id": "1875137689236883_3800298753387424",
            "message": "Lunch at Acme",
            "created_time": "2026-05-31T11:49:00+0000",
            "tagged_time": "2026-05-31T11:49:57+0000",
            "permalink_url": "https://www.facebook.com/1875137689236883/posts/3800298753387424",
            "attachments": {
                "data": [
                    {
                        "media_type": "photo",
                        "type": "photo",
                        "media": {
                            "image": {
                                "height": 720,
                                "width": 405,
                                "src": "https://scontent.example/b.jpg",
                            }
                        },
                        "target": {"id": "357"},
                    }
                ]
            },
        }
    ]
}


#: Source: Meta, Webhooks, page, ``mention``, recorded event as ``tombola_meta`` gives it.
MENTION = {
    "account": "100",
    "field": "mention",
    "value": {"item": "post", "verb": "add", "post_id": "1875137689236883_3800298753387424"},
}


class Scenario(scenario.Scenario):
    """One page, and one post that tags it."""

    configs: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "facebook_tagged.tagged": {"account": "100"}
    }
    events: ClassVar[Mapping[str, Sequence[Accepted]]] = {
        "facebook_tagged.tagged": [
            Accepted("mention", MENTION, topic="meta.page.mention", account="100")
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
