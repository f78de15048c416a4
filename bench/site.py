"""A campaign with one tracked action in a fresh database, and the requests of its visitors."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from tombola.app import install
from tombola.campaigns import actions, service
from tombola.campaigns.rules import ActionForm, CampaignForm
from tombola.installation import Installation
from tombola.settings import Settings
from tombola.teams.rules import Actor, Role
from tombola.teams.service import NewTeam, create_team
from tombola.testing.postgres import serve
from tombola.widget.models import event

KEY = "y2sB7"
_OPERATOR = Actor(0, "", None, "Bench", Role.VIEWER, operator=True)


@dataclass(frozen=True)
class Site:
    """An installation's database and folder, and how its server is told of them."""

    inst: Installation

    @property
    def environment(self) -> dict[str, str]:
        """For ``tombola web`` and for the naive application."""
        settings = self.inst.settings
        return {
            "TOMBOLA_DATA_DIR": str(settings.data_dir),
            "TOMBOLA_DATABASE_URL": settings.database_url,
            # The generator plays thousands of addresses, as a proxy would tell them.
            "TOMBOLA_TRUSTED_PROXIES": "1",
            "BENCH_DATABASE": settings.database_url,
        }

    def events(self) -> int:
        """How many pushes are stored."""
        with self.inst.db.read() as conn:
            return conn.execute(select(func.count()).select_from(event)).scalar_one()


def made(folder: Path, url: str) -> Site:
    """Make the campaign in a database of its own."""
    settings = Settings(data_dir=folder, database_url=url)
    told = {"TOMBOLA_DATA_DIR": str(folder), "TOMBOLA_DATABASE_URL": url}
    subprocess.run(  # our own words
        [sys.executable, "-m", "tombola", "migrate"], env={**os.environ, **told}, check=True
    )
    inst = install(settings)
    team = create_team(inst, _OPERATOR, NewTeam(name="Bench", slug="bench", plan="business"))
    actor = Actor.system(team.id, team.uid)
    now = datetime.now(UTC)
    form = CampaignForm(
        title="Bench", zone="Europe/Berlin",
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1),
    )  # fmt: skip
    campaign = service.create(inst, actor, form, key=KEY)
    config = {"completed_by": "tracking", "signals": ["Purchase"]}
    action = ActionForm(
        type_key="custom_tracking.custom", title="Buy", config=config,
        interval="unlimited", worth=1, mandatory=False,
    )  # fmt: skip
    actions.add(inst, actor, campaign.uid, action)
    return Site(inst)


@contextmanager
def sites() -> Iterator[list[Site]]:
    """One on a fresh SQLite file and one on a fresh PostgreSQL database."""
    with (
        tempfile.TemporaryDirectory(prefix="tombola-bench-") as name,
        serve(Path(name)) as server,
    ):
        folder = Path(name)
        yield [
            made(folder / "s", f"sqlite:///{folder}/bench.sqlite3"),
            made(folder / "p", server.create("bench_site")),
        ]


def push(number: int) -> bytes:
    """A push of the ``number``-th visitor; each tenth comes again."""
    who = number - 1 if number % 10 == 9 else number  # noqa: PLR2004 # as said
    body = json.dumps({"v": f"visitor-{who:09}", "k": [KEY], "e": [["Purchase", str(who)]]})
    sender = f"10.{who >> 16 & 255}.{who >> 8 & 255}.{who & 255}"
    return (
        f"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain;charset=UTF-8\r\n"
        f"Origin: https://shop.example\r\nX-Forwarded-For: {sender}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
