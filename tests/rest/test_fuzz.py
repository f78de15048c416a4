"""The application against its own description: whatever is sent, nothing breaks, all is as said.

The requests are drawn with a fixed seed, so that a failure comes again. Half of them name things
that are there, so that they get past the first door.
"""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.rest.conftest import BOUNDLESS, Program

from tombola.plugins.loader import load
from tombola.rest import limits
from tombola.teams.rules import Scope
from tombola.testing import house as houses
from tombola.widget import hot

#: A busy machine takes its time; alone it is half a minute for each database.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: What cannot be asked for again comes last.
LAST = ("DELETE", "erasure", "/merge")
EXAMPLES = 5


@pytest.fixture
def house(database, clock, tmp_path):
    plugins = [*houses.sample_plugins()[:1], *load()]
    built = houses.build(database, clock, tmp_path / "data", plugins=plugins)
    limits.install(built.app, BOUNDLESS)
    yield built
    if hot.NAME in built.app.extensions:
        built.app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def known(house):
    """Things that are there, by their names in addresses."""
    return plant(house, Program(house, house.actor(), tuple(Scope)))


def plant(house, program, word="Lamp"):
    """Things of a program's team, by their names in addresses; ``word`` stands in all of them."""
    campaign = house.campaign(f"Win {word}")
    say = house.action(campaign, title=f"Say {word}")
    house.action(campaign, title="Other")
    feed = house.action(campaign, type_key="sample.feed", config={})
    path = f"/campaigns/{campaign.key}"
    source = program.post(f"{path}/actions/{feed.uid}/sources", {"config": {"tags": [word]}})
    gifts = [{"key": f"k{n}", "external_id": f"p{n}", "name": f"{word} {n}"} for n in range(5)]
    came = program.post(f"{path}/entries", {"action": say.uid, "entries": gifts})["entries"]
    prize = program.post(f"{path}/prizes", {"title": word})
    file = program.post(f"{path}/entries/files", {})
    template = program.post(f"{path}/template", {"title": word})
    drawn = {"title": word, "prizes": [{"title": word}], "grade": "D"}
    draw = program.post(f"{path}/draws", drawn)
    return {
        "campaign": campaign.key,
        "action": say.uid,
        "feed": feed.uid,
        "source": source["id"],
        "entry": came[0]["id"],
        "entrant": came[0]["entrant"],
        "other": came[1]["entrant"],
        "prize": prize["id"],
        "file": file["id"],
        "template": template["id"],
        "draw": draw["id"],
        "type_key": "sample.word",
    }


def order(operation):
    """What takes things away comes last, what holds others after what it holds."""
    method, path = operation.method.upper(), operation.path
    return any(word in f"{method} {path}" for word in LAST), method == "DELETE" and -len(path), path


def test_nothing_breaks_and_all_is_as_described(house, known):
    program = Program(house, house.actor(), tuple(Scope))
    kinds = [each["key"] for each in program.get("/action-types")["items"]]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house.app)
    operations = sorted(
        (each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)), key=order
    )
    assert len(operations) > 40
    broken = []
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                hunt(operation, mode, program, known, kinds)
            except FailureGroup as found:
                broken.append(f"{operation.label}: {found.message} {found.exceptions}")
    assert broken == []


def hunt(operation, mode, program, known, kinds):
    checks = [*CHECKS, *([negative_data_rejection] if mode is GenerationMode.NEGATIVE else [])]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        unreal=st.sampled_from([False, False, False, True]),
        kind=st.sampled_from(kinds),
    )
    def ask(case, unreal, kind):
        if not unreal:
            real = {**known, "type_key": kind}
            if is_right(case, ParameterLocation.PATH):
                put(case.path_parameters, real)
            if is_right(case, ParameterLocation.BODY):
                put(case.body, real)
        answer = case.call(headers={"Authorization": f"Bearer {program.text}"})
        case.validate_response(answer, checks=checks)

    ask()


def is_right(case, location):
    part = case.meta.components.get(location)
    return part is None or part.mode is GenerationMode.POSITIVE


def put(values, real):
    """Let names mean things that are there."""
    if isinstance(values, dict):
        for name in values.keys() & real.keys():
            if isinstance(values[name], str):
                values[name] = real[name]
        for inner in values.values():
            put(inner, real)
    elif isinstance(values, list):
        for inner in values:
            put(inner, real)
