import random
from collections import Counter
from datetime import timedelta

import pytest

from tombola.testing.network import TestClock
from tombola_sandbox.living import Life, pause, people_world, somebody_posts
from tombola_sandbox.models import Standing
from tombola_sandbox.pictures import draw
from tombola_sandbox.place import AlreadyServedError, open_world
from tombola_sandbox.switches import Vocabulary
from tombola_sandbox.world import World
from tombola_sandbox.x.facts import FactBook
from tombola_sandbox.x.query import parse


def test_a_world_is_the_same_after_a_restart(tmp_path):
    with open_world(tmp_path) as world:
        jane = world.add_person("jane", "Jane")
        post = world.post(jane, "#acme", photos=2)
        gone = world.post(jane, "gone")
        edited = world.edit(post.id, "better #acme")
        world.delete(gone.id)
        world.set_standing(jane.id, Standing.SUSPENDED)
        world.wallet.set(5_000_000)
        world.wallet.charge([str(post.id)], [])
        world.switches.set(vocabulary="post", every_seconds=3)
        app = next(iter(world.access.apps.values()))
        world.access.register(app.model_copy(update={"redirect_uris": ("https://a.example/",)}))
        token = world.access.give_token(app.client_id, jane.id, ("tweet.read",))
    with open_world(tmp_path) as again:
        assert again.posts[post.id].edited_into == edited.id
        assert again.posts[gone.id].deleted
        assert again.posts[edited.id].body == edited.body
        assert again.people[jane.id].standing is Standing.SUSPENDED
        assert again.wallet.left_micro == 4_995_000
        assert again.switches.vocabulary is Vocabulary.POST
        assert again.switches.every == timedelta(seconds=3)
        assert again.pictures == world.pictures
        assert again.access.apps[app.client_id].redirect_uris == ("https://a.example/",)
        caller = again.access.caller(token.access_token)
        assert caller is not None
        assert caller.person_id == jane.id


def test_ids_are_never_given_twice_even_at_the_same_moment(tmp_path):
    with open_world(tmp_path) as world:
        world.add_person("jane", "Jane")
        at = world.clock()
        first = [world.post("jane", "x", at=at).id for _ in range(50)]
    with open_world(tmp_path) as world:
        second = [world.post("jane", "x", at=at).id for _ in range(50)]
    assert len(set(first + second)) == 100
    assert first == sorted(first)


def test_a_world_is_open_once(tmp_path):
    with open_world(tmp_path), pytest.raises(AlreadyServedError), open_world(tmp_path):
        pass


def test_a_line_of_a_newer_version_is_passed_over(world: World):
    world.load("post.glued", "7", {"to": "8"})
    assert 7 not in world.posts


def test_an_unknown_switch_is_no_switch(world: World):
    with pytest.raises(KeyError, match="gravity"):
        world.switches.set(gravity=False)


def test_nobody_unknown_posts(world: World):
    with pytest.raises(KeyError, match="stranger"):
        world.post("stranger", "hello")


def test_a_peopled_world_has_history_in_many_languages(now: TestClock):
    world = World(clock=now)
    people_world(world)
    posts = list(world.posts.values())
    assert len(posts) == 42
    assert all(now() - timedelta(days=5) <= post.created_at < now() for post in posts)
    assert all(post.visible_from <= now() for post in posts)
    assert len({post.body["lang"] for post in posts}) >= 5
    assert len({post.text for post in posts}) > 30
    book = FactBook(world.people, world.media, world.posts)
    tagged = [post for post in posts if parse("#tombola").matches(book.of(post))]
    assert len(tagged) == len(posts)
    with_photos = [p for p in posts if parse("#tombola has:images").matches(book.of(p))]
    assert 20 < len(with_photos) < 42
    lines = len(world.ledger)
    people_world(world)
    assert len(world.ledger) == lines


def test_people_post_in_their_own_language_and_vary(now: TestClock):
    world = World(clock=now)
    people_world(world)
    before, dice = set(world.posts), random.Random(1)  # noqa: S311
    for _ in range(60):
        somebody_posts(world, dice)
        now.advance(timedelta(seconds=8))
    new = [post for post_id, post in world.posts.items() if post_id not in before]
    assert max(Counter(post.text for post in new).values()) <= 3
    assert {len(post.media_keys) for post in new} >= {0, 1, 2}


def test_the_suspended_do_not_post(now: TestClock):
    world = World(clock=now)
    people_world(world)
    for person in list(world.people.values()):
        world.set_standing(person.id, Standing.SUSPENDED)
    count = len(world.posts)
    somebody_posts(world, random.Random(1))  # noqa: S311
    assert len(world.posts) == count


def test_life_goes_on_while_its_switch_is_on():
    world = World()
    world.add_person("ada_okoye", "Ada")
    world.switches.set(every_seconds=0.01, self_posting=True)
    life = Life(world)
    life.start()
    while not world.posts:
        assert life.is_on
    life.stop()
    assert not life.is_on
    world.switches.set(self_posting=False)
    count = len(world.posts)
    still = Life(world)
    still.start()
    still.stop()
    assert len(world.posts) == count


def test_a_picture_is_always_the_same_for_its_seed_and_has_its_size():
    assert draw("a", 300, 200) == draw("a", 300, 200)
    assert draw("a", 300, 200) != draw("b", 300, 200)
    assert draw("tiny", 1, 1)[:2] == b"\xff\xd8"


def test_an_old_world_is_quieter(world):
    every = world.switches.every.total_seconds()
    assert pause(world) == every
    post = world.post(world.add_person("jane", "Jane").username, "first", photos=0)
    world.posts.update({10**9 + n: post for n in range(999)})
    assert pause(world) == 2 * every
