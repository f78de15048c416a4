"""What the rooms bring to the house: their pages and their kinds of duty, each list once."""

from tombola.installation import Installation
from tombola.queue.kinds import Kind, Kinds
from tombola.teams import admin as teams_admin
from tombola.web.routing import Pages

PAGES: tuple[Pages, ...] = (teams_admin.pages,)


def kinds(inst: Installation) -> Kinds:
    """Every kind of duty of this installation."""
    del inst
    found: list[Kind] = []
    return Kinds(found)
