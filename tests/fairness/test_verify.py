"""Honest bundles hold, tampered ones do not, and each says which part."""

import importlib.util
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tombola.fairness.bundle import LogRecord, Unreadable
from tombola.fairness.hashing import hash_of
from tombola.fairness.verify import verify


def sibling(name: str) -> Any:
    """A module beside this file; importlib mode puts no folder on the path."""
    full = f"tests_fairness_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


kit = sibling("conftest")
TAMPERINGS = {one.name: one for one in sibling("tamperings").all_of(kit.Forge, kit)}
HONEST = {
    "one beacon": kit.Forge(),
    "two beacons": kit.Forge(grade="A"),
    "witnesses": kit.Forge(grade="C"),
    "dice": kit.Forge(grade="C", dice="12345612345612345612"),
    "secret alone": kit.Forge(grade="D"),
    "fallback": kit.Forge(fallback=True),
    "one person": kit.Forge(rows=kit.pool([5])),
    "largest": kit.Forge(rows=kit.pool([2**62, 2**62 - 1])),
    "two stretches": kit.Forge(rows=kit.pool([n % 7 + 1 for n in range(1500)])),
    "one ticket each": kit.Forge(rows=kit.pool([1] * 9), said={"mode": "per_person"}),
}


def check(text: str, **options: Any) -> Any:
    return verify(io.StringIO(text), **options)


@pytest.mark.parametrize("name", HONEST)
def test_honest_bundle_verifies(name):
    forged = HONEST[name]
    report = check(forged.text(), commitment=hash_of(forged.commitment()))
    assert report.ok, [one for one in report.checks if one.ok is False]
    assert report.finished
    assert len(report.winners) == min(5, len(forged.rows))
    log = [LogRecord.model_validate(record) for record in forged.head()["log"]]
    assert check(forged.text(), log=log).ok


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_caught(name):
    one = TAMPERINGS[name]
    log = None if one.log is None else [LogRecord.model_validate(each) for each in one.log]
    report = check(one.text, log=log, commitment=one.noted)
    failed = {each.name for each in report.checks if each.ok is False}
    assert one.fails in failed
    assert not report.ok


def test_every_bit_of_a_bundle_counts():
    """Another digit anywhere in what is hashed, and something fails or cannot be read."""
    text = kit.Forge(rows=kit.pool([3, 1, 2]), grade="D").text()
    digits = [at for at, letter in enumerate(text) if letter in "0123456789abcdef"]
    for at in digits[:: max(len(digits) // 400, 1)]:
        other = "1" if text[at] != "1" else "2"
        try:
            report = check(text[:at] + other + text[at + 1 :])
        except Unreadable:
            continue
        assert not report.ok, text[at - 30 : at + 30]


def test_draw_without_a_result_says_so():
    report = check(kit.Forge(stop="before", reveals={"beacons": []}).text())
    assert report.ok
    assert not report.finished
    assert {one.name: one.ok for one in report.checks}["result"] is None


def test_void_draw_does_not_count():
    report = check(kit.Forge(void=True).text())
    assert report.ok
    assert report.voided
    assert not report.finished


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"pool":[',
        "hello",
        '{"kind":"tombola/bundle/1","pool":[]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_bundle_is_unreadable(text):
    with pytest.raises(Unreadable):
        list(check(text).checks)


def test_pool_must_be_the_last_member_and_names_unique():
    text = kit.Forge().text()
    with pytest.raises(Unreadable):
        check(text.rstrip()[:-1] + ',"more":1}')
    with pytest.raises(Unreadable):
        check('{"kind":"x",' + text[1:])
    with pytest.raises(Unreadable):
        check(text[: len(text) // 2 + 900])


def test_bundle_is_plain_json_with_no_numbers_in_it():
    def walk(value: Any) -> None:
        assert not isinstance(value, float)
        assert isinstance(value, bool) or not isinstance(value, int)
        inside: Any = value.values() if isinstance(value, dict) else value
        for inner in inside:
            if isinstance(inner, dict | list):
                walk(inner)

    walk(json.loads(kit.Forge().text()))
