"""What ready plugins offer, by key, and what is asked of a kind of action."""

from dataclasses import replace

import pytest
from pydantic import Field, SecretStr, field_validator

from tombola.api import (
    ActionType,
    Complaint,
    Completed,
    Config,
    Cursor,
    Feature,
    Importer,
    Page,
    PluginFailed,
    PluginUnavailable,
    SourceConfig,
    View,
)
from tombola.plugins import quarantine
from tombola.plugins.states import State
from tombola.plugins.world import TeamRef
from tombola.teams import service
from tombola.testing.plugins import make_plugin


class AskConfig(Config):
    word: str = Field(min_length=1)
    secret: SecretStr = SecretStr("")

    @field_validator("word")
    @classmethod
    def explode(cls, value):
        if value == "explode":
            raise RuntimeError("a validator's own fault")
        return value


class Ask(ActionType[AskConfig]):
    key, title, config_model, config_version = "demo.ask", "Ask", AskConfig, 3
    formerly = ("demo.question", "older.question")

    def upgrade_config(self, old, version):
        return {"word": old["text"]} if version == 1 else old

    def check(self, ctx, config):
        if config.word == "raise":
            raise ValueError("oh")
        return [Complaint("Too short.", "word")] if len(config.word) < 3 else []

    def features(self, config):
        return [self.key, "demo.long"] if len(config.word) > 3 else []

    def signal_names(self, config):
        return [config.word, config.word]

    def view(self, ctx, config, who):
        return View()

    def start(self, ctx, config, who):
        return Completed(proof="x")


class Posts(Importer[SourceConfig, Cursor]):
    key, title, config_model, cursor_model = "demo.posts", "Posts", SourceConfig, Cursor

    def open(self, ctx, config, lane, window):
        return Cursor()

    def fetch(self, ctx, config, cursor):
        return Page((), None, cursor)


@pytest.fixture
def plugins(build):
    broken = make_plugin("broken")
    broken.stop(State.BROKEN, "ValueError: no")
    return build(
        make_plugin(
            "demo",
            register_action_types=lambda: [Ask],
            register_importers=lambda: [Posts],
            register_features=lambda: [Feature("demo.long", "Long words", plan="pro")],
        ),
        broken,
    )


def test_kinds_are_found_by_present_and_former_keys(plugins):
    for key in ("demo.ask", "demo.question", "older.question"):
        assert plugins.action_type(key).key == "demo.ask"
        assert plugins.owner(key).slug == "demo"
        assert plugins.current_key(key) == "demo.ask"
    assert plugins.action_type("demo.posts") is None
    assert plugins.importer("demo.posts").title == "Posts"
    assert [kind.key for kind in plugins.action_types()] == ["demo.ask"]


def test_the_owner_of_a_key_is_known_even_when_it_is_broken(plugins):
    assert plugins.owner("broken.thing").state is State.BROKEN
    assert plugins.owner("gone.thing") is None
    assert "not working" in str(plugins.why_not("broken.thing", None))
    assert "not installed" in str(plugins.why_not("gone.thing", None))


def test_kinds_are_features_and_declared_ones_come_beside(plugins):
    assert [(each.key, each.plan) for each in plugins.features()] == [
        ("demo.ask", "business"),
        ("demo.long", "pro"),
        ("demo.posts", "business"),
    ]
    assert plugins.feature("older.question").key == "demo.ask"


def test_a_configuration_names_its_features_signals_and_faults(plugins, team):
    short, long = AskConfig(word="ab"), AskConfig(word="abcd")
    assert plugins.features_of("demo.ask", short, team) == ["demo.ask"]
    assert plugins.features_of("demo.question", long, team) == ["demo.ask", "demo.long"]
    assert plugins.signal_names("demo.ask", long, team) == ["abcd", "abcd"]
    assert plugins.signal_names("demo.posts", SourceConfig(), team) == []
    told = plugins.complaints("demo.ask", short, team.team_id, team.team_uid)
    assert told == [Complaint("Too short.", "word")]
    assert plugins.complaints("demo.ask", long, team.team_id, team.team_uid) == []


def test_a_check_that_fails_is_a_complaint_to_quote(plugins, team):
    config = AskConfig(word="raise")
    (told,) = plugins.complaints("demo.ask", config, team.team_id, team.team_uid)
    assert "could not check this" in str(told.text)


def test_configurations_are_stored_sealed_for_kind_and_team(plugins, team):
    config = AskConfig(word="abc", secret=SecretStr("canary"))
    document = plugins.config_doc("demo.question", config, team.team_id)
    assert "canary" not in str(document)
    assert plugins.config_of("demo.ask", document, 3, team) == config
    with pytest.raises(Exception, match="belongs elsewhere"):
        plugins.config_of("demo.ask", document, 3, replace(team, team_id=team.team_id + 1))


def test_configurations_of_earlier_versions_are_upgraded(plugins, team):
    assert plugins.config_of("demo.ask", {"text": "old"}, 1, team) == AskConfig(word="old")
    assert plugins.config_of("demo.ask", {"word": "newer"}, 2, team) == AskConfig(word="newer")


def test_a_configuration_that_no_longer_fits_is_told_by_field(plugins, team):
    with pytest.raises(PluginUnavailable, match=r"does not fit the plugin: word: "):
        plugins.config_of("demo.ask", {"word": ""}, 3, team)
    with pytest.raises(PluginFailed, match="a validator's own fault"):
        plugins.config_of("demo.ask", {"word": "explode"}, 3, team)
    with pytest.raises(PluginFailed, match="KeyError"):
        plugins.config_of("demo.ask", {}, 1, team)


def test_kinds_of_nobody_are_told(plugins, team):
    for key in ("gone.thing", "broken.thing", "demo.gone"):
        with pytest.raises(PluginUnavailable):
            plugins.config_of(key, {}, 1, team)


def test_a_teams_unreadable_configuration_rests_the_plugin_for_that_team_alone(
    plugins, inst, team, operator
):
    made = service.create_team(inst, operator, service.NewTeam(name="Other"))
    other = TeamRef(made.id, made.uid)
    for _ in range(quarantine.LIMIT):
        with pytest.raises(PluginFailed):
            plugins.config_of("demo.ask", {"word": "explode"}, 3, team)
    with pytest.raises(PluginUnavailable, match="rests until"):
        plugins.features_of("demo.ask", AskConfig(word="ab"), team)
    fine = AskConfig(word="ab")
    assert plugins.config_of("demo.ask", {"word": "ab"}, 3, other) == fine
    assert plugins.features_of("demo.ask", fine, other) == ["demo.ask"]
    assert plugins.why_not("demo.ask", None) is None
