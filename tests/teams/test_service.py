"""Members, teams, sessions and the audit log on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from tombola.api import Conflict, Forbidden, Invalid, NotFound
from tombola.db.sets import members
from tombola.teams import service, sessions
from tombola.teams.audit import broken_links
from tombola.teams.models import audit, member, role
from tombola.teams.rules import Role
from tombola.teams.service import NewMember, NewTeam

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(inst):
    form = NewMember(name="Ada", email="Ada@Example.org ", password=PASSWORD)
    return service.create_first_operator(inst, form)


def log_in(inst, email="ada@example.org", password=PASSWORD, address="203.0.113.9"):
    return sessions.log_in(inst, email, password, address=address, agent="test")


def test_there_is_one_first_operator(inst, ada):
    assert ada.operator
    assert ada.email == "ada@example.org"
    form = NewMember(name="Eve", email="eve@example.org", password=PASSWORD)
    with pytest.raises(Conflict):
        service.create_first_operator(inst, form)


def test_the_password_is_not_kept(inst, ada):
    with inst.db.read() as conn:
        kept = conn.execute(select(member.c.password_hash).where(member.c.id == ada.id)).scalar()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_a_session_opens_and_ends(inst, ada):
    token = log_in(inst)
    assert sessions.member_of(inst, token) == ada
    assert sessions.member_of(inst, token + "x") is None
    sessions.log_out(inst, token)
    assert sessions.member_of(inst, token) is None


def test_a_session_falls_asleep_for_good(inst, ada, clock):
    token = log_in(inst)
    clock.advance(timedelta(hours=11))
    assert sessions.member_of(inst, token) == ada
    clock.advance(timedelta(hours=11))
    assert sessions.member_of(inst, token) == ada
    clock.advance(timedelta(hours=13))
    assert sessions.member_of(inst, token) is None


def test_another_session_can_be_revoked_and_nobody_elses(inst, ada):
    first, second = log_in(inst), log_in(inst)
    shown = sessions.open_sessions(inst, ada)
    assert len(shown) == 2
    sessions.revoke_session(inst, ada, shown[-1].uid)
    assert sessions.member_of(inst, first) is None
    assert sessions.member_of(inst, second) == ada
    stranger = ada.model_copy(update={"id": ada.id + 1})
    with pytest.raises(NotFound):
        sessions.revoke_session(inst, stranger, shown[0].uid)


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_wrong_passwords_and_unknown_people_hear_the_same(inst, ada, email):
    with pytest.raises(Invalid) as refused:
        log_in(inst, email=email, password="wrong password")
    assert refused.value.errors == {"": sessions.WRONG}


def test_after_many_failures_even_the_right_password_waits_but_not_elsewhere(inst, ada, clock):
    for _ in range(8):
        with pytest.raises(Invalid):
            log_in(inst, password="wrong password")
    with pytest.raises(Invalid):
        log_in(inst)
    assert log_in(inst, address="198.51.100.7")
    clock.advance(timedelta(minutes=20))
    assert log_in(inst)


def test_a_team_has_its_maker_as_owner_and_nobody_else_finds_it(inst, ada):
    operator = service.operator_actor(ada)
    made = service.create_team(inst, operator, NewTeam(name="Kettle & Leaf"))
    assert made.slug == "kettle-leaf"
    actor, found = service.actor_in(inst, ada, made.slug)
    assert found == made
    assert actor.role is Role.OWNER
    with pytest.raises(NotFound):
        service.actor_in(inst, ada.model_copy(update={"id": 99}), made.slug)
    with pytest.raises(Conflict, match="kettle-leaf"):
        service.create_team(inst, operator, NewTeam(name="Kettle & Leaf"))


def test_only_operators_make_teams(inst, ada):
    stranger = service.operator_actor(ada.model_copy(update={"operator": False}))
    with pytest.raises(Forbidden):
        service.create_team(inst, stranger, NewTeam(name="X Y"))


def test_a_changed_role_holds_at_once(inst, ada):
    made = service.create_team(inst, service.operator_actor(ada), NewTeam(name="Team One"))
    with inst.db.write() as conn:
        conn.execute(role.update().values(role="viewer"))
    assert service.actor_in(inst, ada, made.slug)[0].role is Role.VIEWER


def test_every_act_is_in_the_log_and_an_altered_record_breaks_the_chain(inst, ada):
    operator = service.operator_actor(ada)
    service.create_team(inst, operator, NewTeam(name="Team One"))
    service.set_plan(inst, operator, "team-one", "business")
    with inst.db.read() as conn:
        acts = list(conn.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())
        assert acts == ["member.created", "team.created", "team.plan_set"]
        assert list(broken_links(conn)) == []
    with inst.db.write() as conn:
        conn.execute(text("UPDATE audit SET act = 'nothing.happened' WHERE seq = 2"))
    with inst.db.read() as conn:
        assert list(broken_links(conn)) == [2]
    with inst.db.write() as conn:
        conn.execute(audit.delete().where(members(conn, audit.c.seq, [2])))
    with inst.db.read() as conn:
        assert list(broken_links(conn)) == [3]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Kettle & Leaf", "kettle-leaf"),
        ("Tea & Söhne", "tea-sohne"),
        ("Größe", "grosse"),
        ("42", "team-42"),
        ("X", "team-x"),
    ],
)
def test_addresses_of_teams(name, slug):
    assert service.slug_of(name) == slug
