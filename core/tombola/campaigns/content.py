"""What a campaign's page says besides its title: rules and privacy."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from tombola.campaigns.rules import Address, Prose
from tombola.campaigns.service import Campaign, of_team, touch
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]


class ContentForm(BaseModel):
    """What a team says on its campaign's page; texts are plain, see ``web/prose.py``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: Prose = ""
    rules_text: Long = ""
    privacy_text: Long = ""
    privacy_url: Address = ""
    terms_url: Address = ""


def change(inst: Installation, actor: Actor, uid: str, form: ContentForm) -> Campaign:
    """Change what the page says. Raises NotFound, Forbidden."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, uid)
        values = form.model_dump()
        changed = {name: text for name, text in values.items() if getattr(found, name) != text}
        if not changed:
            return found
        touch(conn, actor, found, now, **changed)
        audit(conn, actor, "campaign.changed", uid, {"content": sorted(changed)}, now)
        return of_team(conn, actor, uid)
