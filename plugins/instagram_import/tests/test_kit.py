"""The importers that poll, against the kit that every importer has to pass."""

import pytest

from tombola.testing.importer_kit import ImporterKit, Stage
from tombola_meta.accounts import CONNECTOR, INSTAGRAM_KIND
from tombola_meta.permissions import CONNECTION
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.world import World

pytestmark = pytest.mark.slow


class Shop:
    """A connected shop, and Jane."""

    def __init__(self, clock):
        self.world = World(clock=clock)
        self.clock = clock
        meta = self.world.meta
        self.instagram = meta.instagram
        robin = meta.facebook.add_person("Robin")
        page = meta.facebook.add_page("Kettle & Leaf", admin=robin)
        self.shop = self.instagram.add_account("kettle.leaf", kind="BUSINESS", page=page)
        self.jane = self.instagram.add_account("jane")
        self.token = meta.access.give_user_token(
            meta.access.demo, robin, CONNECTION, long_lived=True
        )

    def stage(self, importer, reads, post, **config):
        account = {
            "connector": CONNECTOR,
            "uid": self.shop.id,
            "title": "@kettle.leaf",
            "kind": INSTAGRAM_KIND,
            "handle": "kettle.leaf",
            "secrets": {"token": self.token.id},
        }
        return Stage(
            importer=f"instagram_import.{importer}",
            config={"account": self.shop.id, "photos_only": False, **config},
            network=sandbox_app(world=self.world),
            host="meta.example:80",
            settings={
                "meta": {
                    "app_id": DEMO_META_APP.id,
                    "app_secret": DEMO_META_APP.secret,
                    "graph_url": "http://meta.example/graph.facebook.com",
                }
            },
            reads=reads,
            post=lambda ago: str(post(self.clock() - ago).id),
            slugs=("instagram_import", "meta"),
            more={"accounts": [account]},
        )


@pytest.fixture
def shop(their_clock):
    return Shop(their_clock)


class TestHashtag(ImporterKit):
    @pytest.fixture
    def stage(self, shop):
        def post(at):
            return shop.instagram.post(shop.jane, "Mine #tea", at=at)

        # Somebody has used the hashtag long ago, so that Instagram knows it.
        post(shop.clock().replace(year=2020))
        return shop.stage("hashtag", "*/recent_media", post, hashtags=["tea"])


class TestComments(ImporterKit):
    @pytest.fixture
    def stage(self, shop):
        media = shop.instagram.post(shop.shop, "Which tea are you?")

        def post(at):
            return shop.instagram.comment(shop.jane, media, "in #tea", at=at)

        return shop.stage("comments", "*/comments", post, hashtags=["tea"])


class TestMentions(ImporterKit):
    @pytest.fixture
    def stage(self, shop):
        def post(at):
            return shop.instagram.post(shop.jane, "Lunch", at=at, tags=[shop.shop])

        return shop.stage("mentions", "*/tags", post)
