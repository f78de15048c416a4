"""Answers that have to be on a list: kept, found, used once, guessed so many times."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Completed, Invalid, Rejected, Upload, Who
from tombola.plugins.world import TeamRef
from tombola_custom_tracking import codes, plugin
from tombola_custom_tracking.actions import CustomAction
from tombola_custom_tracking.answers import answer_model
from tombola_custom_tracking.config import CustomConfig
from tombola_custom_tracking.tables import use

ANNA = Who("01890000-0000-7000-8000-00000000000a")
BEN = Who("01890000-0000-7000-8000-00000000000b")
ACTION = CustomAction()


class Installed:
    """The action as the core calls it, on a real database."""

    def __init__(self, inst, clock):
        self.inst = inst
        self.clock = clock
        self.team = TeamRef(0, "")

    def call(self, work):
        return self.inst.plugins.call(
            ACTION.key, self.team, "test", work, deadline=timedelta(minutes=1), passes=(Invalid,)
        )


@pytest.fixture
def world(inst, clock):
    return Installed(inst, clock)


pytestmark = pytest.mark.plugins("custom_tracking")


def config_of(value="", **more):
    return CustomConfig(question="Your order number?", codes=value, **more)


def kept(world, *lines, add=False, value="", **more):
    """The configuration after an upload, and what was told."""
    config = config_of(value, **more)
    done = world.call(lambda ctx: ACTION.take_upload(ctx, config, "codes", Upload(lines, add)))
    return config.model_copy(update={"codes": done.value}), str(done.told)


def say(world, config, who, answer):
    data = answer_model(config)(answer=answer)
    return world.call(lambda ctx: ACTION.submit(ctx, config, who, data))


def about(world, config):
    return str(world.call(lambda ctx: ACTION.about_upload(ctx, config, "codes")))


def test_right_answers_complete_and_others_are_told_in_the_teams_words(world):
    config, told = kept(world, "A-1", "A-2", wrong="No such receipt.")
    assert told.startswith("2 right answers kept, 0 left out")
    assert isinstance(say(world, config, ANNA, "A-1"), Completed)
    wrong = say(world, config, ANNA, "A-3")
    assert isinstance(wrong, Rejected)
    assert str(wrong.message) == "No such receipt."


def test_capitals_and_spaces_matter_only_where_the_team_says_so(world):
    config, _ = kept(world, "AB  12")
    assert isinstance(say(world, config, ANNA, "ab 12 "), Completed)
    exact, _ = kept(world, "AB  12", "ab  12", exact=True)
    assert isinstance(say(world, exact, ANNA, "Ab  12"), Rejected)
    assert isinstance(say(world, exact, ANNA, "AB  12"), Completed)
    assert isinstance(say(world, exact, BEN, "ab  12"), Completed)


def test_answer_counts_for_the_first_who_gives_it_and_only_once(world):
    config, _ = kept(world, "A-1")
    first = say(world, config, ANNA, "A-1")
    world.clock.advance(timedelta(days=1))
    again = say(world, config, ANNA, "a-1")
    assert isinstance(first, Completed)
    assert (again.proof, again.occurred_at) == (first.proof, first.occurred_at)
    taken = say(world, config, BEN, "A-1")
    assert isinstance(taken, Rejected)
    assert taken.code == "taken"


def test_shared_answer_counts_for_everybody_again_each_day(world):
    config, _ = kept(world, "blue", shared=True)
    for who in (ANNA, BEN):
        done = say(world, config, who, "Blue")
        assert isinstance(done, Completed)
        assert done.occurred_at is None


def test_whoever_guesses_waits_also_with_the_right_answer(world):
    config, _ = kept(world, "A-1", "A-2", tries=3)
    assert isinstance(say(world, config, ANNA, "A-2"), Completed)
    for n in range(3):
        assert say(world, config, ANNA, f"B-{n}").code == "wrong"
    world.clock.advance(timedelta(minutes=50))
    late = say(world, config, ANNA, "A-1")
    assert late.code == "too many"
    assert "10 minutes" in str(late.message)
    assert isinstance(say(world, config, BEN, "A-1"), Completed)
    world.clock.advance(timedelta(minutes=10))
    assert isinstance(say(world, config, ANNA, "A-2"), Completed)


def test_lines_that_are_there_already_are_dropped_and_counted(world):
    config, told = kept(world, "A", "a", "B")
    assert told.startswith("2 right answers kept, 1 left out")
    config, told = kept(world, "b ", "C", add=True, value=config.codes)
    assert told.startswith("1 right answers kept, 1 left out")
    assert about(world, config) == "There are 3, of which 0 were given."
    assert isinstance(say(world, config, ANNA, "A"), Completed)


def test_old_list_answers_until_the_form_is_saved_and_uses_stay(world):
    old, _ = kept(world, "A", "B")
    assert isinstance(say(world, old, ANNA, "A"), Completed)
    new, _ = kept(world, "A", "C", value=old.codes)
    assert isinstance(say(world, old, ANNA, "B"), Completed)
    assert say(world, new, BEN, "B").code == "wrong"
    assert say(world, new, BEN, "A").code == "taken"
    assert about(world, new) == "There are 2, of which 2 were given."


def test_removed_list_leaves_nothing(world):
    config, _ = kept(world, "A")
    say(world, config, ANNA, "A")
    gone, told = kept(world, value=config.codes)
    assert gone.codes == ""
    assert "gone" in told
    assert say(world, config, ANNA, "A").code == "wrong"
    assert isinstance(say(world, gone, ANNA, "whatever"), Completed)


def test_line_longer_than_an_answer_is_refused_by_number(world):
    with pytest.raises(Invalid) as wrong:
        kept(world, "A", "x" * 301)
    assert "Line 2" in str(wrong.value.errors["codes"])


def test_erased_entrant_leaves_the_answer_given_and_no_name(world):
    config, _ = kept(world, "A")
    say(world, config, ANNA, "A")
    world.call(lambda ctx: plugin.on_entrant_erased(ctx, ANNA.entrant_id))

    def entrants(ctx):
        with ctx.db() as db:
            return list(db.execute(select(use.c.entrant)).scalars())

    assert world.call(entrants) == [""]
    assert say(world, config, BEN, "A").code == "taken"


@pytest.mark.slow
def test_hundred_thousand_lines_are_kept(world):
    lines = [f"O-{n}" for n in range(100_000)]
    config, told = kept(world, *lines)
    assert told.startswith(f"{len(lines):,} right answers kept")
    assert isinstance(say(world, config, ANNA, lines[-1]), Completed)


def test_two_at_once_do_not_both_get_the_same_answer(inst, clock):
    world = Installed(inst, clock)
    config, _ = kept(world, "A")
    start = threading.Barrier(4)
    came = []

    def answer(n):
        start.wait(10)
        came.append(say(world, config, Who(f"who-{n}"), "A"))

    threads = [threading.Thread(target=answer, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(each).__name__ for each in came) == ["Completed", *["Rejected"] * 3]


def test_names_of_lists_come_back_from_the_configuration():
    name = codes.Name.read("")
    assert codes.Name.read(str(name)) == name
