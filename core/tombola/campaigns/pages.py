"""What the pages of one campaign share: which one an address means, for this team and no other."""

from tombola.api import NotFound
from tombola.campaigns import service
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.teams import doors


def campaign_of_address(key: str) -> Campaign:
    """The campaign of a key in the address. Raises NotFound for another team's."""
    with current().db.read() as conn:
        found = service.by_key(conn, key)
    if found.team_id != doors.actor().team_id:
        raise NotFound("There is no such campaign.")
    return found
