import pytest
from pydantic import ValidationError

from tombola.api import Ask, Completed, Pending, Rejected, Who
from tombola.testing.ctx import FakeCtx
from tombola_custom_tracking import plugin
from tombola_custom_tracking.actions import QUESTION, TRACKING, CustomAction
from tombola_custom_tracking.answers import answer_model
from tombola_custom_tracking.config import AnswerKind, CustomConfig

ANNA = Who("01890000-0000-7000-8000-00000000000a")
ASKED = CustomConfig(question="What is your order number?")
TRACKED = CustomConfig(completed_by="tracking", signals=("Purchase", "VIP"))
EITHER = CustomConfig(completed_by="either", signals=("VIP",), question="Who are you?")


@pytest.fixture
def ctx():
    return FakeCtx()


@pytest.fixture
def action():
    return CustomAction()


@pytest.mark.parametrize(
    ("config", "features", "names"),
    [
        (ASKED, {QUESTION}, ()),
        (TRACKED, {TRACKING}, ("Purchase", "VIP")),
        (EITHER, {QUESTION, TRACKING}, ("VIP",)),
    ],
)
def test_what_completes_it_decides_features_and_names(action, config, features, names):
    assert set(action.features(config)) == {action.key} | features
    assert tuple(action.signal_names(config)) == names


def test_names_kept_from_earlier_unlock_nothing_while_only_a_question_does(action):
    config = CustomConfig(completed_by="question", question="Why?", signals=("VIP",))
    assert tuple(action.signal_names(config)) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"completed_by": "tracking"},
        {"completed_by": "either", "question": "Who?"},
        {"completed_by": "either", "signals": ("VIP",)},
        {"completed_by": "question", "question": "  "},
        {"question": "Who?", "link": "javascript:alert(1)"},
        {"question": "Who?", "link": "https:// shop"},
        {"question": "Who?", "link": "https://shop.example/" + "x" * 2000},
        {"completed_by": "tracking", "signals": ("",)},
        {"completed_by": "tracking", "signals": ("x" * 101,)},
        {"question": "Who?", "unknown": 1},
    ],
)
def test_config_that_could_never_be_completed_is_refused(wrong):
    with pytest.raises(ValidationError):
        CustomConfig(**wrong)


def test_config_survives_being_stored():
    for config in (ASKED, TRACKED, EITHER):
        assert CustomConfig.model_validate_json(config.model_dump_json()) == config


def test_name_that_is_there_twice_is_complained_about_and_another_spelling_is_not(action, ctx):
    twice = CustomConfig(completed_by="tracking", signals=("UserID", "UserID"))
    assert [complaint.field for complaint in action.check(ctx, twice)] == ["signals"]
    config = CustomConfig(completed_by="tracking", signals=("UserID", "userId"))
    assert list(action.check(ctx, config)) == []


def test_one_more_name_is_taken_where_tracking_completes_it(action):
    more = action.with_signal(TRACKED, "vip")
    assert more is not None
    assert more.signals == ("Purchase", "VIP", "vip")
    assert action.with_signal(TRACKED, "VIP") is None
    assert action.with_signal(ASKED, "VIP") is None


def test_view_shows_question_link_and_promise(action, ctx):
    config = CustomConfig(
        completed_by="either", signals=("VIP",), question="Who?", link="https://shop.example/vip"
    )
    view = action.view(ctx, config, None)
    assert view.link == "https://shop.example/vip"
    assert view.ask is not None
    assert view.hint
    assert action.view(ctx, TRACKED, None).ask is None
    assert action.view(ctx, ASKED, None).hint == ""


def test_start_asks_or_waits(action, ctx):
    assert isinstance(action.start(ctx, ASKED, ANNA), Ask)
    assert isinstance(action.start(ctx, EITHER, ANNA), Ask)
    assert isinstance(action.start(ctx, TRACKED, ANNA), Pending)


def answer(config, text):
    return answer_model(config)(answer=text)


def test_answer_completes_and_stands_in_the_details(action, ctx):
    verdict = action.submit(ctx, ASKED, ANNA, answer(ASKED, " 1017 "))
    assert isinstance(verdict, Completed)
    assert verdict.details == {"Answer": "1017"}


def test_same_answer_in_other_case_and_spacing_is_the_same_completion(action, ctx):
    proofs = {
        action.submit(ctx, ASKED, ANNA, answer(ASKED, text)).proof
        for text in ("Order  A1", "order a1", "ORDER A1 ")
    }
    assert len(proofs) == 1
    other = action.submit(ctx, ASKED, ANNA, answer(ASKED, "order a2")).proof
    assert other not in proofs


def test_answer_to_an_action_that_asks_nothing_is_rejected(action, ctx):
    assert isinstance(action.submit(ctx, TRACKED, ANNA, answer(ASKED, "x")), Rejected)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (AnswerKind.TEXT, "x", " "),
        (AnswerKind.TEXT, "x" * 300, "x" * 301),
        (AnswerKind.LONG, "x" * 5000, "x" * 5001),
        (AnswerKind.NUMBER, "-12,5", "twelve"),
        (AnswerKind.EMAIL, "a@b.example", "a@b"),
        (AnswerKind.LINK, "https://x.example/1", "x.example"),
    ],
)
def test_answer_has_to_look_like_its_kind(kind, good, bad):
    config = CustomConfig(question="Which?", answer=kind)
    model = answer_model(config)
    assert model(answer=good).model_dump() == {"answer": good}
    with pytest.raises(ValidationError):
        model(answer=bad)


def test_question_is_the_title_of_the_field():
    shown = answer_model(ASKED).model_json_schema()["properties"]["answer"]
    assert shown["title"] == "What is your order number?"


def test_plugin_offers_one_type_and_three_features_with_tracking_in_business():
    assert list(plugin.register_action_types()) == [CustomAction]
    plans = {feature.key: feature.plan for feature in plugin.register_features()}
    assert plans == {CustomAction.key: "free", QUESTION: "free", TRACKING: "business"}
