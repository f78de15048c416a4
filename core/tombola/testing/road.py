"""The whole road of an import, driven by hand: a source, a worker's turns, entries, log-ins.

For tests that follow posts from a network into the Actions tab. Nothing of it is a stand-in: the
installation, its queue and its ledger are those of production; only the clock is the test's.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from tombola import seeding
from tombola.campaigns import service as campaigns
from tombola.campaigns.service import Campaign
from tombola.entrants import service as entrants
from tombola.entrants.models import link
from tombola.entries import linking, listing
from tombola.entries.changes import Act
from tombola.entries.listing import Line, Totals
from tombola.importing import jobs
from tombola.importing import service as importing
from tombola.importing.media_files import OpenPicture, open_picture
from tombola.importing.preview import Preview, SourceForm, preview
from tombola.importing.views import Source
from tombola.installation import Installation
from tombola.queue import runner
from tombola.queue.kinds import House, Kinds
from tombola.teams.models import team
from tombola.teams.rules import Actor
from tombola.widget import entering
from tombola.widget.directory import Directory

KEY = "Road1"
Browse = Callable[[str], Mapping[str, str]]
"""What a person does at a network: given its address, what the browser brings back."""


def seed(
    importer: str,
    config: Mapping[str, Any],
    settings: Mapping[str, Mapping[str, Any]],
    **action: Any,
) -> dict[str, Any]:
    """Make a seed: a running competition with one import action and one source.

    Args:
        importer: its key.
        config: of the source.
        settings: of the installation, by plugin.
        action: more of the action, such as ``worth`` and ``interval``.
    """
    return {
        "operator": {"email": "op@example.org", "name": "Op", "password": "correct horse"},
        "team": {"name": "Lamps", "slug": "lamps", "plan": "business"},
        "settings": dict(settings),
        "campaigns": [
            {
                "key": KEY,
                "title": "Win a lamp",
                "starts": "-P30D",
                "ends": "+P30D",
                "actions": [
                    {
                        "type": importer,
                        "title": "Post",
                        "interval": "unlimited",
                        "sources": [
                            {
                                "config": dict(config),
                                "photos_only": config.get("photos_only", True),
                            }
                        ],
                        **action,
                    }
                ],
            }
        ],
    }


class Road:
    """One campaign with one source.

    Attributes:
        inst: the installation.
        actor: the team's owner.
        campaign: the campaign.
    """

    def __init__(self, inst: Installation, document: Mapping[str, Any]) -> None:
        """Plant ``document``; see ``seed``."""
        path = inst.settings.data_dir / "road.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        seeding.load(inst, path, {})
        self.inst = inst
        self._directory = Directory(inst, fresh_s=0)
        with inst.db.read() as conn:
            team_id, uid = conn.execute(select(team.c.id, team.c.uid)).one()
            self.campaign: Campaign = campaigns.by_key(conn, KEY)
        self.actor = Actor.system(team_id, uid)

    @property
    def source(self) -> Source:
        """The source as its page shows it."""
        return importing.of_campaign(self.inst, self.actor, self.campaign.id)[0]

    def work(self) -> int:
        """Do every duty of imports that is due, as a worker does; say how many there were."""
        house = House(site=self.inst, kinds=Kinds(jobs.kinds()))
        done = 0
        while taken := sum(runner.run(house, kind) for kind in house.kinds.values()):
            done += taken
            # A duty that waits a moment for another is due then.
            self.inst.clock.advance(timedelta(milliseconds=2))  # type: ignore[attr-defined] # the test's clock
        return done

    def preview(self, config: Mapping[str, Any]) -> Preview:
        """Ask what another source would bring."""
        with self.inst.db.read() as conn:
            (action,) = campaigns.actions_of(conn, self.campaign.id)
        form = SourceForm(config=dict(config))
        return preview(self.inst, self.actor, action.uid, form)

    def lines(self) -> Sequence[Line]:
        """The Actions tab, newest own time first."""
        return listing.page(self.inst, self.actor, self.campaign.uid, size=500).lines

    def totals(self) -> Totals:
        """What the campaign holds."""
        return listing.totals(self.inst, self.actor, self.campaign.uid)

    def picture(self, line: Line) -> OpenPicture | None:
        """The kept picture of a line."""
        return open_picture(self.inst, line.picture) if line.picture else None

    def enter(self, secret: str, name: str = "Jo") -> int:
        """Enter with a name and an address in the browser with that cookie; give the entrant."""
        place = self._directory.get(KEY)
        if place is None:
            raise LookupError(KEY)
        address = f"{secret}@example.org"
        entering.enter(self.inst, self._directory, place, secret, name, address)
        return self.who(secret)

    def log_in(self, secret: str, provider: str, browse: Browse, *, consented: bool = True) -> int:
        """Log in at a network in the browser with that cookie; give the entrant."""
        place = self._directory.get(KEY)
        if place is None:
            raise LookupError(KEY)
        going = entering.begin(self.inst, place, secret, provider, f"/{KEY}", consented=consented)
        entering.finish(self.inst, self._directory, secret, provider, browse(going))
        return self.who(secret)

    def who(self, secret: str) -> int:
        """The entrant behind a browser's cookie."""
        met = entering.known(self.inst, self.actor.team_id, secret)
        if met is None or met.entrant_id is None:
            raise LookupError("this browser is nobody yet")
        return met.entrant_id

    def entrant_of(self, provider: str, uid: str) -> int | None:
        """The entrant that an account counts for; None for one that was never seen."""
        with self.inst.db.read() as conn:
            found = entrants.find(conn, self.actor.team_id, provider, uid)
        return None if found is None else found.entrant_id

    def unlink(self) -> None:
        """Undo the last link."""
        with self.inst.db.write() as conn:
            number = conn.execute(
                select(link.c.id).order_by(link.c.id.desc()).limit(1)
            ).scalar_one()
            act = Act("link", self.actor, "a mistake", "", self.inst.clock())
            linking.unlink(conn, number, act)
