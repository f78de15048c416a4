"""To the network and back: whose browser, used once, picked by the member, renewed, isolated."""

import json

import pytest
from sqlalchemy import select

from tombola.api import CredentialExpired, HttpFailed, Invalid, NotFound
from tombola.connections import service
from tombola.connections.models import connection, offer
from tombola.connections.rules import ConnectionState
from tombola.handshakes.models import handshake
from tombola.handshakes.service import PATIENCE
from tombola.teams.models import audit
from tombola.testing.harbour import CONNECTOR, pier

LIST = "/team/lamps/accounts"


def rows(port, table):
    with port.inst.db.read() as conn:
        return conn.execute(select(table)).mappings().all()


def test_a_member_connects_what_was_picked_and_nothing_else(port):
    port.pier.piers = [pier("7"), pier("8"), pier("9", missing=["Ask for the harbour's task."])]
    client = port.house.client("editor")
    answer = port.come_back(client, port.leave(client))
    page = client.get(answer.headers["Location"]).text
    assert "Pier 7" in page
    assert "Ask for the harbour" in page
    assert 'value="9"' not in page
    port.house.post(client, answer.headers["Location"], account=["7"])
    ((row),) = rows(port, connection)
    assert (row["account_uid"], row["state"]) == ("7", ConnectionState.WORKS)
    assert rows(port, offer) == []
    port.house.work("connection_check")
    assert port.pier.joined == ["7"]
    listed = client.get(LIST).text
    assert "Pier 7" in listed
    assert "Works" in listed
    assert "Pier 8" not in listed


def test_what_cannot_be_used_cannot_be_picked(port):
    port.pier.piers = [pier("9", missing=["No."]), pier("8")]
    client = port.house.client("editor")
    answer = port.come_back(client, port.leave(client))
    for chosen in (["9"], ["8", "9"], ["unknown"], []):
        wrong = port.house.post(client, answer.headers["Location"], account=chosen)
        assert wrong.status_code == 422
    assert rows(port, connection) == []


def test_secrets_lie_sealed_and_are_in_no_page_audit_or_handshake(port):
    client = port.connect(pier("7", token="very-secret-token"))
    port.house.work("connection_check")
    everything = json.dumps(
        [dict(row) for table in (connection, offer, handshake, audit) for row in rows(port, table)],
        default=str,
    )
    assert "very-secret" not in everything
    assert "very-secret" not in client.get(LIST).text
    assert "very-secret" not in repr(pier(token="very-secret-token"))


def test_a_state_is_good_once_and_for_a_quarter_of_an_hour(port):
    port.pier.piers = [pier()]
    client = port.house.client("editor")
    state = port.leave(client)
    assert "choose" in port.come_back(client, state).headers["Location"]
    assert port.come_back(client, state).headers["Location"] == LIST
    late = port.leave(client)
    port.clock.advance(PATIENCE)
    assert port.come_back(client, late).headers["Location"] == LIST
    assert port.come_back(client, "invented").status_code == 404
    assert len(rows(port, offer)) == 1


def test_only_the_session_that_left_may_come_back(port):
    port.pier.piers = [pier()]
    owner, editor = port.house.client("owner"), port.house.client("editor")
    again = port.house.client("editor")
    for other in (owner, again, port.house.client("stranger")):
        assert port.come_back(other, port.leave(editor)).status_code == 404
    nobody = port.come_back(port.house.client(None), port.leave(editor))
    assert "/log-in" in nobody.headers["Location"]
    assert rows(port, offer) == []


def test_a_state_of_another_connector_or_of_a_log_in_is_nobody_s(port):
    client = port.house.client("editor")
    state = port.leave(client)
    with port.inst.db.write() as conn:
        conn.execute(handshake.update().values(purpose="log_in"))
    assert port.come_back(client, state).status_code == 404
    state = port.leave(client)
    with port.inst.db.write() as conn:
        conn.execute(handshake.update().values(key="harbour.other"))
    assert port.come_back(client, state).status_code == 404


