"""The importer against the kit that every importer has to pass."""

import pytest

from tombola.testing.importer_kit import ImporterKit, Stage
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.world import World

pytestmark = pytest.mark.slow


class TestHashtag(ImporterKit):
    @pytest.fixture
    def stage(self, their_clock):
        world = World(clock=their_clock)
        world.add_person("jane", "Jane")

        def post(ago):
            return str(world.post("jane", "Mine #kettleleaf", at=their_clock() - ago).id)

        return Stage(
            importer="twitter_import.hashtag",
            config={"hashtags": ["kettleleaf"], "photos_only": False},
            network=sandbox_app(world=world),
            host="x.example:80",
            settings={
                "twitter_import": {
                    "api_url": "http://x.example",
                    "bearer_token": DEMO_APP.bearer,
                }
            },
            reads="/2/tweets/search/*",
            post=post,
        )
