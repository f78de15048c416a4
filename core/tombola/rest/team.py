"""What belongs to the team and not to one campaign: its connected accounts, and its audit log."""

from typing import Annotated, Any

from pydantic import Field

from tombola.api.text import render
from tombola.connections import service
from tombola.connections.rules import ConnectionState
from tombola.connections.service import Connected
from tombola.installation import current
from tombola.rest.registry import Api
from tombola.rest.shapes import At, Listing, Moment, Shape
from tombola.teams import audit_list, doors
from tombola.teams.audit_list import Wanted
from tombola.teams.rules import Role, Scope
from tombola.web import paging
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


class RecordsWanted(Shape):
    """Which records."""

    act: Annotated[str, Field(max_length=100, description="Of this act.")] = ""
    since: Annotated[At | None, Field(description="From this moment on.")] = None
    until: Annotated[At | None, Field(description="Before this moment.")] = None
    after: Annotated[
        str | None, Field(max_length=500, description="The `next` of the page before.")
    ] = None


class Record(Shape):
    """A record of the audit log."""

    number: Annotated[int, Field(description="Its place in the installation's one log.")]
    at: Moment
    member: Annotated[str, Field(description="Who did it; empty for a program.")]
    program: Annotated[str, Field(description="The name of the token; empty for a member.")]
    act: Annotated[str, Field(description="Such as campaign.changed.")]
    subject: Annotated[str, Field(description="The id of what it was done to.")]
    detail: dict[str, Any]
    hash: Annotated[str, Field(description="SHA-256 in hex, which covers the record before it.")]


class Records(Listing):
    """A page of the audit log, the newest first."""

    items: list[Record]


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


@api.get("/audit", scope=Scope.AUDIT_READ, role=Role.OWNER, query=RecordsWanted, answer=Records)
def list_audit(query: RecordsWanted) -> Records:
    """Read what members and programs of the team have done, the newest first."""
    after = paging.decode(query.after)
    wanted = Wanted(act=query.act, since=query.since, until=query.until)
    page = audit_list.page(current(), doors.actor(), wanted, after=after[1] if after else None)
    items = [
        Record(
            number=one.seq,
            at=one.at,
            member=one.who,
            program=one.program,
            act=one.act,
            subject=one.subject,
            detail=dict(one.detail),
            hash=one.hash,
        )
        for one in page.records
    ]
    following = None
    if page.after is not None:
        following = paging.encode(page.records[-1].at, page.after)
    return Records(items=items, next=following)


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
