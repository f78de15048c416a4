"""Members' pages as a browser meets them: joining, logging in twice, resetting, roles."""

from datetime import timedelta

import pytest

from tombola.teams import membership, second_step
from tombola.teams import second_step_rules as rules
from tombola.teams.rules import Role
from tombola.testing import house as houses
from tombola.testing.house import PASSWORD

NEW = "a lamp beside the door"


def digits(desk, secret):
    return rules.digits(secret, rules.step_of(desk.inst.clock()))


def set_up(desk, name):
    who = desk.house.members[name]
    secret = second_step.begin(desk.inst, who).secret
    codes = second_step.confirm(desk.inst, who, digits(desk, secret))
    desk.inst.clock.advance(timedelta(seconds=31))
    return secret, codes


def test_somebody_asked_by_mail_is_in_after_two_clicks(desk):
    house = desk.house
    owner = house.client("owner")
    sent = house.post(owner, "/team/lamps/members/invite", email="sam@example.net", role="editor")
    assert sent.status_code == 303
    link = desk.link()
    sam = house.client(None)
    assert "Join Lamps" in sam.get(link).text
    easy = house.post(sam, link, name="Sam", password="1234567890")
    assert easy.status_code == 422
    assert "guessed" in easy.text
    joined = house.post(sam, link, name="Sam", password=NEW)
    assert joined.headers["Location"] == "/team/lamps"
    assert sam.get("/team/lamps/new-campaign").status_code == 200
    assert sam.get("/team/lamps/delete").status_code == 403
    assert house.client(None).get(link).status_code == 404


def test_a_member_takes_an_invitation_after_a_log_in(desk):
    house = desk.house
    house.post(
        house.client("owner"), "/team/lamps/members/invite",
        email="stranger@example.org", role="viewer",
    )  # fmt: skip
    link = desk.link()
    visitor = house.client(None)
    page = visitor.get(link).text
    assert f"/log-in?next={link}" in page.replace("%2F", "/")
    assert (
        house.post(visitor, link, name="X", password=NEW).headers["Location"].startswith("/log-in")
    )
    wrong = house.client("editor")
    assert house.post(wrong, link).headers["Location"] == link
    stranger = house.client("stranger")
    assert house.post(stranger, link).headers["Location"] == "/team/lamps"
    assert stranger.get("/team/lamps/members").status_code == 200


def test_without_mail_the_link_is_shown_once(database, clock, tmp_path):
    house = houses.build(database, clock, tmp_path / "data")
    owner = house.client("owner")
    made = house.post(owner, "/team/lamps/members/invite", email="sam@example.net", role="viewer")
    assert made.status_code == 201
    assert "/invitation/" in made.text
    assert "/invitation/" not in owner.get("/team/lamps/members").text
    assert "sends no mail" in house.client(None).get("/forgotten").text


def test_the_second_step_stands_between_password_and_pages(desk):
    secret, codes = set_up(desk, "owner")
    house = desk.house
    client = house.client(None)
    half = house.post(
        client, "/log-in", email="owner@example.org", password=PASSWORD, next="/team/lamps/log"
    )
    assert half.headers["Location"] == "/log-in/second-step"
    assert client.get("/team/lamps/log").headers["Location"].startswith("/log-in")
    wrong = house.post(client, "/log-in/second-step", code="000000")
    assert wrong.status_code == 422
    right = house.post(client, "/log-in/second-step", code=digits(desk, secret))
    assert right.headers["Location"] == "/team/lamps/log"
    assert client.get("/team/lamps/log").status_code == 200
    assert codes[0] not in client.get("/account/second-step").text


def test_without_a_half_log_in_there_is_no_second_step(desk):
    client = desk.house.client(None)
    assert client.get("/log-in/second-step").headers["Location"] == "/log-in"
    late = desk.house.post(client, "/log-in/second-step", code="123456")
    assert late.headers["Location"] == "/log-in"


