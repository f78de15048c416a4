"""Names as short as a team wishes, and a picture on which everything fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.draws.announcing import MOST_NAMES, Names, Shape, Won, by_prize, sheet, shown


@pytest.mark.parametrize("names", [Names.FIRST, Names.INITIALS])
@given(st.text(min_size=1, max_size=40))
def test_short_names_tell_no_whole_last_name(names, family):
    last = family.split()[-1] if family.split() else ""
    said = shown(Won("", f"Anna {family}", ""), names)
    if len(last) > 2 and last not in "Anna":
        assert last not in said


def test_prizes_keep_their_order_and_somebody_without_a_name_is_there():
    won = [Won("Bike", "Ann Lee", ""), Won("Mug", "", ""), Won("Bike", "", "jo")]
    assert by_prize(won, Names.FIRST, "anonymous") == [
        ("Bike", ["Ann L.", "@jo"]), ("Mug", ["anonymous"]),
    ]  # fmt: skip


@pytest.mark.parametrize("shape", list(Shape))
@given(st.lists(st.text("aWi漢ي ", min_size=1, max_size=60), min_size=1, max_size=40))
def test_lines_never_leave_the_picture(shape, names):
    made = sheet(shape, "The winners are", "A title " * 6, [("Prize", names)], "and {n} more")
    assert all(line.size > 0 and line.y < made.height * 0.9 for line in made.lines)
    assert [line.y for line in made.lines] == sorted(line.y for line in made.lines)
    shown_names = [line for line in made.lines if line.kind == "name"]
    assert len(shown_names) == min(len(names), MOST_NAMES)
    more = [line.text for line in made.lines if line.text.startswith("and ")]
    assert more == ([f"and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else [])