def test_a_viewer_sees_and_changes_nothing(port):
    port.connect(pier())
    viewer = port.house.client("viewer")
    uid = rows(port, connection)[0]["uid"]
    page = viewer.get(LIST)
    assert page.status_code == 200
    assert "Disconnect" not in page.text
    for path in (f"/connect/{CONNECTOR}", f"/{uid}/check", f"/{uid}/disconnect"):
        assert port.house.post(viewer, LIST + path).status_code == 403


def test_a_member_who_lost_the_role_meanwhile_connects_nothing(port):
    port.pier.piers = [pier()]
    client = port.house.client("editor")
    state = port.leave(client)
    from tombola.teams.models import role  # noqa: PLC0415 # this test alone

    with port.inst.db.write() as conn:
        conn.execute(role.update().where(role.c.role == "editor").values(role="viewer"))
    assert port.come_back(client, state).status_code == 403
    assert rows(port, offer) == []


@pytest.mark.parametrize(
    "refusal", [Invalid({"": "Not <today>."}), HttpFailed("no route"), ZeroDivisionError()]
)
def test_a_refusal_is_told_and_connects_nothing(quick_port, refusal):
    port = quick_port
    port.pier.refuses = refusal
    client = port.house.client("editor")
    answer = port.come_back(client, port.leave(client))
    page = client.get(answer.headers["Location"]).text
    assert "Not &lt;today&gt;." in page or "could not be asked" in page
    assert rows(port, connection) == []


@pytest.mark.parametrize(
    "given",
    [
        "piers",
        [object()],
        [pier(), pier()],
        [pier("")],
        [pier("x" * 201)],
        [pier(f"{n}") for n in range(501)],
    ],
)
def test_what_a_connector_gives_wrongly_is_its_fault_and_kept_nowhere(quick_port, given):
    port = quick_port
    port.pier.piers = given
    client = port.house.client("editor")
    answer = port.come_back(client, port.leave(client))
    assert answer.headers["Location"] == LIST
    assert rows(port, offer) == []


def test_a_connector_that_is_not_ready_says_what_lacks(quick_port):
    port = quick_port
    port.pier.is_ready = False
    client = port.house.client("editor")
    page = client.get(LIST).text
    assert "keys in its settings" in page
    assert f"connect/{CONNECTOR}" not in page
    answer = port.house.post(client, f"{LIST}/connect/{CONNECTOR}")
    assert answer.status_code == 422
    assert port.pier.flows == []


def test_reconnecting_renews_the_tokens_of_the_same_row(port):
    client = port.connect(pier("7", token="old"), pier("8", token="old"))
    before = {row["account_uid"]: row for row in rows(port, connection)}
    port.clock.advance(PATIENCE)
    port.pier.piers = [pier("7", token="new")]
    answer = port.come_back(client, port.leave(client, again=before["7"]["uid"]))
    assert answer.headers["Location"] == LIST
    assert "Reconnected: Pier 7" in client.get(LIST).text
    after = {row["account_uid"]: row for row in rows(port, connection)}
    assert after["7"]["id"] == before["7"]["id"]
    assert after["7"]["sealed"] != before["7"]["sealed"]
    assert after["8"]["sealed"] == before["8"]["sealed"]


def test_reconnecting_as_somebody_else_says_so(quick_port):
    port = quick_port
    client = port.connect(pier("7"))
    uid = rows(port, connection)[0]["uid"]
    port.pier.piers = [pier("8")]
    port.come_back(client, port.leave(client, again=uid))
    assert "does not administer “Pier 7”" in client.get(LIST).text
    port.pier.piers = [pier("7", missing=["The task is gone."])]
    port.come_back(client, port.leave(client, again=uid))
    assert "The task is gone." in client.get(LIST).text
    assert len(rows(port, connection)) == 1


