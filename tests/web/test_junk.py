"""Whatever an address or a form holds, no page breaks: refused in words, or taken as nothing."""

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.routing import AnyConverter, IntegerConverter

from tombola.api import Audience
from tombola.db import Database
from tombola.testing import house as houses
from tombola.web.routing import Forgery, access_of, is_safe

JUNK = {
    "nul": "a\x00b",
    "surrogate": "\ud800",
    "sql": "'; DROP TABLE entry; --%\\",
    "large": "9" * 400,
    "first_day": "0001-01-01",
    "last_day": "9999-12-31",
    "last_hour": "9999-12-31T23:59",
    "long": "x" * 20_000 + "\u202e\ufeff",
}
NAMES = [
    *("after", "action", "state", "cause", "person", "since", "until", "seen", "field", "query"),
    *("title", "kind", "description", "zone", "starts_at", "ends_at", "count_history", "agreed"),
    *("worth", "interval", "mandatory", "config.word", "config.tags", "step", "act", "entry"),
    *("reason", "floor_at", "cap", "every_seconds", "config.words", "plan", "on", "team", "name"),
    *("address", "key", "sample.word/free", "sample.word/free/quota", "email", "password", "next"),
    *("token", "size"),
]


def places(house, junk):
    """Each of our rules with its real places, and once with junk in all but the team's."""
    campaign = house.campaign()
    real = {
        "team": "lamps",
        "key": campaign.key,
        "uid": house.action(campaign).uid,
        "kind": "sample.word",
        "slug": "sample",
        "action": house.action(campaign, type_key="sample.feed", config={}).uid,
    }
    for rule in house.app.url_map.iter_rules():
        access = access_of(house.app, rule.endpoint)
        assert access is not None
        if access.audience is Audience.ENTRANT or access.forgery is Forgery.OWN:
            continue  # tried in their own room
        for method in sorted(rule.methods & {"GET", "POST"}):
            for values in (real, {"team": "lamps"}):
                built = {name: values.get(name, junk) for name in rule.arguments}
                for name, converter in rule._converters.items():
                    if isinstance(converter, IntegerConverter):
                        built[name] = 2**62
                    if isinstance(converter, AnyConverter):
                        built[name] = min(converter.items)
                yield rule, method, access, built


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    # The client takes seconds to quote the long one.
    [pytest.param(kind, marks=[pytest.mark.slow] if kind == "long" else []) for kind in JUNK],
)
def test_junk_breaks_no_page(house, kind):
    assert try_junk(house, JUNK[kind]) == []


@pytest.mark.parametrize("kind", ["nul", "large"])
def test_what_only_postgresql_minds_breaks_no_page(postgresql_url, clock, tmp_path, kind):
    database = Database(postgresql_url)
    house = houses.build(database, clock, tmp_path / "data")
    assert try_junk(house, JUNK[kind]) == []
    database.close()


def try_junk(house, junk):
    """The addresses at which this junk breaks something."""
    clients = {"owner": house.client("owner"), "operator": house.client("operator")}
    tokens = {name: house.token(client) for name, client in clients.items()}
    wrong = []
    for rule, method, access, values in places(house, junk):
        if rule.endpoint in {"teams.log_out", "campaigns.remove", "static"}:
            continue
        who = "operator" if access.audience is Audience.OPERATOR else "owner"
        try:
            path = rule.build(values, append_unknown=False)[1]
        except UnicodeEncodeError:
            continue  # no browser can write this address
        words = dict.fromkeys(NAMES, junk)
        form = MultiDict(words if not is_safe(method) else {})
        form["csrf_token"] = tokens[who]
        query = words if is_safe(method) else {}
        if junk == "\ud800" and query:
            query = dict.fromkeys(NAMES, "%ED%A0%80")
        try:
            answer = clients[who].open(path, method=method, query_string=query, data=form or None)
        except UnicodeEncodeError:
            continue
        if answer.status_code >= 500:
            wrong.append(f"{method} {path[:80]} {rule.endpoint}: {answer.status_code}")
        answer.close()
    return wrong
