"""Owners and editors are written to once when a source needs them, and again once it has worked."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import (
    CredentialExpired,
    OutOfCredit,
    PermissionLost,
    Retry,
    SourceGone,
    Throttled,
)
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.importing import service
from tombola.importing.states import TRIES
from tombola.importing.telling import PURPOSE
from tombola.mail.models import mail
from tombola.teams.models import member, role

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def post_office(world):
    object.__setattr__(world.inst.settings, "smtp_url", "smtp://localhost:2525?tls=never")
    return world


def mails(world):
    with world.inst.db.read() as conn:
        wanted = select(mail.c.recipient, mail.c.subject, mail.c.text)
        return conn.execute(wanted.where(mail.c.purpose == PURPOSE).order_by(mail.c.id)).all()


def begin(world):
    world.add()
    world.work()
    for n in range(5):
        world.network.post(n, world.clock() + MINUTE)


def join(world, name, as_what):
    now = world.clock()
    values = {"uid": new_uid(now), "email": f"{name}@example.org", "name": name}
    with world.inst.db.write() as conn:
        number = insert_one(
            conn, member, **values, operator=False, password_hash="x", created_at=now
        )
        joined = {"team_id": world.actor.team_id, "member_id": number, "role": as_what}
        conn.execute(role.insert().values(**joined))


@pytest.mark.parametrize(
    "error",
    [
        OutOfCredit(None),
        CredentialExpired("key 401"),
        PermissionLost("not yours 403"),
        SourceGone("no such tag 404"),
    ],
)
def test_source_that_needs_a_person_is_told_once_until_it_has_worked(post_office, error):
    world = post_office
    begin(world)
    join(world, "edda", "editor")
    join(world, "vera", "viewer")
    world.network.trouble = [error] * 9
    world.later(2 * HOUR)
    for _ in range(3):
        world.later(7 * HOUR)

    assert [one.recipient for one in mails(world)] == ["o@example.org", "edda@example.org"]
    [first, _] = mails(world)
    assert "Summer" in first.subject
    assert str(world.source().reason) in first.text
    assert str(error) in first.text
    assert f"/team/team/campaign/{world.campaign.key}/source/{world.source().uid}" in first.text
    assert "Hello Olga" in first.text

    world.network.trouble = [error]
    service.run_now(world.inst, world.actor, world.source().uid)
    world.work()
    assert len(mails(world)) == 2, "the button alone is no repair"
    world.network.trouble.clear()
    service.run_now(world.inst, world.actor, world.source().uid)
    world.work()
    assert world.source().state == "active"
    world.network.trouble = [error]
    world.later(2 * HOUR)
    assert len(mails(world)) == 4, "it had worked meanwhile"


def test_fault_of_the_plugin_is_told_only_when_the_run_is_given_up(post_office):
    world = post_office
    begin(world)
    world.network.trouble = [ZeroDivisionError("bug")] * TRIES
    world.later(2 * HOUR)
    assert world.source().state == "failing"
    assert mails(world) == []
    tries = 0
    while world.runs()[0].state == "running" and tries < 20:
        tries += 1
        world.later(40 * MINUTE)

    assert world.runs()[0].state == "failed"
    assert len(mails(world)) == 1
    assert "The plugin failed" in mails(world)[0].text


def test_what_passes_by_itself_is_told_to_nobody(post_office):
    world = post_office
    begin(world)
    world.network.trouble = [Retry(MINUTE), Throttled("search", world.clock() + 3 * HOUR)]
    for _ in range(4):
        world.later(HOUR)

    assert mails(world) == []


def test_two_lanes_that_find_out_at_once_tell_once(post_office):
    world = post_office
    world.network.trouble = [CredentialExpired("key"), CredentialExpired("key")]
    world.add()
    world.work()

    assert len(mails(world)) == 1


def test_installation_without_mail_writes_to_nobody(quick_world):
    begin(quick_world)
    quick_world.network.trouble = [CredentialExpired("key")]
    quick_world.later(2 * HOUR)

    assert quick_world.source().state == "reconnect"
    assert mails(quick_world) == []
