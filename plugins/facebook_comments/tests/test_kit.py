"""The importer against the kit that every importer has to pass."""

import pytest

from tombola.testing.importer_kit import ImporterKit, Stage
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.permissions import CONNECTION
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.world import World

pytestmark = pytest.mark.slow


class TestComments(ImporterKit):
    @pytest.fixture
    def stage(self, their_clock):
        world = World(clock=their_clock)
        meta = world.meta
        ann, kim = (meta.facebook.add_person(name) for name in ("Ann", "Kim"))
        tea = meta.facebook.add_page("Tea Room", admin=ann)
        shown = meta.facebook.post(tea, "Show us your cup")
        token = meta.access.give_page_token(meta.access.demo, ann, tea, CONNECTION)
        account = {
            "connector": CONNECTOR,
            "uid": tea.id,
            "title": "Tea Room",
            "kind": PAGE_KIND,
            "secrets": {"token": token.id},
        }

        def post(ago):
            made = meta.facebook.comment(kim, shown, "My cup", photo=True, at=their_clock() - ago)
            return str(made.id)

        return Stage(
            importer="facebook_comments.comments",
            config={"account": tea.id, "post": shown.id, "photos_only": False},
            network=sandbox_app(world=world),
            host="meta.example:80",
            settings={
                "meta": {
                    "app_id": DEMO_META_APP.id,
                    "app_secret": DEMO_META_APP.secret,
                    "graph_url": "http://meta.example/graph.facebook.com",
                }
            },
            reads="*/comments",
            post=post,
            slugs=("facebook_comments", "meta"),
            more={"accounts": [account]},
        )
