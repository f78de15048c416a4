"""A connection that breaks: told once, no storm of calls, and all goes on once it is mended."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tombola import rooms
from tombola.api import (
    CredentialExpired,
    HttpFailed,
    Invalid,
    Item,
    PermissionLost,
    Retry,
    SourceGone,
    Throttled,
)
from tombola.campaigns.rules import Interval
from tombola.connections import jobs, states
from tombola.connections.models import connection
from tombola.connections.rules import ConnectionState
from tombola.entries.models import entry
from tombola.importing import service
from tombola.importing.models import source
from tombola.importing.service import SourceForm
from tombola.importing.states import SourceState
from tombola.mail.models import mail
from tombola.queue.kinds import House
from tombola.queue.models import task
from tombola.queue.reconciler import settle_in
from tombola.testing.harbour import CONNECTOR, pier

LIST = "/team/lamps/accounts"


@pytest.fixture
def works(port):
    """The port with two sources of pier 7, and a mail server."""
    object.__setattr__(port.inst.settings, "smtp_url", "smtp://localhost:2525?tls=never")
    port.client = port.connect(pier("7", token="old"), pier("8"))
    port.house.work("connection_check")
    port.campaign = port.house.campaign()
    port.action = port.house.action(
        port.campaign, type_key="harbour.ships", config={}, interval=Interval.UNLIMITED
    )
    return port


def add(port, account="7", **more):
    form = SourceForm(config={"account": account, **more})
    return service.add(port.inst, port.house.actor("editor"), port.action.uid, form)


def ship(name, port, **more):
    return Item(name, port.clock(), "ship", **more)


def row(port, uid="7"):
    with port.inst.db.read() as conn:
        found = conn.execute(select(connection).where(connection.c.account_uid == uid))
        return found.mappings().one()


def states_of(port):
    with port.inst.db.read() as conn:
        return list(conn.execute(select(source.c.state).order_by(source.c.id)).scalars())


def keys(port):
    with port.inst.db.read() as conn:
        return sorted(conn.execute(select(entry.c.key)).scalars())


def mails(port):
    with port.inst.db.read() as conn:
        wanted = select(mail.c.recipient, mail.c.text).where(mail.c.purpose == states.PURPOSE)
        return conn.execute(wanted.order_by(mail.c.recipient)).all()


def test_a_source_needs_an_account_that_the_team_has(works):
    for account in ("", "nobody's"):
        with pytest.raises(Invalid) as wrong:
            add(works, account)
        assert set(wrong.value.errors) == {"config.account"}
    assert add(works).connection_id == row(works)["id"]


def test_the_form_offers_the_accounts_or_says_where_to_connect_one(works):
    path = f"/team/lamps/campaign/{works.campaign.key}/sources/new/{works.action.uid}"
    page = works.client.get(path).text
    assert 'value="7"' in page
    assert "Pier 7 (@pier7)" in page
    with works.inst.db.write() as conn:
        conn.execute(update(connection).values(state=ConnectionState.BROKEN))
    page = works.client.get(path).text
    assert 'value="7"' not in page
    assert f'href="{LIST}"' in page


@pytest.mark.parametrize("error", [CredentialExpired, PermissionLost])
def test_a_dead_token_stops_its_sources_after_few_calls_and_is_told_once(works, error):
    for _ in range(3):
        add(works)
    add(works, "8")
    works.ships.pages = [[ship("a", works)], [ship("b", works)]]
    works.house.work()
    assert keys(works) == ["a", "b"] or len(keys(works)) == 2
    works.ships.trouble = error("Session has expired (190)")
    works.ships.calls.clear()
    works.clock.advance(timedelta(hours=2))
    with works.inst.db.write() as conn:  # pier 8's own source rests, so that all calls are 7's
        conn.execute(
            update(source)
            .where(source.c.connection_id == row(works, "8")["id"])
            .values(state=SourceState.PAUSED)
        )
    for _ in range(60):
        works.house.work()
        works.clock.advance(timedelta(minutes=7))
    assert len(works.ships.calls) <= 3
    assert row(works)["state"] == ConnectionState.BROKEN
    assert row(works, "8")["state"] == ConnectionState.WORKS
    assert states_of(works)[:3] == [SourceState.RECONNECT] * 3
    told = mails(works)
    assert [each.recipient for each in told] == ["editor@example.org", "owner@example.org"]
    assert "Session has expired (190)" in told[0].text
    assert LIST in told[0].text
    page = works.client.get(LIST).text
    assert "Needs reconnecting" in page
    assert "Session has expired (190)" in page
    assert "The 3 sources that read with it have stopped" in page


def test_reconnecting_lets_the_sources_go_on_where_they_stood(works):
    add(works)
    works.ships.pages = [[ship("a", works)], [ship("b", works)], [ship("c", works)]]
    real = type(works.ships).fetch

    def fetch(ctx, config, cursor):
        if cursor.page == 1 and ctx.account(CONNECTOR, "7").secrets["token"] == "old":
            raise CredentialExpired("190")
        return real(works.ships, ctx, config, cursor)

    works.ships.fetch = fetch
    works.house.work()
    assert keys(works) == ["a"]
    works.pier.piers = [pier("7", token="new")]
    works.come_back(works.client, works.leave(works.client, again=row(works)["uid"]))
    works.house.work()
    assert keys(works) == ["a", "b", "c"]
    assert works.ships.calls == ["old", "new", "new"]
    assert states_of(works) == [SourceState.ACTIVE]
    assert row(works)["state"] == ConnectionState.WORKS


def test_an_answer_to_an_old_token_does_not_break_a_new_one(works):
    since = works.clock()
    works.clock.advance(timedelta(seconds=1))
    works.pier.piers = [pier("7", token="new")]
    works.come_back(works.client, works.leave(works.client, again=row(works)["uid"]))
    with works.inst.db.write() as conn:
        broke = states.break_(
            conn, works.inst, row(works)["id"], "190", since=since, now=works.clock()
        )
    assert not broke
    assert row(works)["state"] == ConnectionState.WORKS
    assert mails(works) == []


def test_a_second_break_is_told_again(works):
    number = row(works)["id"]
    for _ in range(2):
        works.clock.advance(timedelta(minutes=1))
        with works.inst.db.write() as conn:
            now = works.clock()
            assert states.break_(conn, works.inst, number, "190", since=now, now=now)
            assert not states.break_(conn, works.inst, number, "190", since=now, now=now)
        works.pier.piers = [pier("7")]
        works.come_back(works.client, works.leave(works.client, again=row(works)["uid"]))
    assert len(mails(works)) == 4


def test_disconnecting_stops_sources_and_connecting_again_wakes_them(works):
    add(works)
    works.ships.pages = [[ship("a", works)]]
    works.house.work()
    uid = row(works)["uid"]
    assert "1 source reads with it" in works.client.get(f"{LIST}/{uid}/disconnect").text
    works.house.post(works.client, f"{LIST}/{uid}/disconnect")
    works.clock.advance(timedelta(hours=2))
    works.ships.calls.clear()
    works.house.work()
    assert works.ships.calls == []
    assert states_of(works) == [SourceState.RECONNECT]
    works.ships.pages = [[ship("a", works), ship("b", works)]]
    works.connect(pier("7"))
    works.house.work()
    assert keys(works) == ["a", "b"]


@pytest.mark.parametrize("error", [CredentialExpired, PermissionLost, SourceGone])
def test_a_check_breaks_what_is_dead_and_another_one_mends_it(works, error):
    uid = row(works)["uid"]
    works.pier.trouble = error("190")
    works.house.post(works.client, f"{LIST}/{uid}/check")
    assert "Being checked" in works.client.get(LIST).text
    works.clock.advance(timedelta(seconds=1))
    works.house.work("connection_check")
    assert row(works)["state"] == ConnectionState.BROKEN
    assert len(mails(works)) == 2
    works.pier.trouble = None
    works.house.post(works.client, f"{LIST}/{uid}/check")
    works.house.work("connection_check")
    assert row(works)["state"] == ConnectionState.WORKS


def test_a_complaint_is_shown_and_stops_nothing(works):
    add(works)
    works.pier.complaint = "The log is written in pencil."
    works.house.post(works.client, f"{LIST}/{row(works)['uid']}/check")
    works.house.work("connection_check")
    assert row(works)["state"] == ConnectionState.COMPLAINS
    assert "in pencil" in works.client.get(LIST).text
    works.ships.pages = [[ship("a", works)]]
    works.house.work()
    assert keys(works) == ["a"]


@pytest.mark.parametrize("kind", [Retry, HttpFailed, Throttled])
def test_a_network_that_does_not_answer_is_asked_again_later(works, kind):
    wait = timedelta(minutes=3)
    later = {
        Retry: Retry(wait),
        HttpFailed: HttpFailed("no route"),
        Throttled: Throttled("calls", works.clock() + wait),
    }[kind]
    works.pier.trouble = later
    works.house.post(works.client, f"{LIST}/{row(works)['uid']}/check")
    works.pier.checks.clear()
    works.house.work("connection_check")
    assert len(works.pier.checks) == 1
    assert row(works)["state"] == ConnectionState.WORKS
    works.pier.trouble = None
    works.clock.advance(timedelta(minutes=4))
    works.house.work("connection_check")
    assert len(works.pier.checks) == 2


def test_a_check_that_fails_itself_says_so_and_breaks_nothing(works):
    works.pier.trouble = ZeroDivisionError("secret")
    works.house.post(works.client, f"{LIST}/{row(works)['uid']}/check")
    works.house.work("connection_check")
    assert row(works)["state"] == ConnectionState.COMPLAINS
    page = works.client.get(LIST).text
    assert "The check itself failed" in page
    assert "secret" not in page


def test_every_connection_is_checked_once_a_day_and_broken_ones_are_left_alone(works):
    with works.inst.db.write() as conn:
        broken = connection.c.account_uid == "8"
        conn.execute(update(connection).where(broken).values(state=ConnectionState.BROKEN))
    works.pier.checks.clear()
    settle_in(House(works.inst, rooms.kinds()))
    for _ in range(50):
        works.clock.advance(timedelta(hours=1))
        works.house.work(jobs.ROUND, "connection_check")
    assert [each.uid for each in works.pier.checks] == ["7", "7"]


def test_a_check_of_a_plugin_that_is_away_waits(works):
    plugin = works.inst.plugins.by_slug["harbour"]
    works.house.post(works.client, f"{LIST}/{row(works)['uid']}/check")
    works.inst.plugins._connectors.clear()
    works.house.work("connection_check")
    with works.inst.db.read() as conn:
        states_ = set(
            conn.execute(select(task.c.state).where(task.c.kind == "connection_check")).scalars()
        )
    assert "parked" in states_
    assert plugin.ready
