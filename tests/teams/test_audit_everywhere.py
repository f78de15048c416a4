"""Every act of a member leaves a record: whoever adds a route without one hears of it here."""

from types import CodeType, FunctionType, ModuleType

import pytest

from tombola.api import Audience
from tombola.teams.audit import audit
from tombola.web.routing import access_of, is_safe

#: Routes that change nothing of a team's, each with the reason.
EXCEPTIONS = {
    "accounts.connect": "leaves for a network; coming back with an account is the act",
    "preview.acted": "shows what a page would look like; nothing is kept",
    "second_step.begin": "shows a secret that opens nothing; confirming it is the act",
}


def names_of(code: CodeType) -> set[str]:
    """The names that a function and those within it use."""
    found = set(code.co_names)
    for const in code.co_consts:
        if isinstance(const, CodeType):
            found |= names_of(const)
    return found


def called(function: FunctionType) -> set[FunctionType]:
    """Functions of ours that it may call: those that its names stand for."""
    names = names_of(function.__code__)
    known = [function.__globals__.get(name) for name in names]
    modules = [one for one in known if isinstance(one, ModuleType)]
    known += [getattr(module, name, None) for module in modules for name in names]
    known += [getattr(one, name, None) for one in known if isinstance(one, type) for name in names]
    return {
        one
        for one in known
        if isinstance(one, FunctionType) and one.__module__.startswith("tombola.")
    }


def writes_a_record(view: FunctionType) -> bool:
    """Whether some way from the view leads to the log."""
    seen: set[FunctionType] = set()
    waiting = [view]
    while waiting:
        function = waiting.pop()
        if function is audit:
            return True
        if function not in seen:
            seen.add(function)
            waiting += called(function)
    return False


def acts(app):
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        assert access is not None
        verbs = {verb for verb in rule.methods if not is_safe(verb)}
        if verbs and access.audience in {Audience.TEAM, Audience.OPERATOR}:
            yield rule


@pytest.fixture
def app(sqlite_database, clock, tmp_path):
    from tombola.testing import house  # noqa: PLC0415

    return house.build(sqlite_database, clock, tmp_path / "data").app


def test_a_page_that_changes_nothing_is_known_as_silent(app):
    assert not writes_a_record(app.view_functions["teams.sessions_page"])
    assert writes_a_record(app.view_functions["teams.end_session"])


def test_every_act_leaves_a_record_or_has_a_reason(app):
    silent = set()
    told = 0
    for rule in acts(app):
        view = app.view_functions[rule.endpoint]
        if writes_a_record(view):
            told += 1
        else:
            silent.add(rule.endpoint)
    assert silent - set(EXCEPTIONS) == set()
    assert set(EXCEPTIONS) - silent == set(), "these leave one by now"
    assert told > 40
