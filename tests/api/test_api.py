"""The surface that plugins stand on."""

import dataclasses
import inspect
import re
import subprocess
import sys

import pytest

import tombola.api
from tombola import hookspecs
from tombola.api import ActionType, Importer, Phrase, TombolaError, errors, render

PUBLIC = {name: getattr(tombola.api, name) for name in tombola.api.__all__}
VERBS = ("register_", "gate_", "on_")


def test_the_public_names_are_those_listed_in_order():
    assert list(tombola.api.__all__) == sorted(tombola.api.__all__)
    found = {
        name
        for name, value in vars(tombola.api).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert found == set(tombola.api.__all__)


def test_it_knows_neither_flask_sqlalchemy_rq_nor_redis():
    code = (
        "import sys, tombola.api, tombola.hookspecs\n"
        "print(sorted(set(m.partition('.')[0] for m in sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(re.findall(r"'(\w+)'", done.stdout))
    assert "pydantic" in loaded
    assert not loaded & {"flask", "werkzeug", "sqlalchemy", "rq", "redis", "httpx2", "alembic"}


@pytest.mark.parametrize("name", [n for n, v in PUBLIC.items() if inspect.isclass(v)])
def test_every_public_class_says_what_it_is(name):
    assert inspect.getdoc(PUBLIC[name])


@pytest.mark.parametrize("name", [n for n, v in PUBLIC.items() if dataclasses.is_dataclass(v)])
def test_every_value_is_frozen_and_has_slots(name):
    assert PUBLIC[name].__dataclass_params__.frozen
    assert "__slots__" in vars(PUBLIC[name])


@pytest.mark.parametrize("kind", [ActionType, Importer])
def test_everything_a_class_may_implement_is_documented(kind):
    for name, member in inspect.getmembers(kind, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.getdoc(member), name


def test_the_tree_of_errors_is_drawn_as_it_is():
    picture = (errors.__doc__ or "").partition("::\n")[2]
    drawn = re.findall(r"^(\s*[│├└─ ]*)([A-Z]\w+)", picture, re.MULTILINE)
    found, stack = [], [(-1, "")]
    for indent, name in drawn:
        depth = len(indent)
        stack = [(outer, above) for outer, above in stack if outer < depth]
        found.append((name, stack[-1][1]))
        stack.append((depth, name))
    real = [
        (name, value.__mro__[1].__name__ if value is not TombolaError else "")
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, TombolaError)
    ]
    assert sorted(found) == sorted(real)


def test_every_hook_says_its_contract_in_its_first_word():
    hooks = [
        (name, function)
        for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
        if hasattr(function, "tombola_spec")
    ]
    assert len(hooks) == 21
    for name, function in hooks:
        assert name.startswith(VERBS)
        assert inspect.getdoc(function)
        arguments = list(inspect.signature(function).parameters)
        assert (arguments[:1] == ["ctx"]) is not name.startswith("register_")


def test_phrases_are_translated_as_one_and_fall_back_to_english():
    said = Phrase("%(n)s posts of %(who)s", {"n": "3", "who": "Ada"})
    assert str(said) == "3 posts of Ada"
    assert render(said, {said.key: "%(who)s: %(n)s Beiträge"}.__getitem__) == "Ada: 3 Beiträge"
    assert render(said, lambda _: "%(unknown)s kaputt") == "3 posts of Ada"
    assert render(said, lambda _: "100 % kaputt") == "3 posts of Ada"
    assert render("Save", {"Save": "Sichern"}.__getitem__) == "Sichern"
