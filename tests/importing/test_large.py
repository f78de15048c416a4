"""A hashtag with a hundred thousand posts: exact, in little memory, and taken back as one act."""

import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import func, select

from tombola.api import Cursor, Estimate, Identity, Item, Lane, Media, MediaKind, Page
from tombola.entries import bulk
from tombola.entries import jobs as entries_jobs
from tombola.entries.models import entry
from tombola.entries.totals import recount
from tombola.importing import admin, service
from tombola.importing.models import item
from tombola.importing.preview import SourceForm, preview
from tombola.queue import reconciler, runner, tasks
from tombola.queue.kinds import Kinds

POSTS = 120_000
AUTHORS = 30_000
WANTED = 100_000
CAP = 12_345
MB = 1024 * 1024


class Place(Cursor):
    at: int = 0


class Endless:
    """What the importer of the tests reads here: posts made while they are read, none kept.

    Post ``n`` is ``n`` seconds old.
    """

    page_size = 500

    def __init__(self, now):
        self.now = now

    def made(self, start, count):
        return [
            Item(
                external_id=f"p{n}",
                kind="post",
                occurred_at=self.now - timedelta(seconds=n),
                author=Identity("fake.id", f"u{n % AUTHORS}", f"user{n % AUTHORS}"),
                text=f"post {n} with some words #tombola",
                permalink=f"https://fake.example.org/{n}",
                media=(Media(MediaKind.PHOTO, None, ""),),
            )
            for n in range(start, min(start + count, POSTS))
        ]


def make_endless(importer, now):
    """Let the importer of the tests' world read an endless list."""
    endless = Endless(now)

    def fetch(ctx, config, cursor):
        if cursor.at < 0:
            return Page([], None, cursor)
        found = endless.made(cursor.at, endless.page_size)
        more = cursor.at + len(found)
        return Page(found, Place(at=more) if more < POSTS else None, Place(at=-1))

    importer.cursor_model = Place
    importer.open = lambda ctx, config, lane, window: Place(at=0 if lane is Lane.HISTORY else -1)
    importer.fetch = fetch
    importer.estimate = lambda ctx, config, window: Estimate(
        POSTS, exact=False, samples=endless.made(0, 3), cost={"calls": POSTS // 500}
    )
    return endless


@contextmanager
def watched():
    """Sees how much memory this process has taken at most, beyond what it had."""
    me, seen, over = psutil.Process(), SimpleNamespace(grown=0), threading.Event()
    before = me.memory_info().rss

    def look():
        while not over.wait(0.05):
            seen.grown = max(seen.grown, me.memory_info().rss - before)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def counted(world):
    with world.inst.db.read() as conn:
        assert recount(conn, world.campaign.id) == []
        items = conn.execute(select(func.count()).select_from(item)).scalar_one()
        states = select(entry.c.state, func.count()).group_by(entry.c.state)
        return items, dict(conn.execute(states).all())


def take_back(world):
    """Take the newest run back; gives seconds in all, and of the longest transaction."""
    longest = [0.0]
    step = bulk._step

    def timed(*given):
        began = time.monotonic()
        try:
            return step(*given)
        finally:
            longest[0] = max(longest[0], time.monotonic() - began)

    bulk._step = timed
    began = time.monotonic()
    try:
        brought = next(run for run in world.runs() if run.counts["new"])
        service.undo(world.inst, world.actor, brought.uid)
        asked = time.monotonic() - began
        world.kinds = Kinds(entries_jobs.kinds())
        while True:
            reconciler.tick(world.house)
            if not runner.run(world.house, world.kinds[bulk.BULK]):
                break
    finally:
        bulk._step = step
    return time.monotonic() - began, max(longest[0], asked)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_hundred_thousand_posts_come_exactly_in_little_memory_and_are_taken_back(world, capsys):
    now = world.clock()
    make_endless(world.importer, now)
    floor = now - timedelta(seconds=WANTED - 1)
    form = SourceForm(config={"tag": "tombola"}, floor_at=floor)
    seen = preview(world.inst, world.actor, world.action.uid, form)
    assert seen.count is not None
    assert seen.count > admin.MANY, "the form warns of so many"

    with watched() as imported:
        began = time.monotonic()
        world.add(floor_at=floor)
        while tasks_left(world):
            world.work()
        took = time.monotonic() - began
    assert counted(world) == (WANTED, {"valid": WANTED})
    assert imported.grown < 100 * MB

    with watched() as undone:
        whole, longest = take_back(world)
    assert counted(world) == (WANTED, {"revoked": WANTED})
    assert undone.grown < 100 * MB
    assert longest < 5, "nobody waits that long for the database"
    with capsys.disabled():
        print(  # noqa: T201 # the figure is what is looked at
            f"\n{world.inst.db.dialect}: {took:.1f} s in, +{imported.grown // MB} MB; "
            f"{whole:.1f} s back, +{undone.grown // MB} MB, longest {longest:.2f} s"
        )


def test_cap_and_floor_hold_to_the_post(quick_world):
    world = quick_world
    now = world.clock()
    make_endless(world.importer, now)
    world.add(cap=CAP)
    while tasks_left(world):
        world.work()
    assert counted(world) == (CAP, {"valid": CAP})

    floor = now - timedelta(seconds=CAP + 76)
    world.add(floor_at=floor)
    while tasks_left(world):
        world.work()
    items, states = counted(world)
    assert (items, sum(states.values())) == (2 * CAP + 77, CAP + 77)


def tasks_left(world):
    with world.inst.db.read() as conn:
        return "import" in tasks.due_kinds(conn, world.clock())
