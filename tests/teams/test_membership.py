"""Roles, invitations, and the owner that a team always has."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Conflict, Forbidden, Invalid, NotFound
from tombola.teams import invitations, membership
from tombola.teams import service as teams
from tombola.teams.invitations import NewAccount, NewInvitation
from tombola.teams.models import audit, invitation
from tombola.teams.rules import Role

SAM = "sam@example.net"
NEW = NewAccount(name="Sam", password="a lamp beside the door")


def invite(desk, email=SAM, role=Role.EDITOR):
    invitations.invite(desk.inst, desk.house.actor(), NewInvitation(email=email, role=role))
    return desk.token()


def acts(desk):
    with desk.inst.db.read() as conn:
        return list(conn.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())


def test_somebody_new_joins_by_the_mailed_link_once(desk):
    token = invite(desk)
    asked = invitations.look(desk.inst, token)
    assert (asked.email, asked.role, asked.has_account) == (SAM, Role.EDITOR, False)
    made, slug = invitations.create_account(desk.inst, token, NEW)
    actor, _team = teams.actor_in(desk.inst, made, slug)
    assert (made.email, actor.role) == (SAM, Role.EDITOR)
    with pytest.raises(NotFound):
        invitations.create_account(desk.inst, token, NEW)
    assert acts(desk)[-3:] == ["member.invited", "member.created", "member.joined"]


def test_only_a_hash_of_the_link_and_no_address_is_kept_after_it(desk):
    token = invite(desk)
    invitations.create_account(desk.inst, token, NEW)
    with desk.inst.db.read() as conn:
        row = conn.execute(select(invitation)).mappings().one()
    assert token not in map(str, row.values())
    assert row["email"] == ""


def test_a_member_of_another_team_gets_a_second_role_and_no_second_account(desk):
    stranger = desk.house.members["stranger"]
    token = invite(desk, stranger.email, Role.VIEWER)
    assert invitations.look(desk.inst, token).has_account
    with pytest.raises(Invalid):
        invitations.create_account(desk.inst, token, NEW)
    with pytest.raises(Invalid):
        invitations.join(desk.inst, token, desk.house.operator)
    slug = invitations.join(desk.inst, token, stranger)
    assert teams.actor_in(desk.inst, stranger, slug)[0].role is Role.VIEWER


def test_an_invitation_ends_after_a_week_by_withdrawal_or_by_a_newer_link(desk, clock):
    first = invite(desk)
    with pytest.raises(Invalid):
        invite(desk)
    uid = invitations.open_ones(desk.inst, desk.house.actor())[0].uid
    with pytest.raises(Invalid):
        invitations.resend(desk.inst, desk.house.actor(), uid)
    clock.advance(timedelta(minutes=6))
    invitations.resend(desk.inst, desk.house.actor(), uid)
    second = desk.token()
    with pytest.raises(NotFound):
        invitations.look(desk.inst, first)
    clock.advance(timedelta(days=7))
    with pytest.raises(NotFound):
        invitations.look(desk.inst, second)
    third = invite(desk)
    uid = invitations.open_ones(desk.inst, desk.house.actor())[0].uid
    invitations.withdraw(desk.inst, desk.house.actor(), uid)
    with pytest.raises(NotFound):
        invitations.look(desk.inst, third)
    assert invitations.open_ones(desk.inst, desk.house.actor()) == []


def test_another_team_can_touch_no_invitation(desk):
    invite(desk)
    uid = invitations.open_ones(desk.inst, desk.house.actor())[0].uid
    theirs = teams.actor_in(desk.inst, desk.house.members["stranger"], desk.house.other.slug)[0]
    for act in (invitations.withdraw, invitations.resend):
        with pytest.raises(NotFound):
            act(desk.inst, theirs, uid)


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_only_owners_look_after_members(desk, role):
    actor = desk.house.actor(role)
    uid = desk.house.members["viewer"].uid
    for act in (
        lambda: invitations.invite(desk.inst, actor, NewInvitation(email=SAM)),
        lambda: membership.change_role(desk.inst, actor, uid, Role.EDITOR),
        lambda: membership.remove(desk.inst, actor, uid),
        lambda: membership.rename(desk.inst, actor, "X"),
        lambda: membership.ask_second_step(desk.inst, actor, wanted=True),
    ):
        with pytest.raises(Forbidden):
            act()


def test_the_last_owner_cannot_go_and_another_can(desk):
    house = desk.house
    owner, editor = house.members["owner"], house.members["editor"]
    for act in (
        lambda: membership.leave(desk.inst, house.actor(), owner.uid),
        lambda: membership.remove(desk.inst, house.actor(), owner.uid),
        lambda: membership.change_role(desk.inst, house.actor(), owner.uid, Role.VIEWER),
    ):
        with pytest.raises(Conflict):
            act()
    assert house.actor().role is Role.OWNER
    membership.change_role(desk.inst, house.actor(), editor.uid, Role.OWNER)
    membership.leave(desk.inst, house.actor(), owner.uid)
    with pytest.raises(NotFound):
        house.actor()


def test_two_owners_who_remove_each_other_leave_one(desk):
    house = desk.house
    membership.change_role(desk.inst, house.actor(), house.members["editor"].uid, Role.OWNER)
    pairs = [("owner", "editor"), ("editor", "owner")]
    actors = {name: house.actor(name) for name, _other in pairs}
    start = threading.Barrier(2)

    def remove(name, other):
        start.wait()
        try:
            membership.remove(desk.inst, actors[name], house.members[other].uid)
        except (Conflict, NotFound):
            return

    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = membership.seats(desk.inst, actors["owner"])
    assert sum(seat.role is Role.OWNER for seat in left) == 1


def test_another_teams_member_is_not_there(desk):
    with pytest.raises(NotFound):
        membership.remove(desk.inst, desk.house.actor(), desk.house.members["stranger"].uid)
