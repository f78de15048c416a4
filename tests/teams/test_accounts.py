"""One's own account: password, address, reset by mail, second step."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from tombola.api import Conflict, Invalid, NotFound
from tombola.operators import members as everybody
from tombola.queue import runner, tasks
from tombola.queue.kinds import House, Kinds
from tombola.teams import accounts, jobs, membership, resets, second_step, sessions
from tombola.teams import second_step_rules as rules
from tombola.teams import service as teams
from tombola.teams.models import member, recovery_code, reset_wish, web_session
from tombola.teams.passwords import need_good
from tombola.testing.house import PASSWORD

NEW = SecretStr("a lamp beside the door")


def log_in(desk, email="owner@example.org", password=PASSWORD, address="203.0.113.9"):
    return sessions.log_in(desk.inst, email, password, address=address, agent="test")


def owner(desk):
    return desk.house.members["owner"]


def test_another_password_ends_all_other_sessions_and_a_mail_says_so(desk):
    here, there = log_in(desk), log_in(desk)
    accounts.change_password(desk.inst, owner(desk), NEW, here)
    assert sessions.member_of(desk.inst, here) is not None
    assert sessions.member_of(desk.inst, there) is None
    with pytest.raises(Invalid):
        log_in(desk)
    assert log_in(desk, password=NEW.get_secret_value())
    assert desk.mails()[-1][0] == "owner@example.org"
    assert "was changed" in desk.mails()[-1][1]


@pytest.mark.parametrize(
    "easy",
    ["short", "1234567890", "password123", "aaaaaaaaaaaaaa", "owner@example.org", "Password1234!"],
)
def test_easy_passwords_are_refused(easy):
    with pytest.raises(Invalid):
        need_good(SecretStr(easy), "Owner", "owner@example.org")


def test_the_password_is_asked_again_and_guessing_waits(desk, clock):
    who = owner(desk)
    sessions.need_password(desk.inst, who, PASSWORD, address="203.0.113.9")
    for _ in range(8):
        with pytest.raises(Invalid):
            sessions.need_password(desk.inst, who, "wrong", address="203.0.113.9")
    with pytest.raises(Invalid):
        sessions.need_password(desk.inst, who, PASSWORD, address="203.0.113.9")
    clock.advance(timedelta(minutes=20))
    sessions.need_password(desk.inst, who, PASSWORD, address="203.0.113.9")


def test_a_forgotten_password_is_set_by_the_mailed_link_once(desk):
    there = log_in(desk)
    resets.ask(desk.inst, "Owner@example.org ", "203.0.113.9")
    token = desk.token()
    assert accounts.is_good(desk.inst, token, accounts.Purpose.PASSWORD)
    accounts.reset_password(desk.inst, token, NEW)
    assert sessions.member_of(desk.inst, there) is None
    assert log_in(desk, password=NEW.get_secret_value())
    with pytest.raises(NotFound):
        accounts.reset_password(desk.inst, token, NEW)


def test_the_link_is_good_for_an_hour_and_the_newest_counts(desk, clock):
    resets.ask(desk.inst, "owner@example.org", "203.0.113.9")
    first = desk.token()
    resets.ask(desk.inst, "owner@example.org", "203.0.113.9")
    second = desk.token()
    assert not accounts.is_good(desk.inst, first, accounts.Purpose.PASSWORD)
    clock.advance(timedelta(hours=1))
    with pytest.raises(NotFound):
        accounts.reset_password(desk.inst, second, NEW)


def test_an_unknown_address_gets_no_mail_and_the_same_rows_are_written(desk):
    resets.ask(desk.inst, "nobody@example.org", "203.0.113.9")
    assert desk.mails() == []
    with desk.inst.db.read() as conn:
        row = conn.execute(select(reset_wish)).one()
    assert row.email == ""
    assert "nobody" not in "".join(map(str, row))


def test_too_many_wishes_are_answered_alike_and_not_heard(desk, clock):
    for _ in range(6):
        resets.ask(desk.inst, "owner@example.org", "203.0.113.9")
    assert len(desk.mails()) == resets.MOST_FOR_ADDRESS
    for number in range(40):
        resets.ask(desk.inst, f"{number}@example.org", "203.0.113.9")
    resets.ask(desk.inst, "editor@example.org", "203.0.113.9")
    assert len(desk.mails()) == resets.MOST_FOR_ADDRESS
    clock.advance(timedelta(hours=2))
    resets.ask(desk.inst, "editor@example.org", "203.0.113.9")
    assert len(desk.mails()) == resets.MOST_FOR_ADDRESS + 1


def test_another_address_counts_once_its_link_has_come_back(desk):
    here = log_in(desk)
    accounts.ask_email(desk.inst, owner(desk), "new@example.net")
    token = desk.token()
    assert log_in(desk)
    accounts.confirm_email(desk.inst, token)
    assert sessions.member_of(desk.inst, here) is None
    assert log_in(desk, email="new@example.net")
    with pytest.raises(Invalid):
        log_in(desk)
    assert desk.mails()[-1][0] == "owner@example.org"
    with pytest.raises(NotFound):
        accounts.confirm_email(desk.inst, token)


def test_an_address_of_somebody_else_gets_nothing_and_nobody_learns_of_it(desk):
    accounts.ask_email(desk.inst, owner(desk), "editor@example.org")
    assert desk.mails() == []


def secret_of(desk, who):
    made = second_step.begin(desk.inst, who)
    found = parse_qs(urlsplit(made.address).query)["secret"][0]
    assert found == made.secret
    return found


def set_up(desk, who):
    secret = secret_of(desk, who)
    digits = rules.digits(secret, rules.step_of(desk.inst.clock()))
    return secret, second_step.confirm(desk.inst, who, digits)


def test_digits_are_those_of_the_standard():
    # RFC 6238, appendix B, SHA-1, of which six digits are the last six of eight.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for at, wanted in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert rules.digits(secret, at // 30) == wanted


def test_with_a_second_step_a_password_alone_opens_nothing(desk, clock):
    who = owner(desk)
    secret, _codes = set_up(desk, who)
    came = log_in(desk)
    assert isinstance(came, sessions.HalfWay)
    assert sessions.member_of(desk.inst, came.token) is None
    clock.advance(timedelta(seconds=30))
    digits = rules.digits(secret, rules.step_of(clock()))
    token = sessions.finish(desk.inst, came.token, digits, address="a", agent="t")
    assert sessions.member_of(desk.inst, token) == who


def test_the_same_digits_are_taken_once(desk, clock):
    secret, _codes = set_up(desk, owner(desk))
    used = rules.digits(secret, rules.step_of(clock()))
    half = log_in(desk).token
    with pytest.raises(Invalid):
        sessions.finish(desk.inst, half, used, address="a", agent="t")
    clock.advance(timedelta(seconds=30))
    fresh = rules.digits(secret, rules.step_of(clock()))
    assert sessions.finish(desk.inst, half, fresh, address="a", agent="t")
    again = log_in(desk).token
    with pytest.raises(Invalid):
        sessions.finish(desk.inst, again, fresh, address="a", agent="t")


def test_digits_of_two_steps_away_are_too_old_and_one_step_is_not(desk, clock):
    secret, _codes = set_up(desk, owner(desk))
    clock.advance(timedelta(minutes=5))
    here = rules.step_of(clock())
    half = log_in(desk).token
    for step in (here - 2, here + 2):
        with pytest.raises(Invalid):
            sessions.finish(desk.inst, half, rules.digits(secret, step), address="a", agent="t")
    late = rules.digits(secret, here - 1)
    assert sessions.finish(desk.inst, half, late, address="a", agent="t")


def test_a_recovery_code_lets_in_once_and_is_kept_as_a_hash(desk):
    _secret, codes = set_up(desk, owner(desk))
    assert len(set(codes)) == 10
    with desk.inst.db.read() as conn:
        kept = list(conn.execute(select(recovery_code.c.code_hash)).scalars())
    assert not set(codes) & set(kept)
    half = log_in(desk).token
    assert sessions.finish(desk.inst, half, codes[0].upper(), address="a", agent="t")
    half = log_in(desk).token
    with pytest.raises(Invalid):
        sessions.finish(desk.inst, half, codes[0], address="a", agent="t")
    assert second_step.standing(desk.inst, owner(desk)).codes == 9


def test_guessing_digits_ends_the_log_in_and_waits(desk, clock):
    _secret, codes = set_up(desk, owner(desk))
    half = log_in(desk).token
    for _ in range(second_step.TRIES):
        with pytest.raises(Invalid):
            sessions.finish(desk.inst, half, "000000", address="a", agent="t")
    with pytest.raises(NotFound):
        sessions.finish(desk.inst, half, codes[0], address="a", agent="t")
    another = log_in(desk).token
    with pytest.raises(Invalid):  # whoever begins anew waits, too
        sessions.finish(desk.inst, another, codes[0], address="a", agent="t")
    clock.advance(timedelta(seconds=5))
    assert sessions.finish(desk.inst, another, codes[0], address="a", agent="t")


def test_a_half_log_in_is_good_for_minutes(desk, clock):
    _secret, codes = set_up(desk, owner(desk))
    half = log_in(desk).token
    clock.advance(timedelta(minutes=11))
    with pytest.raises(NotFound):
        sessions.finish(desk.inst, half, codes[0], address="a", agent="t")


def test_a_reset_password_does_not_go_around_the_second_step(desk):
    set_up(desk, owner(desk))
    resets.ask(desk.inst, "owner@example.org", "203.0.113.9")
    accounts.reset_password(desk.inst, desk.token(), NEW)
    assert isinstance(log_in(desk, password=NEW.get_secret_value()), sessions.HalfWay)


def test_where_a_team_asks_for_it_nobody_switches_it_off(desk):
    who = owner(desk)
    set_up(desk, who)
    membership.ask_second_step(desk.inst, desk.house.actor(), wanted=True)
    with pytest.raises(Invalid):
        second_step.switch_off(desk.inst, who)
    membership.ask_second_step(desk.inst, desk.house.actor(), wanted=False)
    second_step.switch_off(desk.inst, who)
    assert isinstance(log_in(desk), str)


def test_operators_disable_enable_and_forget_second_steps(desk):
    operator = teams.operator_actor(desk.house.operator)
    who = owner(desk)
    token = log_in(desk)
    set_up(desk, who)
    everybody.forget_second_step(desk.inst, operator, who.uid)
    assert sessions.member_of(desk.inst, token) is None
    token = log_in(desk)
    everybody.disable(desk.inst, operator, who.uid)
    assert sessions.member_of(desk.inst, token) is None
    with pytest.raises(Invalid):
        log_in(desk)
    everybody.enable(desk.inst, operator, who.uid)
    assert sessions.member_of(desk.inst, token) is None
    with pytest.raises(Conflict):
        everybody.disable(desk.inst, operator, desk.house.operator.uid)
    found = everybody.everybody(desk.inst, operator, "Owner")
    assert [one.email for one in found] == ["owner@example.org"]
    assert found[0].teams == [("Lamps", "owner")]


def test_what_is_over_is_forgotten(desk, clock):
    log_in(desk)
    resets.ask(desk.inst, "owner@example.org", "203.0.113.9")
    clock.advance(timedelta(days=120))
    with desk.inst.db.write() as conn:
        tasks.put(conn, jobs.SWEEP, jobs.SWEEP, clock())
    kinds = Kinds(jobs.kinds())
    runner.run(House(site=desk.inst, kinds=kinds), kinds[jobs.SWEEP])
    with desk.inst.db.read() as conn:
        for table in (reset_wish, web_session):
            assert conn.execute(select(func.count()).select_from(table)).scalar() == 0
        assert conn.execute(select(func.count()).select_from(member)).scalar() == 5
