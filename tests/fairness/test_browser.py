"""The page that checks a draw in a browser without a network, against the program in Python."""

import hashlib
import importlib.util
import io
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tombola.draws
from tombola.fairness.bundle import LogRecord
from tombola.fairness.selection import Listed, select
from tombola.fairness.verify import verify

FOLDER = Path(tombola.draws.__file__).parent
PAGE = FOLDER / "static" / "verify.html"


def sibling(name: str) -> Any:
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
CALL = """([text, log, noted]) => {
  const { checks, winners, ok, voided } = tombolaVerify.verify(text, { log, commitment: noted });
  return { failed: checks.filter((c) => c.ok === false).map((c) => c.name), winners, ok, voided };
}"""


@pytest.fixture
def offline(page: Any) -> Any:
    """The page as it was saved, opened from a disk; whatever it asks for outside fails the test."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(PAGE.as_uri())
    yield page
    assert asked == [PAGE.as_uri()]


def bundles() -> Iterator[tuple[str, Any]]:
    for seeded in range(12):
        dice = random.Random(seeded)  # noqa: S311 # invents bundles
        weights = [dice.choice([1, 2, 3, 50, 2**40]) for _ in range(dice.randint(1, 40))]
        prizes = [
            {"title": f"Prize {n} ü", "winners": str(dice.randint(1, 3))} for n in range(1, 4)
        ]
        grade = "CD"[seeded % 2]
        rolled = "".join(dice.choice("123456") for _ in range(20)) if seeded % 3 and grade == "C" \
            else ""  # fmt: skip
        forged = kit.Forge(
            rows=kit.pool(weights),
            grade=grade,
            dice=rolled,
            said={"prizes": prizes, "backups": str(dice.randint(0, 5)), "title": "“Ümlaut”\n\x07"},
            void=seeded == 4,
        )
        yield f"{seeded}", forged
    yield "quick", kit.Forge()
    yield "both", kit.Forge(grade="A")
    yield "fallback", kit.Forge(fallback=True)
    yield "large", kit.Forge(rows=kit.pool([n % 5 + 1 for n in range(3000)]), grade="D")


@pytest.mark.slow
def test_both_programs_agree_on_honest_bundles(offline):
    for name, forged in bundles():
        text, log = forged.text(), forged.head()["log"]
        mine = verify(io.StringIO(text), log=[LogRecord.model_validate(record) for record in log])
        theirs = offline.evaluate(CALL, [text, log, None])
        assert (theirs["failed"], theirs["ok"], mine.ok) == ([], True, True), name
        assert theirs["winners"] == mine.winners
        assert theirs["voided"] == mine.voided


@pytest.mark.slow
def test_page_catches_every_tampering(offline):
    for one in sibling("tamperings").all_of(kit.Forge, kit):
        found = offline.evaluate(CALL, [one.text, one.log, one.noted])
        assert not found["ok"], one.name
        assert one.fails in found["failed"], one.name


@pytest.mark.slow
def test_ten_thousand_small_draws_are_the_same_in_both(offline):
    dice = random.Random(26)  # noqa: S311 # invents pools
    cases, expected = [], []
    for n in range(10_000):
        size = dice.randint(1, 9)
        names = sorted(hashlib.sha256(b"%d %d" % (n, each)).digest() for each in range(size))
        rows = [(name, dice.choice([1, 2, 7, 1000, 2**33, 2**59])) for name in names]
        own, listed = hashlib.sha256(b"own %d" % n).digest(), Listed(rows)
        drawn = select(own, listed.total, listed.interval_at, size)
        expected.append([[names.index(one.tag), one.block] for one in drawn])
        cases.append([own.hex(), [str(weight) for _, weight in rows]])
    found = offline.evaluate(
        """(cases) => cases.map(([seed, weights]) => tombolaVerify.select(
          Uint8Array.from(seed.match(/../g), (x) => parseInt(x, 16)),
          weights.map((w, i) => [i, BigInt(w)]), weights.length).map(([i, , k]) => [i, k]))""",
        cases,
    )
    assert found == expected


def test_real_rounds_are_genuine_in_the_browser(offline):
    parts = sibling("test_parts")
    quick, default = (chain.model_dump() for chain in parts.LEAGUE)
    call = """([chain, round, signature, previous]) => {
      const bytes = (s) => Uint8Array.from(s.match(/../g) || [], (x) => parseInt(x, 16));
      return tombolaVerify.signed(chain, round, bytes(signature), bytes(previous));
    }"""
    for chain, number, signature, previous, genuine in [
        (quick, 1000, parts.QUICKNET_1000, "", True),
        (quick, 1001, parts.QUICKNET_1000, "", False),
        (default, 3311596, parts.DEFAULT_3311596, parts.BEFORE_IT, True),
        (default, 3311596, parts.DEFAULT_3311596, "", False),
        (quick, 1000, "c0" + "0" * 94, "", False),
    ]:
        assert offline.evaluate(call, [chain, number, signature, previous]) is genuine


def test_person_checks_a_file_by_hand(offline, tmp_path):
    forged = kit.Forge()
    proof, log = tmp_path / "draw.json", tmp_path / "log.json"
    proof.write_text(forged.text())
    log.write_text(json.dumps({"kind": "tombola/log/1", "records": forged.head()["log"]}))
    offline.get_by_label("Proof of the draw").set_input_files(proof)
    offline.get_by_label("Published log").set_input_files(log)
    offline.get_by_role("button", name="Check").click()
    offline.get_by_role("heading", name=re.compile("Everything holds")).wait_for()
    assert offline.get_by_text("Fails").count() == 0
    proof.write_text(forged.changed(lambda d: d["pool"].pop()))
    offline.get_by_label("Proof of the draw").set_input_files(proof)
    offline.get_by_role("button", name="Check").click()
    offline.get_by_role("heading", name=re.compile("Do not trust")).wait_for()
    proof.write_text("hello")
    offline.get_by_label("Proof of the draw").set_input_files(proof)
    offline.get_by_role("button", name="Check").click()
    offline.get_by_role("heading", name="This cannot be read").wait_for()


def test_built_page_is_the_one_of_these_sources():
    listed = (FOLDER / "static_src" / "BUILT.sha256").read_text().splitlines()
    for line in listed:
        digest, name = line.split()
        there = (FOLDER / "static_src" / name).read_bytes()
        assert hashlib.sha256(there).hexdigest() == digest, f"{name}: run `make assets`"
    assert any(line.endswith("verify.html") for line in listed)
    assert len((FOLDER / "static_src" / "verify.js").read_text().splitlines()) <= 150
