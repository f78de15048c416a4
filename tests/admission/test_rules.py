"""What is asked of entrants, and what it takes to be let in: tables, without a database."""

from datetime import date

import pytest
from pydantic import ValidationError

from tombola.admission import rules
from tombola.admission.rules import Open, Stated
from tombola.campaigns.terms import Asks, Consent, Eligibility, Question, When
from tombola.web import countries

TODAY = date(2026, 11, 22)
ALL = Open(terms=True, details=True)


def model(eligibility=None, asks=None, *, wants_email=False):
    return rules.model_of(
        eligibility or Eligibility(), asks or Asks(), ALL, TODAY, wants_email=wants_email
    )


def errors(made, **values):
    with pytest.raises(ValidationError) as wrong:
        made.model_validate(values)
    return {str(each["loc"][0]) for each in wrong.value.errors()}


@pytest.mark.parametrize(
    ("values", "country", "let_in"),
    [
        ({}, None, True),
        ({"ask_country": True}, None, False),
        ({"ask_country": True}, "FR", True),
        ({"where": "only", "countries": ["DE", "at"]}, "AT", True),
        ({"where": "only", "countries": ["DE", "AT"]}, "FR", False),
        ({"where": "except", "countries": ["FR"]}, "FR", False),
        ({"where": "except", "countries": ["FR"]}, "DE", True),
        ({"where": "except", "countries": ["FR"]}, None, False),
    ],
)
def test_countries_are_let_in_or_not(values, country, let_in):
    assert Eligibility.model_validate(values).lets_in(country) is let_in


@pytest.mark.parametrize(
    "values",
    [
        {"where": "only"},
        {"where": "only", "countries": ["XX"]},
        {"where": "except", "countries": sorted(countries.codes())},
        {"min_age": 0},
        {"min_age": 100},
    ],
)
def test_an_eligibility_that_means_nothing_is_refused(values):
    with pytest.raises(ValidationError):
        Eligibility.model_validate(values)


def test_age_has_to_be_said_and_country_to_be_one_of_those():
    made = model(Eligibility(min_age=18, where="only", countries=("DE",)))
    assert errors(made, country="FR", of_age=False) == {"country", "of_age"}
    assert errors(made) == {"country", "of_age"}
    assert made.model_validate({"country": "DE", "of_age": True})


@pytest.mark.parametrize(
    ("born", "refused"),
    [
        ("2008-11-22", False),
        ("2008-11-23", True),
        ("1880-01-01", True),
        ("2026-12-01", True),
        ("yesterday", True),
        ("", False),
    ],
)
def test_a_birthday_does_not_contradict_the_age(born, refused):
    asks = Asks(birthday="optional")
    made = model(Eligibility(min_age=18), asks)
    if refused:
        assert errors(made, of_age=True, birthday=born) == {"birthday"}
    else:
        made.model_validate({"of_age": True, "birthday": born})


QUESTIONS = Asks(
    phone="required",
    questions=(
        Question(key="size", label="Size", kind="choice", options=("S", "M"), required=True),
        Question(key="why", label="Why?", kind="long"),
    ),
    consents=(
        Consent(key="news", wording="Write to me about new tea."),
        Consent(key="photo", wording="My photo may be shown.", required=True),
    ),
)


def test_answers_are_checked_bounded_and_kept_with_their_labels():
    made = model(asks=QUESTIONS)
    wrong = {"phone": "123", "q_size": "XL", "q_why": "x" * 2_001, "c_photo": False}
    assert errors(made, **wrong) == {"phone", "q_size", "q_why", "c_photo"}
    sent = made.model_validate(
        {"phone": "+49 30 1234567", "q_size": "M", "q_why": "", "c_photo": True}
    )
    assert [each.model_dump() for each in rules.answers_of(QUESTIONS, sent)] == [
        {"key": "phone", "label": "Phone number", "value": "+49 30 1234567"},
        {"key": "size", "label": "Size", "value": "M"},
    ]
    assert rules.agreed(QUESTIONS, sent) == [("photo", "My photo may be shown.")]


def test_no_box_is_ticked_by_itself():
    made = model(asks=QUESTIONS)
    assert {made.model_fields[name].default for name in ("c_news",)} == {False}


@pytest.mark.parametrize(
    ("when", "said", "acted", "open_now", "blocked"),
    [
        ("first", None, False, Open(details=True), True),
        ("first", Stated(detailed=True), False, Open(), False),
        ("after", None, False, Open(), False),
        ("after", None, True, Open(details=True), True),
        ("after", Stated(detailed=True), True, Open(), False),
    ],
)
def test_details_are_asked_first_or_after_the_first_action(when, said, acted, open_now, blocked):
    asks = QUESTIONS.model_copy(update={"when": When(when)})
    still = rules.still_open(Eligibility(), asks, said, acted=acted)
    assert still == open_now
    assert rules.blocks(asks, still) is blocked


def test_what_is_optional_blocks_nobody():
    asks = Asks(phone="optional")
    still = rules.still_open(Eligibility(), asks, None, acted=True)
    assert still.details
    assert not rules.blocks(asks, still)


def test_countries_have_names_in_the_readers_language():
    assert len(countries.codes()) == 249
    assert countries.name("DE", "de") == "Deutschland"
    assert countries.name("DE", "ar") == "ألمانيا"
    assert countries.name("DE", "xx") == "Germany"
    names = [name for _, name in countries.listed("de")]
    assert names.index("Österreich") < names.index("Polen")
