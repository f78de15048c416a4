"""Whatever arrives while pages are read, and wherever runs are cut: nothing lost, nothing twice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tombola.api import Lane, Window
from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import in_process
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.world import World
from tombola_twitter_import.config import HashtagConfig, OperatorSettings
from tombola_twitter_import.cursor import HashtagCursor
from tombola_twitter_import.importer import HashtagImporter

CONFIG = HashtagConfig(hashtags=("tea",), photos_only=False)
MINUTE = timedelta(minutes=1)

steps = st.lists(
    st.one_of(
        st.integers(min_value=1, max_value=140),  # so many posts arrive
        st.sampled_from(["page", "page", "cut", "pause"]),
    ),
    min_size=4,
    max_size=14,
)


class Play:
    """A network, a source that reads it, and what each of them has seen."""

    def __init__(self) -> None:
        self.clock = Clock(datetime(2026, 11, 21, 12, tzinfo=UTC))
        self.world = World(clock=self.clock)
        self.world.add_person("jane", "Jane")
        self.importer = HashtagImporter()
        mounts = {"x.example:80": in_process(sandbox_app(world=self.world))}
        keys = OperatorSettings(api_url="http://x.example", bearer_token=SecretStr(DEMO_APP.bearer))
        self.ctx = FakeCtx(mounts=mounts, settings=[keys], clock=self.clock)
        window = Window(self.clock() - timedelta(days=1))
        self.cursor = self.importer.open(self.ctx, CONFIG, Lane.LIVE, window)
        self.made: list[str] = []
        self.found: list[str] = []

    def arrive(self, count: int) -> None:
        self.clock.advance(2 * MINUTE)
        for n in range(count):
            at = self.clock() - MINUTE - timedelta(milliseconds=n)
            self.made.append(str(self.world.post("jane", "#tea", at=at).id))

    def read(self, *, cut: bool = False) -> bool:
        """Read a page; say whether there is another one in this run."""
        page = self.importer.fetch(self.ctx, CONFIG, self.cursor)
        self.found += [item.external_id for item in page.items]
        place = page.checkpoint if cut or page.next is None else page.next
        self.cursor = HashtagCursor.model_validate_json(place.model_dump_json())
        return page.next is not None


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(steps)
def test_posts_are_read_once_each_however_runs_are_cut(plan):
    play = Play()
    for step in plan:
        if isinstance(step, int):
            play.arrive(step)
        elif step == "pause":
            play.clock.advance(timedelta(hours=2))
        else:
            play.read(cut=step == "cut")
    while play.read():
        pass
    while play.read():
        pass
    assert sorted(play.found) == sorted(play.made)
