"""A world that posts by itself."""

import random
import threading
from datetime import datetime, timedelta

from tombola_sandbox.cast import CAST, LINES, TAG
from tombola_sandbox.meta.seed import somebody_acts
from tombola_sandbox.models import Person, Standing
from tombola_sandbox.world import World

HISTORY_POSTS = 42
HISTORY_REACHES = timedelta(days=5)
"""A world is not born empty: a first pull of history finds these."""

LIVELY = 500
"""Posts after which a world begins to grow quieter."""

AT_META = 0.4
"""How often somebody acts at Facebook or Instagram, too, when somebody posts."""

SPREAD = (0.5, 1.5)
"""Shortest and longest pause, as parts of the average."""


def people_world(world: World, *, seed: int = 2026) -> None:
    """Let the cast join and post a little history. Idempotent: a peopled world stays as it is."""
    if any(person.ours for person in world.people.values()):
        return
    for role in CAST:
        world.add_person(role.username, role.name, description=role.about)
    world.add_person("kettleandleaf", "Kettle & Leaf", description="Loose leaf, well kept.")
    dice = random.Random(seed)  # noqa: S311 - invents people's habits
    now = world.clock()
    reach = HISTORY_REACHES.total_seconds()
    ages = sorted((dice.uniform(90, reach) for _ in range(HISTORY_POSTS)), reverse=True)
    for age in ages:
        somebody_posts(world, dice, at=now - timedelta(seconds=age), at_once=True)


def somebody_posts(
    world: World, dice: random.Random, *, at: datetime | None = None, at_once: bool = False
) -> None:
    """Let one of the cast post, most often with a picture."""
    there = [r for r in CAST if _may_post(world.person(r.username))]
    if not there:
        return
    role = dice.choice(there)
    opening, ending = LINES[role.lang]
    text = f"{dice.choice(opening)} {dice.choice(ending).format(tag=TAG)}"
    photos, kind = _attached(dice)
    seen_after = timedelta() if at_once else None
    world.post(
        role.username,
        text,
        photos=photos,
        kind=kind,
        at=at,
        seen_after=seen_after,
        lang=role.lang,
    )


def _may_post(person: Person | None) -> bool:
    return person is not None and person.standing is not Standing.SUSPENDED


def _attached(dice: random.Random) -> tuple[int, str]:
    """Decide what is attached: mostly one photo, now and then several, none, or a film."""
    return dice.choices(
        [(1, "photo"), (2, "photo"), (4, "photo"), (0, "photo"), (1, "video")],
        weights=[68, 12, 4, 12, 4],
    )[0]


class Life:
    """Lets people post in a thread of its own while the switch is on."""

    def __init__(self, world: World, dice: random.Random | None = None) -> None:
        self._world = world
        self._dice = dice or random.Random()  # noqa: S311 - invents people's habits
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, name="life", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def is_on(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End. Idempotent."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def _live(self) -> None:
        while not self._over.wait(self._pause()):
            if self._world.switches.self_posting:
                somebody_posts(self._world, self._dice)
                if self._dice.random() < AT_META:
                    somebody_acts(self._world.meta, self._dice)

    def _pause(self) -> float:
        return pause(self._world) * self._dice.uniform(*SPREAD)


def pause(world: World) -> float:
    """Seconds until somebody posts again, on average: the older a world, the quieter it is.

    A demo that somebody forgets thus fills neither the disk nor its credit: some 3,000 posts on
    its first day, 1,400 on the second.
    """
    return world.switches.every.total_seconds() * max(1.0, len(world.posts) / LIVELY)
