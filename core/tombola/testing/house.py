"""A whole application for tests of pages: two teams, a member for each role, a sample plugin."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pydantic import Field, SecretStr, field_validator
from werkzeug.test import TestResponse

from tombola import rooms
from tombola.api import (
    ActionType,
    Complaint,
    Completed,
    Config,
    Ctx,
    Cursor,
    Estimate,
    FetchError,
    Importer,
    Item,
    Lane,
    Page,
    Settings,
    SourceConfig,
    View,
    Who,
    Window,
)
from tombola.app import create_app, install
from tombola.campaigns import actions, service
from tombola.campaigns.rules import ActionForm, CampaignForm
from tombola.campaigns.service import Action, Campaign
from tombola.db import Database, new_uid
from tombola.db.rows import insert_one
from tombola.installation import Clock, Installation
from tombola.plans.service import ensure_first_plans
from tombola.plugins.states import Parts, Plugin, State
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House as Works
from tombola.settings import Settings as InstallationSettings
from tombola.teams import models, passwords
from tombola.teams import service as teams
from tombola.teams.rules import Actor, Role
from tombola.teams.service import Member, NewMember, NewTeam, Team

PASSWORD = "correct horse battery"  # noqa: S105 # invented


class SampleConfig(Config):
    """What a sample action asks."""

    word: str = Field(min_length=1, title="Secret word", description="People type it.")
    tags: tuple[str, ...] = Field(default=(), title="Tags")

    @field_validator("word")
    @classmethod
    def _one_word(cls, value: str) -> str:
        if " " in value:
            raise ValueError("One word, without spaces.")
        return value


class SampleSettings(Config):
    """What the sample plugin asks of an operator and of a team."""

    address: str = Field(default="", title="Address")
    key: SecretStr = Field(default=SecretStr(""), title="Key")


class SampleAction(ActionType[SampleConfig]):
    """An action that everybody completes by asking."""

    key = "sample.word"
    title = "Secret word"
    config_model = SampleConfig

    def check(self, ctx: Ctx, config: SampleConfig) -> Iterable[Complaint]:  # part of the contract
        """Refuse the word ``taken``."""
        if config.word == "taken":
            yield Complaint("This word is in use elsewhere.", "word")

    def options(
        self, ctx: Ctx, field: str, query: str
    ) -> Iterable[tuple[str, str]]:  # part of the contract
        """Offer one value."""
        yield query + "1", f"{query} <one>"

    def view(self, ctx: Ctx, config: SampleConfig, who: Who | None) -> View:  # part of the contract
        """Show the button alone."""
        return View(label="Say it")

    def start(self, ctx: Ctx, config: SampleConfig, who: Who) -> Completed:  # part of the contract
        """Complete at once."""
        return Completed(proof="said")


class FeedConfig(SourceConfig):
    """What a source of the sample importer reads."""

    tags: tuple[str, ...] = Field(min_length=1, title="Tags")


class FeedCursor(Cursor):
    """There is one page."""

    page: int = 0


class SampleFeed(Importer[FeedConfig, FeedCursor]):
    """An importer whose network is the list ``posts``; ``trouble`` is what it raises instead."""

    key = "sample.feed"
    title = "Sample feed"
    config_model = FeedConfig
    cursor_model = FeedCursor

    def __init__(self) -> None:
        self.posts: list[Item] = []
        self.trouble: FetchError | None = None

    def estimate(self, ctx: Ctx, config: FeedConfig, window: Window) -> Estimate:  # the contract
        """Count the posts."""
        return Estimate(len(self.posts), exact=True, samples=self.posts[:3], notes=["Read me."])

    def open(
        self, ctx: Ctx, config: FeedConfig, lane: Lane, window: Window
    ) -> FeedCursor:  # the contract
        """Begin."""
        return FeedCursor()

    def fetch(
        self, ctx: Ctx, config: FeedConfig, cursor: FeedCursor
    ) -> Page[FeedCursor]:  # the contract
        """Give all posts, or raise the trouble."""
        if self.trouble is not None:
            raise self.trouble
        return Page(self.posts, None, cursor)


def sample_plugins() -> list[Plugin]:
    """One that is ready, and one that raised at import."""
    parts = Parts(
        action_types=[SampleAction()],
        importers=[SampleFeed()],
        settings=Settings(installation=SampleSettings, team=SampleSettings),
    )
    ready = Plugin("sample", "sample.plugin", "tombola-sample", "1.0", state=State.READY)
    ready.parts = parts
    broken = Plugin("broken", "broken.plugin", "tombola-broken", "0.3")
    broken.stop(State.BROKEN, "ZeroDivisionError: division by zero", "Traceback: <line> 1")
    return [ready, broken]


@dataclass
class House:
    """An application and the people in it."""

    inst: Installation
    app: Flask
    operator: Member
    team: Team
    other: Team
    members: dict[str, Member] = field(default_factory=dict)

    def actor(self, role: str = "owner") -> Actor:
        """The member with a role, as an actor in the first team."""
        return teams.actor_in(self.inst, self.members[role], self.team.slug)[0]

    @property
    def feed(self) -> SampleFeed:
        """The sample importer with its network."""
        found = self.inst.plugins.importer("sample.feed")
        if not isinstance(found, SampleFeed):
            raise TypeError(found)
        return found

    def work(self, *kinds: str) -> int:
        """Let a worker do every import that is due, or other kinds; returns how many turns."""
        all_kinds = rooms.kinds()
        place = Works(self.inst, all_kinds)
        turns = 0
        while True:
            reconciler.tick(place)
            taken = sum(runner.run(place, all_kinds[kind]) for kind in kinds or ("import",))
            turns += taken
            if not taken:
                return turns

    def client(self, who: str | None) -> FlaskClient:
        """A browser: of nobody, of the operator, or of the member with a role."""
        client = self.app.test_client()
        if who is not None:
            email = self.operator.email if who == "operator" else self.members[who].email
            answer = self.post(client, "/log-in", email=email, password=PASSWORD)
            if answer.status_code != HTTPStatus.SEE_OTHER:
                raise AssertionError(answer.text)
        return client

    def post(self, client: FlaskClient, path: str, **form: Any) -> TestResponse:
        """Send a form with the token of this browser."""
        return client.post(path, data={"csrf_token": self.token(client), **form})

    def token(self, client: FlaskClient) -> str:
        """The form token of this browser, from any page that it may open."""
        for page in ("/your-teams", "/log-in"):
            text = client.get(page).text
            if 'name="csrf_token" value="' in text:
                return text.split('name="csrf_token" value="')[1].split('"')[0]
        raise AssertionError("no page gave a form token")

    def campaign(self, title: str = "Win a lamp", **more: Any) -> Campaign:
        """A campaign that runs, of the first team."""
        now = self.inst.clock()
        dates = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=9)}
        form = CampaignForm(title=title, zone="Europe/Berlin", **{**dates, **more})
        return service.create(self.inst, self.actor(), form)

    def action(self, campaign: Campaign, word: str = "moon", **more: Any) -> Action:
        """An action of the sample plugin."""
        form = ActionForm(
            **{"type_key": "sample.word", "title": "Say it", "config": {"word": word}, **more}
        )
        return actions.add(self.inst, self.actor(), campaign.uid, form)


def build(
    database: Database, clock: Clock, folder: Path, plugins: list[Plugin] | None = None
) -> House:
    """An installation with an operator, two teams, and a member for each role of the first.

    Its plugins are the sample ones unless others are given.
    """
    settings = InstallationSettings(
        data_dir=folder,
        database_url=database.url.render_as_string(hide_password=False),
        base_url="http://localhost",
        password_memory=8,
    )
    with database.write() as conn:
        ensure_first_plans(conn)
    found = sample_plugins() if plugins is None else plugins
    inst = install(settings, plugins=found, db=database, clock=clock)
    form = NewMember(name="Olu Operator", email="olu@example.org", password=PASSWORD)
    operator = teams.create_first_operator(inst, form)
    actor = teams.operator_actor(operator)
    team = teams.create_team(inst, actor, NewTeam(name="Lamps", plan="business"))
    other = teams.create_team(inst, actor, NewTeam(name="Rivals", plan="business"))
    house = House(inst, create_app(inst), operator, team, other)
    with inst.db.write() as conn:  # the operator is in no team, to see what that alone opens
        conn.execute(models.role.delete())
    digest = passwords.hasher(settings).hash(PASSWORD)
    for role in Role:
        house.members[role.value] = _member(house, role.value, digest, team, role)
    house.members["stranger"] = _member(house, "stranger", digest, other, Role.OWNER)
    return house


def _member(house: House, name: str, digest: str, team: Team, role: Role) -> Member:
    now = house.inst.clock()
    values = {"uid": new_uid(now), "email": f"{name}@example.org", "name": name.title()}
    with house.inst.db.write() as conn:
        made = insert_one(
            conn, models.member, **values, password_hash=digest, operator=False, created_at=now
        )
        conn.execute(models.role.insert().values(team_id=team.id, member_id=made, role=role.value))
    return Member(id=made, operator=False, **values)