def test_two_teams_connect_one_account_and_see_nothing_of_each_other(port):
    port.connect(pier("7", token="lamps"))
    stranger = port.house.client("stranger")
    base = "/team/rivals/accounts"
    port.pier.piers = [pier("7", token="rivals"), pier("5", token="rivals")]
    answer = port.house.post(stranger, f"{base}/connect/{CONNECTOR}")
    assert answer.status_code == 200
    back = port.come_back(stranger, port.pier.flows[-1].state)
    port.house.post(stranger, back.headers["Location"], account=["7", "5"])
    assert len(rows(port, connection)) == 3
    mine = port.house.client("editor")
    assert "Pier 5" not in mine.get(LIST).text
    theirs = [row["uid"] for row in rows(port, connection) if row["team_id"] == port.house.other.id]
    for uid in theirs:
        assert mine.get(f"{LIST}/{uid}/disconnect").status_code == 404
        assert port.house.post(mine, f"{LIST}/{uid}/check").status_code == 404
        assert port.house.post(mine, f"{LIST}/{uid}/disconnect").status_code == 404
        with pytest.raises(NotFound):
            service.get(port.inst, port.house.actor("editor"), uid)
    token = port.inst.plugins.call(
        CONNECTOR, port.house.actor(), "t", lambda ctx: ctx.account(CONNECTOR, "7").secrets["token"]
    )
    assert token == "lamps"


def test_disconnecting_forgets_tokens_and_says_goodbye_once_no_team_has_it(port):
    client = port.connect(pier("7"))
    stranger = port.house.client("stranger")
    port.house.post(stranger, f"/team/rivals/accounts/connect/{CONNECTOR}")
    back = port.come_back(stranger, port.pier.flows[-1].state)
    port.house.post(stranger, back.headers["Location"], account=["7"])
    mine, theirs = rows(port, connection)
    assert "No source reads with it" in client.get(f"{LIST}/{mine['uid']}/disconnect").text
    port.house.post(client, f"{LIST}/{mine['uid']}/disconnect")
    assert port.pier.left == []
    port.house.post(stranger, f"/team/rivals/accounts/{theirs['uid']}/disconnect")
    assert port.pier.left == ["7"]
    for row in rows(port, connection):
        assert row["state"] == ConnectionState.LEFT
        context = f"connection:{row['team_id']}:{row['uid']}"
        assert port.inst.vault.open(context, row["sealed"]) == "{}"
    assert "Pier 7" not in client.get(f"{LIST}/now").text
    assert port.house.post(client, f"{LIST}/{mine['uid']}/check").status_code == 404


def test_an_account_comes_back_into_its_old_row(port):
    client = port.connect(pier("7"))
    (row,) = rows(port, connection)
    port.house.post(client, f"{LIST}/{row['uid']}/disconnect")
    port.connect(pier("7"))
    (again,) = rows(port, connection)
    assert (again["id"], again["state"]) == (row["id"], ConnectionState.WORKS)


def test_a_goodbye_that_fails_disconnects_all_the_same(quick_port):
    port = quick_port

    def leave(ctx, account):
        raise CredentialExpired("gone")

    port.pier.leave = leave
    client = port.connect(pier("7"))
    (row,) = rows(port, connection)
    port.house.post(client, f"{LIST}/{row['uid']}/disconnect")
    assert rows(port, connection)[0]["state"] == ConnectionState.LEFT


def test_every_act_is_in_the_audit_log(port):
    client = port.connect(pier("7"))
    (row,) = rows(port, connection)
    port.house.post(client, f"{LIST}/{row['uid']}/check")
    port.come_back(client, port.leave(client, again=row["uid"]))
    port.house.post(client, f"{LIST}/{row['uid']}/disconnect")
    acts = [each["act"] for each in rows(port, audit) if each["act"].startswith("account.")]
    assert acts == [
        "account.connected",
        "account.check_asked",
        "account.reconnected",
        "account.disconnected",
    ]
