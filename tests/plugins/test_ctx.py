"""What a call of a plugin finds in its ctx, on both databases."""

from datetime import timedelta

import httpx2
import pytest
from pydantic import BaseModel, SecretStr
from sqlalchemy import select, text

from tombola.api import Allowed, Config, Denied, Job, PluginFailed
from tombola.plugins import config
from tombola.plugins.models import plugin_kv, setting
from tombola.plugins.switches import Scope
from tombola.plugins.world import TeamRef
from tombola.queue import tasks
from tombola.testing.plugins import make_plugin
from tombola.toolkit.fetch import Fetcher
from tombola.toolkit.vault import SealBroken


class Own(Config):
    address: str = "https://api.example"
    token: SecretStr = SecretStr("")
    pages: int = 3


class Note(BaseModel):
    text: str


JOB = Job("demo.note", Note, lambda ctx, payload: None, formerly=("demo.memo",))


@pytest.fixture
def plugins(build):
    return build(
        make_plugin("demo", register_jobs=lambda: [JOB]),
        make_plugin("other"),
        allows=lambda team_id, feature, amount: (
            Allowed(amount) if feature == "demo.yes" else Denied("no", "plan")
        ),
    )


@pytest.fixture
def ask(plugins, team):
    """Runs work with a ctx; by default for the team and the plugin `demo`."""

    def run(work, slug="demo", of=team):
        return plugins.call(slug, of, "test", work)

    return run


def test_the_time_is_the_installations(ask, clock):
    assert ask(lambda ctx: ctx.now) == clock()


def test_values_are_kept_for_plugin_and_team_apart(ask, team, plugins):
    def put(value):
        return lambda ctx: ctx.kv.put("a", value)

    ask(put({"of": "team"}))
    ask(put("other"), slug="other")
    ask(put(["none"]), of=None)

    def get(ctx):
        return ctx.kv.get("a")

    assert ask(get) == {"of": "team"}
    assert ask(get, slug="other") == "other"
    assert ask(get, of=None) == ["none"]
    ask(lambda ctx: ctx.kv.delete("a"))
    ask(lambda ctx: ctx.kv.delete("a"))
    assert ask(get) is None
    assert ask(get, of=None) == ["none"]


def test_values_expire_by_the_clock_and_are_replaced(ask, clock):
    ask(lambda ctx: ctx.kv.put("a", 1, ttl=timedelta(minutes=1)))
    clock.advance(timedelta(seconds=59))
    assert ask(lambda ctx: ctx.kv.get("a")) == 1
    clock.advance(timedelta(seconds=1))
    assert ask(lambda ctx: ctx.kv.get("a")) is None
    ask(lambda ctx: ctx.kv.put("a", 2))
    clock.advance(timedelta(days=9))
    assert ask(lambda ctx: ctx.kv.get("a")) == 2


def test_a_value_that_is_too_large_is_refused(ask):
    with pytest.raises(PluginFailed, match="at most 65536"):
        ask(lambda ctx: ctx.kv.put("a", "x" * 65536))


def test_secrets_are_sealed_and_no_plain_value(ask, inst):
    ask(lambda ctx: ctx.keep_secret("bearer", "canary"))
    assert ask(lambda ctx: ctx.secret("bearer")) == "canary"
    assert ask(lambda ctx: ctx.secret("bearer"), of=None) is None
    assert ask(lambda ctx: ctx.kv.get("bearer")) is None
    with inst.db.read() as conn:
        stored = conn.execute(select(plugin_kv.c.value)).scalars().all()
    assert len(stored) == 1
    assert "canary" not in str(stored)
    ask(lambda ctx: ctx.keep_secret("bearer", None))
    assert ask(lambda ctx: ctx.secret("bearer")) is None


def test_a_secret_copied_to_another_team_does_not_open(ask, inst):
    ask(lambda ctx: ctx.keep_secret("bearer", "canary"))
    with inst.db.write() as conn:
        conn.execute(plugin_kv.update().values(team=0))
    with pytest.raises(PluginFailed, match="belongs elsewhere"):
        ask(lambda ctx: ctx.secret("bearer"), of=None)


def save(inst, scope, scope_id, **values):
    with inst.db.write() as conn:
        config.save(conn, inst.vault, "demo", scope, scope_id, Own(**values))


