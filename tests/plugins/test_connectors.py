"""Who may use a team's connected accounts through ctx, and what a connector has to be."""

import pytest
from sqlalchemy import select, update

from tombola.api import (
    Account,
    Channel,
    Config,
    Connector,
    CredentialExpired,
    Importer,
    NotAllowed,
    NotFound,
    Settings,
    SourceConfig,
)
from tombola.connections.models import connection
from tombola.connections.rules import ConnectionState
from tombola.connections.store import sealed
from tombola.db import new_uid
from tombola.plugins import config as settings_store
from tombola.plugins.states import Parts, Plugin, State
from tombola.plugins.switches import Scope
from tombola.plugins.validation import LISTS
from tombola.plugins.validation import importer as check_importer
from tombola.teams import service as teams
from tombola.testing import house as houses
from tombola.testing.harbour import CONNECTOR, Pier, Ships, ShipsConfig, ShipsCursor, harbour, pier


class HarbourSettings(Config):
    """What the harbour's plugin asks of the operator."""

    address: str = "https://harbour.example"


@pytest.fixture
def house(sqlite_database, clock, tmp_path):
    user = Plugin("user", "user", "tombola-user", "1", state=State.READY)

    class Messages(Channel):
        key, title, identity, connection = "user.messages", "Messages", "user.x", CONNECTOR

        def assess(self, ctx, to, purpose, at):
            raise NotImplementedError

        def send(self, ctx, to, message, dedupe):
            raise NotImplementedError

    user.parts = Parts(channels=[Messages()])
    stranger = Plugin("alien", "alien", "tombola-alien", "1", state=State.READY)
    owner = harbour()
    owner.parts.settings = Settings(installation=HarbourSettings)
    built = houses.build(sqlite_database, clock, tmp_path, [owner, user, stranger])
    connect(built, pier("7"))
    return built


def connect(house, account, state=ConnectionState.WORKS):
    now, team_id = house.inst.clock(), house.team.id
    uid = new_uid(now)
    with house.inst.db.write() as conn:
        conn.execute(
            connection.insert().values(
                uid=uid, team_id=team_id, connector=CONNECTOR, account_uid=account.uid,
                kind=account.kind, title=account.title, handle=account.handle, facts={},
                sealed=sealed(house.inst.vault, team_id, uid, account), state=state,
                created_at=now, renewed_at=now,
            )
        )  # fmt: skip


def ask(house, plugin, work, team=None):
    passes = (NotAllowed, NotFound, CredentialExpired)
    return house.inst.plugins.call(plugin, team or house.actor(), "test", work, passes=passes)


@pytest.mark.parametrize("plugin", ["harbour", "user"])
def test_its_own_plugin_and_those_that_name_it_read_accounts(house, plugin):
    (found,) = ask(house, plugin, lambda ctx: ctx.accounts(CONNECTOR))
    assert found == Account("7", "Pier 7", "pier", "pier7", {"token": "t-7"})
    assert ask(house, plugin, lambda ctx: ctx.account(CONNECTOR, "7")) == found


@pytest.mark.parametrize(
    "act",
    [
        lambda ctx: ctx.accounts(CONNECTOR),
        lambda ctx: ctx.account(CONNECTOR, "7"),
        lambda ctx: ctx.keep_account(CONNECTOR, pier("7")),
    ],
)
def test_no_other_plugin_reads_or_writes_them(house, act):
    with pytest.raises(NotAllowed):
        ask(house, "alien", act)


def test_no_other_team_has_them(house):
    rivals = teams.actor_in(house.inst, house.members["stranger"], house.other.slug)[0]
    assert ask(house, "harbour", lambda ctx: ctx.accounts(CONNECTOR), rivals) == []
    with pytest.raises(NotFound):
        ask(house, "harbour", lambda ctx: ctx.account(CONNECTOR, "7"), rivals)
    with pytest.raises(NotFound):
        ask(house, "harbour", lambda ctx: ctx.keep_account(CONNECTOR, pier("7")), rivals)


def test_broken_and_disconnected_ones_are_not_given(house):
    connect(house, pier("8"), ConnectionState.BROKEN)
    connect(house, pier("9"), ConnectionState.LEFT)
    assert [each.uid for each in ask(house, "harbour", lambda ctx: ctx.accounts(CONNECTOR))] == [
        "7"
    ]
    with pytest.raises(CredentialExpired):
        ask(house, "harbour", lambda ctx: ctx.account(CONNECTOR, "8"))
    with pytest.raises(NotFound):
        ask(house, "harbour", lambda ctx: ctx.account(CONNECTOR, "9"))


def test_renewed_tokens_are_kept_and_a_rollback_takes_them_back(house):
    def renew(ctx):
        ctx.keep_account(CONNECTOR, pier("7", token="newer"))

    ask(house, "harbour", renew)
    found = ask(house, "harbour", lambda ctx: ctx.account(CONNECTOR, "7"))
    assert found.secrets == {"token": "newer"}

    def fail(ctx):
        with ctx.db():
            ctx.keep_account(CONNECTOR, pier("7", token="lost"))
            raise NotFound("no")

    with pytest.raises(NotFound):
        ask(house, "harbour", fail)
    assert ask(house, "harbour", lambda ctx: ctx.account(CONNECTOR, "7")) == found


def test_a_seal_opens_in_no_other_row(house):
    connect(house, pier("8", token="other"))
    with house.inst.db.write() as conn:
        stolen = select(connection.c.sealed).where(connection.c.account_uid == "8")
        text = conn.execute(stolen).scalar_one()
        mine = update(connection).where(connection.c.account_uid == "7")
        conn.execute(mine.values(sealed=text))
    with pytest.raises(Exception, match="seal belongs elsewhere"):
        ask(house, "harbour", lambda ctx: ctx.account(CONNECTOR, "7"))


def test_a_connector_lacks_nothing():
    class Half(Connector):
        key, title = "harbour.half", "Half"

        def begin(self, ctx, flow):
            raise NotImplementedError

    check = LISTS["register_connectors"][1]
    assert list(check("harbour", Pier)) == []
    assert "lacks the methods finish" in "; ".join(check("harbour", Half))
    assert "must start with 'other.'" in "; ".join(check("other", Pier))


def test_an_importer_with_a_connection_has_an_account_field():
    class Bare(Ships):
        config_model = SourceConfig  # type: ignore[assignment] # what is refused

    class Deaf(Importer[ShipsConfig, ShipsCursor]):
        key, title, hears = "harbour.deaf", "Deaf", ("harbour.log",)
        config_model, cursor_model = ShipsConfig, ShipsCursor

        def open(self, ctx, config, lane, window):
            raise NotImplementedError

        def fetch(self, ctx, config, cursor):
            raise NotImplementedError

    assert list(check_importer("harbour", Ships)) == []
    assert "needs a field 'account'" in "; ".join(check_importer("harbour", Bare))
    assert "has no method hear" in "; ".join(check_importer("harbour", Deaf))


def test_settings_are_found_by_plugins_that_use_the_connector_and_by_no_others(house):
    with house.inst.db.write() as conn:
        given = HarbourSettings(address="https://other.example")
        settings_store.save(conn, house.inst.vault, "harbour", Scope.INSTALLATION, "", given)

    def ask(slug):
        return house.inst.plugins.call(
            slug,
            house.actor(),
            "test",
            lambda ctx: ctx.settings(HarbourSettings).address,
            passes=(NotAllowed,),
        )

    assert [ask("harbour"), ask("user")] == ["https://other.example"] * 2
    with pytest.raises(NotAllowed, match="harbour"):
        ask("alien")