def test_set_up_by_picture_and_off_again_with_the_password(desk):
    house = desk.house
    client = house.client("editor")
    assert house.post(client, "/account/second-step", password="wrong").status_code == 422
    page = house.post(client, "/account/second-step", password=PASSWORD).text
    assert "data:image/svg+xml" in page
    secret = page.split("<code>")[1].split("</code>")[0]
    assert house.post(client, "/account/second-step/confirm", code="000000").status_code == 422
    done = house.post(client, "/account/second-step/confirm", code=digits(desk, secret))
    assert done.status_code == 201
    assert done.text.split("<pre")[1].count("-") >= 30
    assert house.post(client, "/account/second-step/off", password=PASSWORD).status_code == 303
    house.client("editor")


@pytest.mark.parametrize("path", ["/team/lamps", "/team/lamps/members"])
def test_where_it_is_asked_for_nothing_opens_before_it_is_set_up(desk, path):
    membership.ask_second_step(desk.inst, desk.house.actor(), wanted=True)
    client = desk.house.client("viewer")
    assert client.get(path).headers["Location"] == "/account/second-step?need=1"
    script = client.get(path, headers={"HX-Request": "true"})
    assert script.headers["HX-Redirect"] == "/account/second-step?need=1"
    assert client.get("/account").status_code == 200
    set_up(desk, "viewer")
    assert client.get(path).status_code == 200


def test_a_forgotten_password_is_chosen_anew(desk):
    house = desk.house
    client = house.client(None)
    known = house.post(client, "/forgotten", email="owner@example.org")
    unknown = house.post(client, "/forgotten", email="nobody@example.org")
    assert known.text == unknown.text
    link = desk.link()
    assert house.post(client, link, new="short").status_code == 422
    assert house.post(client, link, new=NEW).headers["Location"] == "/log-in"
    assert client.get(link).status_code == 404
    again = house.post(client, "/log-in", email="owner@example.org", password=NEW)
    assert again.status_code == 303


def test_a_link_to_a_new_address_does_nothing_by_being_looked_at(desk):
    house = desk.house
    client = house.client("owner")
    asked = {"address.email": "new@example.net", "address.password": PASSWORD}
    assert house.post(client, "/account/address", **asked).status_code == 303
    link = desk.link()
    for _ in range(2):
        assert house.client(None).get(link).status_code == 200
    assert house.post(house.client(None), link).headers["Location"] == "/log-in"
    assert client.get("/account").headers["Location"].startswith("/log-in")


def test_other_sessions_end_at_once(desk):
    house = desk.house
    here, there = house.client("owner"), house.client("owner")
    house.post(here, "/other-sessions/end")
    assert here.get("/team/lamps").status_code == 200
    assert there.get("/team/lamps").headers["Location"].startswith("/log-in")
    changed = {"change.password": PASSWORD, "change.new": NEW}
    assert house.post(here, "/account/password", **changed).status_code == 303
    assert here.get("/team/lamps").status_code == 200


def test_the_last_owner_is_told_and_another_owner_may_leave(desk):
    house = desk.house
    client = house.client("owner")
    house.post(client, "/team/lamps/leave")
    assert "needs an owner" in client.get("/team/lamps/members").text
    uid = house.members["editor"].uid
    house.post(client, f"/team/lamps/members/{uid}/role", role=Role.OWNER.value)
    house.post(client, "/team/lamps/leave")
    assert client.get("/team/lamps").status_code == 404
    assert house.client("editor").get("/team/lamps/delete").status_code == 200


def test_the_log_is_shown_filtered_and_downloaded(desk):
    house = desk.house
    client = house.client("owner")
    house.post(client, "/team/lamps/members/name", **{"team.name": "Lanterns"})
    assert "team renamed" in client.get("/team/lamps/log").text
    assert "Nothing like that" in client.get("/team/lamps/log?act=no.such").text
    assert client.get("/team/lamps/log?after=x&since=nonsense").status_code == 200
    file = client.get("/team/lamps/log/export?act=team.renamed")
    assert len(file.text.splitlines()) == 1
    assert house.client("operator").get("/operator/log/export").text.count("\n") > 3
    assert house.client("editor").get("/team/lamps/log").status_code == 403