def test_settings_are_the_teams_over_the_installations_over_the_defaults(ask, inst, team):
    assert ask(lambda ctx: ctx.settings(Own)) == Own()
    save(inst, Scope.INSTALLATION, "", token="canary-i", pages=5)
    save(inst, Scope.TEAM, str(team.team_id), token="canary-t")
    found = ask(lambda ctx: ctx.settings(Own))
    assert (found.token.get_secret_value(), found.pages) == ("canary-t", 5)
    assert found.address == "https://api.example"
    elsewhere = ask(lambda ctx: ctx.settings(Own), of=None)
    assert elsewhere.token.get_secret_value() == "canary-i"
    with inst.db.read() as conn:
        assert "canary" not in str(conn.execute(select(setting.c.doc)).scalars().all())


def test_settings_moved_to_another_team_do_not_open(inst, team):
    save(inst, Scope.TEAM, "98", token="canary")
    with inst.db.write() as conn:
        conn.execute(setting.update().values(scope_id="99"))
    with inst.db.read() as conn, pytest.raises(SealBroken):
        config.resolve(conn, inst.vault, "demo", 99, Own)


def test_settings_of_an_older_version_leave_unknown_fields_aside(inst):
    save(inst, Scope.INSTALLATION, "", pages=5)

    class Newer(Config):
        pages: int = 1
        more: int = 2

    class Other(Config):
        more: int = 2

    with inst.db.read() as conn:
        assert config.resolve(conn, inst.vault, "demo", 0, Newer) == Newer(pages=5)
        assert config.resolve(conn, inst.vault, "demo", 0, Other) == Other()


def test_the_plan_is_asked_for_a_team_only(ask):
    assert ask(lambda ctx: ctx.allows("demo.yes", 2)) == Allowed(2)
    assert ask(lambda ctx: ctx.allows("demo.no")) == Denied("no", "plan")
    assert isinstance(ask(lambda ctx: ctx.allows("demo.yes"), of=None), Denied)


def test_addresses_are_below_the_plugins_own_path(ask):
    assert ask(lambda ctx: ctx.url("/a?b=1")) == "http://localhost/p/demo/a?b=1"


def test_the_same_job_waits_once_and_commits_with_the_transaction(ask, inst, team, clock):
    def work(ctx):
        with ctx.db() as db:
            db.execute(text("SELECT 1"))
            ctx.enqueue("demo.note", Note(text="a"), delay=timedelta(minutes=1))
            ctx.enqueue("demo.memo", Note(text="a"))
        ctx.enqueue("demo.note", Note(text="b"))

    ask(work)
    clock.advance(timedelta(seconds=1))
    found = tasks.claim(
        inst.db, "plugin_job", limit=9, lease=timedelta(1), now=clock(), owner="test"
    )
    assert sorted(claim.payload["text"] for claim in found) == ["a", "b"]
    assert {claim.team_id for claim in found} == {team.team_id}


def test_only_registered_jobs_are_enqueued(ask):
    with pytest.raises(PluginFailed, match="has registered no job"):
        ask(lambda ctx: ctx.enqueue("demo.unknown"))


def test_the_way_out_is_the_installations_fetcher(build, team):
    def app(environ, start):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        start("200 OK", [("Content-Type", "text/plain")])
        return [environ["QUERY_STRING"].encode() + environ["wsgi.input"].read(length)]

    mounted = Fetcher(mounts={"api.example:443": httpx2.WSGITransport(app)})
    plugins = build(make_plugin("demo"), fetcher=mounted)

    def work(ctx):
        read = ctx.http.get("https://api.example/", params={"a": "1"}).text()
        return read, ctx.http.post("https://api.example/", form={"b": "2"}).text()

    assert plugins.call("demo", team, "test", work) == ("a=1", "b=2")


def test_private_addresses_are_refused_to_plugins(ask):
    with pytest.raises(PluginFailed, match="not a public address"):
        ask(lambda ctx: ctx.http.get("http://127.0.0.1/"))


def test_one_transaction_at_a_time(ask):
    def work(ctx):
        with ctx.db(), ctx.db():
            pass

    with pytest.raises(PluginFailed, match="open already"):
        ask(work)


def test_work_for_no_team_has_no_team(ask):
    assert ask(lambda ctx: ctx.team_id, of=None) is None
    assert ask(lambda ctx: ctx.team_id, of=TeamRef(0, "")) is None
