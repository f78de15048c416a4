"""Two entrants who are one person: looked at beforehand in numbers, then made one, reversibly.

Merging is links, one for each identity, and each link has its undo. It is never offered for equal
names.
"""

from pydantic import BaseModel, ConfigDict

from tombola.api import Invalid
from tombola.claiming import settling
from tombola.db import new_uid
from tombola.entrants import service as entrants
from tombola.entrants.service import Known
from tombola.entries.changes import Act, hold_campaigns
from tombola.entries.linking import link
from tombola.installation import Installation
from tombola.people.service import Part, of_uid, parts_of
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.web.i18n import gettext as _
from tombola.widget import visitors

#: Why a merge's links were made, as it is written with each.
WHY = "merge"


class Preview(BaseModel):
    """What a merge would move: identities, and the entries that each side has by campaign."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    moving: list[Known]
    theirs: list[Part]
    mine: list[Part]

    @property
    def entries(self) -> int:
        """How many entries would move."""
        return sum(part.entries for part in self.theirs)


def preview(inst: Installation, actor: Actor, into_uid: str, from_uid: str) -> Preview:
    """Say what would move. Raises NotFound; Invalid when there is nothing to merge."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        into, other = of_uid(conn, actor, into_uid), of_uid(conn, actor, from_uid)
        moving = entrants.identities_of(conn, actor.team_id, other.id)
        if into.id == other.id or not moving:
            raise Invalid({"": _("There is nothing to merge: they are one already.")})
        return Preview(
            moving=moving,
            theirs=parts_of(conn, actor.team_id, other.id),
            mine=parts_of(conn, actor.team_id, into.id),
        )


def merge(inst: Installation, actor: Actor, into_uid: str, from_uid: str) -> int:
    """Let everything that one entrant is and did count for another.

    Their browsers and claims go with it. Idempotent: a second time there is nothing left to move.

    Returns:
        How many identities moved.

    Raises:
        NotFound: another team's entrant, or none.
        Invalid: both are the same.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        into, other = of_uid(conn, actor, into_uid), of_uid(conn, actor, from_uid)
        if into.id == other.id:
            raise Invalid({"": _("There is nothing to merge: they are one already.")})
        wanted = entrants.identities_of(conn, actor.team_id, other.id)
        hold_campaigns(conn, actor.team_id, [one.id for one in wanted])
        act = Act("link", actor, "", new_uid(now), now)
        moved = 0
        for known in entrants.identities_of(conn, actor.team_id, other.id):
            moved += link(conn, known, into.id, WHY, act) is not None
        if moved:
            visitors.move(conn, actor.team_id, other.id, into.id)
            settling.follow(conn, actor.team_id, other.id, into.id)
            audit(conn, actor, "people.merged", into.uid, {"from": other.uid}, now)
    return moved
