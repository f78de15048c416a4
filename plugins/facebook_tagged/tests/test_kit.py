"""The importer against the kit that every importer has to pass."""

import pytest

from tombola.testing.importer_kit import ImporterKit, Stage
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.permissions import CONNECTION
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.world import World

pytestmark = pytest.mark.slow


class TestTagged(ImporterKit):
    @pytest.fixture
    def stage(self, their_clock):
        world = World(clock=their_clock)
        meta = world.meta
        ann, kim = (meta.facebook.add_person(name) for name in ("Ann", "Kim"))
        tea = meta.facebook.add_page("Tea Room", admin=ann)
        token = meta.access.give_page_token(meta.access.demo, ann, tea, CONNECTION)
        account = {
            "connector": CONNECTOR,
            "uid": tea.id,
            "title": "Tea Room",
            "kind": PAGE_KIND,
            "secrets": {"token": token.id},
        }

        def post(ago):
            at = their_clock() - ago
            return str(meta.facebook.post(kim, "Lunch here", photos=1, tags=[tea], at=at).id)

        return Stage(
            importer="facebook_tagged.tagged",
            config={"account": tea.id, "photos_only": False},
            network=sandbox_app(world=world),
            host="meta.example:80",
            settings={
                "meta": {
                    "app_id": DEMO_META_APP.id,
                    "app_secret": DEMO_META_APP.secret,
                    "graph_url": "http://meta.example/graph.facebook.com",
                }
            },
            reads="*/tagged",
            post=post,
            slugs=("facebook_tagged", "meta"),
            more={"accounts": [account]},
        )
