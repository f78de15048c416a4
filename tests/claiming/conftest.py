"""A network that names no authors, its importer, and its log-in; two teams that read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, select

from tombola.api import (
    ClaimView,
    ContactCard,
    Ctx,
    Cursor,
    Evidence,
    Feature,
    Flow,
    Identity,
    IdentityProvider,
    Importer,
    Item,
    Kept,
    Lane,
    Media,
    MediaKind,
    Page,
    Phrase,
    Proven,
    Redirect,
    SourceConfig,
    Window,
)
from tombola.app import install
from tombola.campaigns import actions
from tombola.campaigns import service as campaigns
from tombola.campaigns.rules import ActionForm, CampaignForm, Interval
from tombola.claiming import jobs, service
from tombola.claiming.models import claim
from tombola.entrants import service as entrants
from tombola.entries.models import entry, participation, total
from tombola.importing import jobs as importing_jobs
from tombola.importing import service as sources
from tombola.importing.service import SourceForm
from tombola.mail import jobs as mail_jobs
from tombola.plans.service import ensure_first_plans
from tombola.plugins.states import Parts, Plugin, State
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House, Kinds
from tombola.settings import Settings
from tombola.teams import service as teams
from tombola.widget.models import visitor

PLACE = "https://wall.example/p/"


class WallConfig(SourceConfig):
    """What is read."""

    tag: str = "tombola"
    photos_only: bool = False


class WallCursor(Cursor):
    """The wall has one page."""


class Wall(Importer[WallConfig, WallCursor]):
    """Reads posts without authors; ``said`` is its word on each claim."""

    key = "wall.posts"
    title = "Wall"
    config_model = WallConfig
    cursor_model = WallCursor
    identity = "wall.id"
    lanes = frozenset({Lane.LIVE})
    claims = True
    recheck_size = 10
    media_hosts: ClassVar[Sequence[str]] = ()

    def __init__(self) -> None:
        self.posts: list[Item] = []
        self.said: Evidence | Exception = Evidence()
        self.asked: list[ClaimView] = []

    def open(self, ctx: Ctx, config: WallConfig, lane: Lane, window: Window) -> WallCursor:
        return WallCursor()

    def fetch(self, ctx: Ctx, config: WallConfig, cursor: WallCursor) -> Page[WallCursor]:
        return Page(list(self.posts), None, WallCursor())

    def recheck(self, ctx: Ctx, config: WallConfig, items: Sequence[Kept]) -> Sequence[Item]:
        asked = {each.external_id for each in items}
        return [post for post in self.posts if post.external_id in asked]

    def claim_key(self, text: str) -> str | None:
        return "wall:" + text.removeprefix(PLACE).strip("/") if text.startswith(PLACE) else None

    def evidence(self, ctx: Ctx, config: WallConfig, claim: ClaimView) -> Evidence:
        self.asked.append(claim)
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


class WallLogIn(IdentityProvider):
    """Proves an account, and what it owns."""

    key = "wall.id"
    title = "Wall"

    def __init__(self) -> None:
        self.owns: Sequence[str] = ()
        self.others: Sequence[Identity] = ()

    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        return Redirect(f"https://wall.example/log-in?state={flow.state}")

    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Proven:
        seen = Identity(self.key, params["code"], params["code"])
        return Proven(seen, owns=self.owns, also=self.others)

    def contact(self, ctx: Ctx, identity: Identity, item: Item | None) -> ContactCard:
        said = Phrase("@%(handle)s, %(word)s", {"handle": identity.handle or "", "word": "you won"})
        return ContactCard(
            profile_url=f"https://wall.example/u/{identity.uid}",
            post_url=item.permalink if item else None,
            note="Write on the wall.",
            draft=said,
        )


@dataclass
class World:
    """An installation with one campaign whose posts have no authors, and people who take part."""

    inst: Any
    actor: Any
    operator: Any
    wall: Wall
    log_in: WallLogIn
    clock: Any
    campaign: Any
    action: Any
    kinds: Kinds = field(
        default_factory=lambda: Kinds([*importing_jobs.kinds(), *jobs.kinds(), *mail_jobs.kinds()])
    )

    @property
    def house(self) -> House:
        return House(self.inst, self.kinds)

    def post(self, name: str, text: str = "my picture #tombola", **more: Any) -> Item:
        """Put a post on the wall, for the next import."""
        made = Item(
            external_id=name, occurred_at=self.clock(), kind="post", text=text,
            media=(Media(MediaKind.OTHER),), permalink=PLACE + name, claim_key=f"wall:{name}",
            **more,
        )  # fmt: skip
        self.wall.posts.insert(0, made)
        return made

    def read(self) -> None:
        """Let the import find what is on the wall by now."""
        self.clock.advance(timedelta(hours=2))
        self.work()

    def work(self, *names: str) -> None:
        """Let workers do all that is due now."""
        while True:
            reconciler.tick(self.house)
            wanted = names or ("import", "claim", "owned")
            if not sum(runner.run(self.house, self.kinds[name]) for name in wanted):
                return

    def person(self, name: str, email: str | None = None) -> tuple[int, int]:
        """Somebody who takes part: their entrant and their browser."""
        now = self.clock()
        with self.inst.db.write() as conn:
            made = conn.execute(
                visitor.insert()
                .values(
                    team_id=self.actor.team_id, token_hash=f"hash {name} {email}", created_at=now,
                    seen_at=now,
                )
                .returning(visitor.c.id)
            ).scalar_one()  # fmt: skip
            known = entrants.enter(conn, self.actor.team_id, made, name, email, now)
            conn.execute(
                visitor.update().where(visitor.c.id == made).values(entrant_id=known.entrant_id)
            )
        return known.entrant_id, made

    def claim(self, who: tuple[int, int], name: str, **more: Any) -> Any:
        """Let somebody claim a post."""
        wanted = service.Wanted(
            who[0], who[1], more.pop("client", "192.0.2.1"), PLACE + name, **more
        )
        return service.make(self.inst, self.campaign, self.actor, self.action, wanted)

    def state(self, made: Any) -> str:
        with self.inst.db.read() as conn:
            found: str = conn.execute(
                select(claim.c.state).where(claim.c.uid == made.uid)
            ).scalar_one()
            return found

    def row(self, made: Any) -> Any:
        with self.inst.db.read() as conn:
            return conn.execute(select(claim).where(claim.c.uid == made.uid)).mappings().one()

    def owners(self) -> dict[str, int]:
        """For whom each entry counts, by its post."""
        with self.inst.db.read() as conn:
            return dict(conn.execute(select(entry.c.key, entry.c.entrant_id)).all())

    def counts(self) -> Any:
        """Everything that is counted: entries by entrant and state, totals, participations."""
        with self.inst.db.read() as conn:
            mine = select(entry.c.entrant_id, entry.c.key, entry.c.state, entry.c.slot)
            sums = select(total.c.state, func.sum(total.c.entries), func.sum(total.c.worth))
            parts = select(participation.c.entrant_id, participation.c.entries)
            return (
                sorted(map(str, conn.execute(mine))),
                sorted(
                    str(row)
                    for row in conn.execute(
                        sums.group_by(total.c.state).having(func.sum(total.c.entries) > 0)
                    )
                ),
                sorted(str(row) for row in conn.execute(parts.where(participation.c.entries > 0))),
            )


def make_world(database: Any, clock: Any, folder: Path, interval: Interval) -> World:
    with database.write() as conn:
        ensure_first_plans(conn)
    wall, log_in = Wall(), WallLogIn()
    parts = Parts(
        importers=[wall],
        identity_providers=[log_in],
        features=[Feature("wall.posts", "Wall", plan="free")],
    )
    plugin = Plugin("wall", "wall", "tombola-wall", "1.0", state=State.READY, parts=parts)
    settings = Settings(
        data_dir=folder, password_memory=8, base_url="http://localhost", smtp_url="smtp://localhost"
    )
    inst = install(settings, plugins=[plugin], db=database, clock=clock)
    form = teams.NewMember(name="Olga", email="o@example.org", password="long enough words")
    operator = teams.create_first_operator(inst, form)
    acting = teams.operator_actor(operator)
    teams.create_team(inst, acting, teams.NewTeam(name="Team", slug="team"))
    actor = teams.actor_in(inst, operator, "team")[0]
    now: datetime = clock()
    campaign = campaigns.create(
        inst, actor,
        CampaignForm(
            title="Summer", starts_at=now - timedelta(days=30), ends_at=now + timedelta(days=30),
            zone="Europe/Berlin",
        ),
        key="y2sB7",
    )  # fmt: skip
    action = actions.add(
        inst, actor, campaign.uid,
        ActionForm(type_key="wall.posts", title="Post it", interval=interval, worth=2),
    )  # fmt: skip
    world = World(inst, actor, operator, wall, log_in, clock, campaign, action)
    reconciler.settle_in(world.house)
    sources.add(inst, actor, action.uid, SourceForm(config={"tag": "tombola"}))
    world.work()
    return world


@pytest.fixture
def world(database: Any, clock: Any, tmp_path: Path) -> World:
    return make_world(database, clock, tmp_path, Interval.UNLIMITED)


@pytest.fixture
def daily_world(database: Any, clock: Any, tmp_path: Path) -> World:
    """The same with an action that counts once a day."""
    return make_world(database, clock, tmp_path, Interval.DAILY)


@pytest.fixture
def quick_world(sqlite_database: Any, clock: Any, tmp_path: Path) -> World:
    return make_world(sqlite_database, clock, tmp_path, Interval.UNLIMITED)
