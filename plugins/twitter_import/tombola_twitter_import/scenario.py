"""What the conformance kit needs to know of this plugin: a source, and an X that gives one page."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from tombola.testing import scenario
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import in_process
from tombola_twitter_import.config import OperatorSettings

#: Source: X, "Search Posts", example answer, read 2026-11-21; shortened.
PAGE = {
    "data": [
        {
            "id": "1990000000000000002",
            "text": "Mine #kettleleaf https://t.co/x",
            "author_id": "2244994945",
            "created_at": "2026-06-01T10:00:00.000Z",
            "edit_history_tweet_ids": ["1990000000000000002"],
            "attachments": {"media_keys": ["3_1990000000000000001"]},
        }
    ],
    "includes": {
        "users": [{"id": "2244994945", "name": "Jane", "username": "jane"}],
        "media": [
            {
                "media_key": "3_1990000000000000001",
                "type": "photo",
                "url": "https://pbs.twimg.com/media/a.jpg",
            }
        ],
    },
    "meta": {
        "newest_id": "1990000000000000002",
        "oldest_id": "1990000000000000002",
        "result_count": 1,
    },
}


class Scenario(scenario.Scenario):
    """One hashtag, and one post that has it."""

    configs: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "twitter_import.hashtag": {"hashtags": ["kettleleaf"]}
    }
    has_network: ClassVar[bool] = True

    def make_ctx(self) -> FakeCtx:
        """Mount an X of one page."""
        settings = OperatorSettings(api_url="http://x.example", bearer_token=SecretStr("b"))
        return FakeCtx(mounts={"x.example:80": in_process(_one_page)}, settings=[settings])


def _one_page(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(PAGE).encode()]
