import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola_messenger.words import ALPHABET, CODE_LENGTH, codes_in, is_start, is_stop, spelt


@pytest.mark.parametrize(
    "typed",
    [
        *("STOP", "stop", " Stop! ", "STOP.", "Unsubscribe", "Stop all", "opt out"),
        *("Stopp", "ABMELDEN", "Keine Nachrichten mehr!"),
        *("Parar", "¡Baja!", "darse de baja", "no más mensajes"),
        *("توقف", "إلغاء الاشتراك", "قف!"),
        "no ma\u0301s mensajes",
    ],
)
def test_stop_in_every_language_of_the_widget(typed):
    assert is_stop(typed)
    assert not is_start(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "don't stop", "stop it or I'll scream", "Bitte stoppt nicht", "non-stop", "x" * 5_000],
)
def test_words_within_a_conversation_end_nothing(typed):
    assert not is_stop(typed)


@pytest.mark.parametrize("typed", ["START", "Unstop", "weiter", "Empezar", "ابدأ"])
def test_start_takes_it_back(typed):
    assert is_start(typed)
    assert not is_stop(typed)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("K7QM-4XPA", ["K7QM4XPA"]),
        ("k7qm4xpa", ["K7QM4XPA"]),
        ("my code is k7qm 4xpa!", ["K7QM4XPA"]),
        ("Ｋ７ＱＭ－４ＸＰＡ", ["K7QM4XPA"]),  # noqa: RUF001 - as typed on a phone in Japan
        ("TEA4 K7QM-4XPA", ["TEA4K7QM", "K7QM4XPA"]),
        ("hello there", []),
        ("K7QM-4XPAX", []),
        ("O0I1-L1O0", []),
        ("x" * 300 + " K7QM-4XPA", []),
    ],
)
def test_codes_are_found_as_people_type_them(typed, found):
    assert codes_in(typed) == found


@given(st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH), st.booleans())
def test_every_code_is_found_as_it_is_shown(code, small):
    shown = spelt(code)
    assert codes_in(shown.lower() if small else shown)[0] == code


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read(typed):
    assert all(len(each) == CODE_LENGTH for each in codes_in(typed))
    assert not (is_stop(typed) and is_start(typed))
