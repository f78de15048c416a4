"""Role by rule by verb, made from the URL map: who gets in where, and nobody else."""

import pytest
from werkzeug.routing import AnyConverter, IntegerConverter

from tombola.api import Audience
from tombola.teams import models
from tombola.teams.rules import Role
from tombola.web.routing import access_of, is_safe

PEOPLE = ("nobody", "viewer", "editor", "owner", "stranger", "operator")


def rules_of(app):
    """Every rule and verb with its access."""
    # Whoever leaves the team is let in nowhere after it.
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint == "members.leave"):
        access = access_of(app, rule.endpoint)
        for method in sorted(rule.methods & {"GET", "POST", "PUT", "DELETE", "PATCH"}):
            yield rule, method, access


def is_let_in(access, person):
    """What the map of roles says, told once more and independently of the doors."""
    if access.audience is Audience.OPERATOR:
        return person == "operator"
    if person in {"nobody", "stranger", "operator"}:
        return False
    return Role(person).includes(Role(access.role))


@pytest.fixture
def addresses(house):
    """A value for each place in an address, of things that are there."""
    campaign = house.campaign()
    action = house.action(campaign)
    return {
        "team": house.team.slug,
        "key": campaign.key,
        "uid": action.uid,
        "kind": "sample.word",
        "slug": "sample",
        "number": 1,
    }


def place(rule, addresses):
    """The rule's address with values; unknown ones get a word that names nothing."""
    values = {
        name: addresses.get(name, "01a1ffbb-0000-7000-8000-000000000000") for name in rule.arguments
    }
    for name, converter in rule._converters.items():
        if isinstance(converter, IntegerConverter):
            values[name] = 1
        if isinstance(converter, AnyConverter):
            values[name] = min(converter.items)
    return rule.build(values, append_unknown=False)[1]


@pytest.mark.parametrize("person", PEOPLE)
def test_each_person_gets_in_where_the_map_says_and_nowhere_else(house, addresses, person):
    client = house.client(None if person == "nobody" else person)
    token = house.token(client)
    wrong = []
    tried = 0
    for rule, method, access in rules_of(house.app):
        if access.audience not in {Audience.TEAM, Audience.OPERATOR}:
            continue
        if access.audience is Audience.TEAM and "team" not in rule.arguments:
            continue  # a member's own pages
        tried += 1
        data = None if is_safe(method) else {"csrf_token": token}
        answer = client.open(place(rule, addresses), method=method, data=data)
        refused = answer.status_code in {403, 404} or "/log-in" in answer.headers.get(
            "Location", ""
        )
        inside = is_let_in(access, person)
        if inside and answer.status_code >= 500:
            wrong.append(f"{person} {method} {rule.rule}: {answer.status_code}")
        if not inside and not refused:
            wrong.append(f"{person} {method} {rule.rule}: {answer.status_code}")
        if inside and (
            answer.status_code == 403 or "/log-in" in answer.headers.get("Location", "")
        ):
            wrong.append(f"{person} {method} {rule.rule}: kept out")
    assert wrong == []
    assert tried > 30


def test_another_teams_campaign_is_not_there(house, addresses):
    client = house.client("stranger")
    token = house.token(client)
    theirs = {**addresses, "team": house.other.slug}
    wrong = []
    for rule, method, access in rules_of(house.app):
        if access.audience is Audience.TEAM and {"team", "key"} <= rule.arguments:
            data = None if is_safe(method) else {"csrf_token": token, "step": "up"}
            answer = client.open(place(rule, theirs), method=method, data=data)
            if answer.status_code != 404:
                wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert wrong == []


def test_no_changing_rule_of_the_admin_acts_without_the_form_token(house, addresses):
    """A page on another site has the cookies and not the token: no act, whoever is logged in."""
    clients = {"owner": house.client("owner"), "operator": house.client("operator")}
    tried = 0
    for rule, method, access in rules_of(house.app):
        if is_safe(method) or access.audience not in {Audience.TEAM, Audience.OPERATOR}:
            continue
        if rule.endpoint == "preview.acted":  # it changes nothing, and its page has no token
            continue
        client = clients["operator" if access.audience is Audience.OPERATOR else "owner"]
        tried += 1
        assert client.open(place(rule, addresses), method=method).status_code == 400, rule.rule
        crossed = client.open(
            place(rule, addresses), method=method, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert crossed.status_code == 403, rule.rule
    assert tried > 10


def test_every_answer_of_every_rule_has_the_headers(house, addresses):
    clients = {
        "owner": house.client("owner"),
        "operator": house.client("operator"),
        None: house.client(None),
    }
    for rule, method, access in rules_of(house.app):
        audience = {Audience.OPERATOR: "operator", Audience.TEAM: "owner"}.get(access.audience)
        with clients[audience].open(place(rule, addresses), method=method) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy, rule.rule
        assert ("frame-ancestors 'none'" in policy) is not access.framed, rule.rule
        assert headers["X-Content-Type-Options"] == "nosniff", rule.rule
        assert "Referrer-Policy" in headers, rule.rule
        if access.audience in {Audience.OPERATOR, Audience.TEAM}:
            assert headers["Cache-Control"] == "no-store", rule.rule


def test_role_taken_away_holds_from_the_next_request_on(house):
    client = house.client("owner")
    path = f"/team/{house.team.slug}/new-campaign"
    assert client.get(path).status_code == 200
    with house.inst.db.write() as conn:
        mine = models.role.c.member_id == house.members["owner"].id
        conn.execute(models.role.update().where(mine).values(role="viewer"))
    assert client.get(path).status_code == 403
