"""What belongs to the team and not to one campaign: its connected accounts."""

from typing import Annotated

from pydantic import Field

from tombola.api.text import render
from tombola.connections import service
from tombola.connections.rules import ConnectionState
from tombola.connections.service import Connected
from tombola.installation import current
from tombola.rest.registry import Api
from tombola.rest.shapes import Moment, Shape
from tombola.teams import doors
from tombola.teams.rules import Scope
from tombola.web.i18n import gettext as _

api = Api("rest_team", __name__, tag="Team")


class Account(Shape):
    """An account at a network that the team has connected; members connect them on a page."""

    id: str
    connector: Annotated[str, Field(description="The key of what connects it.")]
    account: Annotated[str, Field(description="The network's id: what a source's config names.")]
    title: str
    username: str | None
    state: ConnectionState
    reason: Annotated[str | None, Field(description="Why it is broken; null: all is well.")]
    created_at: Moment
    checked_at: Moment | None


class Accounts(Shape):
    """The team's connected accounts, by title."""

    items: list[Account]


@api.get("/accounts", scope=Scope.CAMPAIGNS_READ, answer=Accounts)
def list_accounts() -> Accounts:
    """List the accounts that the team has connected."""
    found = service.listing(current(), doors.actor())
    return Accounts(items=[_told(one) for one in found])


@api.post("/accounts/<account>/check", scope=Scope.CAMPAIGNS_WRITE, answer=Account, status=202)
def check_account(account: str) -> Account:
    """Ask the network whether an account still works. It goes on in the background."""
    service.check_now(current(), doors.actor(), account)
    return _told(service.get(current(), doors.actor(), account))


def _told(one: Connected) -> Account:
    return Account(
        id=one.uid,
        connector=one.connector,
        account=one.account_uid,
        title=one.title,
        username=one.handle,
        state=one.state,
        reason=None if one.reason is None else render(one.reason, _),
        created_at=one.created_at,
        checked_at=one.checked_at,
    )
