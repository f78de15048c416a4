"""Mails are sent once, after the commit, or it is known that they were not."""

import threading
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import update

from tombola.app import create_app
from tombola.mail import service
from tombola.mail.jobs import KEEP
from tombola.mail.models import mail
from tombola.mail.rules import State
from tombola.mail.service import MAIL
from tombola.queue import tasks
from tombola.queue.models import task
from tombola.queue.rules import State as DutyState


def duty(office, key="1"):
    with office.inst.db.read() as conn:
        return tasks.get(conn, MAIL, key)


def test_a_mail_arrives_once_and_its_text_is_forgotten(office):
    assert office.write()
    assert not office.write()
    assert office.work() == 1
    assert office.work() == 0
    [came] = office.came
    assert came.recipients == ("ada@tea.example",)
    assert came.sender == "tombola@localhost"
    read = message_from_bytes(came.data, policy=policy.default)
    assert read.get_content().strip() == "It is 123456."
    [row] = office.rows()
    assert (row["state"], row["subject"], row["text"], row["error"]) == ("sent", "", None, None)
    assert row["uid"] in read["Message-ID"]


def test_nobody_is_written_to_unless_the_cause_commits(office):
    def fall():
        with office.inst.db.write() as conn:
            service.post(conn, None, "code", "1", "ada@tea.example", "s", "t", office.inst.clock())
            raise RuntimeError("fallen")

    with pytest.raises(RuntimeError, match="fallen"):
        fall()
    assert office.work() == 0
    assert office.came == []


def test_the_same_mail_from_two_sides_is_written_once(office):
    written = []
    sides = [threading.Thread(target=lambda: written.append(office.write())) for _ in range(4)]
    for side in sides:
        side.start()
    for side in sides:
        side.join()
    assert sorted(written) == [False, False, False, True]
    office.work()
    assert len(office.came) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_a_busy_server_is_tried_again(office, clock, verb):
    office.server.troubles[verb] = "451 later"
    office.write()
    office.work()
    [row] = office.rows()
    assert (row["state"], row["error"]) == ("failed", "451 later")
    assert duty(office).state is DutyState.READY
    office.server.troubles.clear()
    clock.advance(timedelta(minutes=1))
    office.work()
    assert office.states() == ["sent"]
    assert len(office.came) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_what_the_server_refuses_for_good_is_not_tried_again(office, clock, verb):
    office.server.troubles[verb] = "550 no such person"
    office.write()
    office.work()
    [row] = office.rows()
    assert (row["state"], row["error"], row["text"]) == ("failed", "550 no such person", None)
    assert duty(office).state is DutyState.DONE
    clock.advance(timedelta(days=1))
    assert office.work() == 0


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_connection_that_ends_before_the_mail_is_tried_again(office, clock, verb):
    office.server.troubles[verb] = None
    office.write()
    office.work()
    assert office.states() == ["failed"]
    office.server.troubles.clear()
    clock.advance(timedelta(minutes=1))
    office.work()
    assert office.states() == ["sent"]


def test_a_connection_that_ends_within_the_mail_is_unknown_and_stays_so(office, clock):
    office.server.troubles["."] = None
    office.write()
    office.work()
    [row] = office.rows()
    assert (row["state"], row["text"]) == ("unknown", None)
    office.server.troubles.clear()
    clock.advance(timedelta(days=1))
    assert office.work() == 0
    assert office.came == []


def test_a_worker_that_died_while_sending_leaves_an_unknown_mail(office, clock):
    office.write()
    now = office.inst.clock()
    [dead] = tasks.claim(
        office.inst.db, MAIL, limit=1, lease=timedelta(minutes=3), now=now, owner="dead"
    )
    with office.inst.db.write() as conn:
        conn.execute(update(mail).values(state=State.SENDING))
    clock.advance(timedelta(minutes=4))
    with office.inst.db.write() as conn:
        conn.execute(task.update().where(task.c.id == dead.id).values(state=DutyState.READY))
    assert office.work() == 1
    assert office.came == []
    assert office.states() == ["unknown"]
    assert office.work() == 0


def test_a_server_that_is_away_is_waited_for(office, clock):
    office.server.shutdown()
    office.server.server_close()
    office.write()
    office.work()
    [row] = office.rows()
    assert row["state"] == "failed"
    assert office.server.url.removeprefix("smtp://") in row["error"]
    assert duty(office).state is DutyState.READY


def test_a_mail_that_is_too_late_is_not_sent(office, clock):
    office.server.troubles["RCPT"] = "451 later"
    office.write(good_until=clock() + timedelta(minutes=10))
    office.work()
    office.server.troubles.clear()
    clock.advance(timedelta(minutes=10))
    office.work()
    [row] = office.rows()
    assert (row["state"], row["text"]) == ("failed", None)
    assert row["error"].startswith("451 later")
    assert office.came == []


def test_without_a_server_mails_wait(inst, office, clock):
    office.write()
    with_server, office.inst = office.inst, inst
    assert not service.is_on(inst)
    office.work()
    assert duty(office).state is DutyState.PARKED
    assert office.states() == ["pending"]
    office.inst = with_server
    assert service.is_on(with_server)
    clock.advance(timedelta(minutes=6))
    with inst.db.write() as conn:
        tasks.retry(conn, duty(office).id, clock())
    office.work()
    assert office.states() == ["sent"]


def test_what_nobody_has_begun_to_send_can_be_withdrawn(office):
    office.write("1")
    office.work()
    office.write("2")
    office.write("3")
    with office.inst.db.write() as conn:
        service.withdraw(conn, "code", ["1", "2"])
        service.withdraw(conn, "other", ["3"])
    office.work()
    assert office.states() == ["sent", "sent"]
    assert len(office.came) == 2


def test_to_whom_mails_went_is_forgotten_and_that_they_went_is_not(office, clock):
    office.write("1")
    office.work()
    clock.advance(KEEP - timedelta(minutes=1))
    office.write("2")
    office.work()
    office.sweep()
    assert [row["recipient"] for row in office.rows()] == ["ada@tea.example"] * 2
    clock.advance(timedelta(minutes=2))
    office.sweep()
    assert [row["recipient"] for row in office.rows()] == ["", "ada@tea.example"]
    assert not office.write("1")


def test_a_server_without_tls_gets_no_mail_where_it_is_required(office):
    strict = {"smtp_url": f"{office.server.url}?tls=required"}
    settings = office.inst.settings.model_copy(update=strict)
    office.inst = replace(office.inst, settings=settings)
    office.write()
    office.work()
    [row] = office.rows()
    assert "offers no TLS" in row["error"]
    assert office.came == []


def test_what_did_not_go_is_shown_without_the_text(office):
    office.server.troubles["RCPT"] = "550 no such person"
    office.write("1")
    office.work()
    office.server.troubles.clear()
    office.write("2", to="bob@tea.example")
    office.work()
    with office.inst.db.read() as conn:
        [shown] = service.troubled(conn)
        counted = service.counted(conn)
    assert (shown.state, shown.error) == (State.FAILED, "550 no such person")
    assert counted[State.SENT] == 1
    assert "mail.listing" in create_app(office.inst).view_functions
