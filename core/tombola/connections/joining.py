"""How a team comes to its accounts: to the network and back, then picked, or renewed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from tombola.api import (
    Account,
    Conflict,
    Ctx,
    Flow,
    HttpError,
    Invalid,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Redirect,
    Text,
)
from tombola.connections.models import connection, offer
from tombola.connections.rules import (
    USABLE,
    ConnectionState,
    accounts_of,
    accounts_text,
    checked,
)
from tombola.connections.service import CHECK, connector_of, get, listing, title_of, why_unready
from tombola.connections.store import sealed
from tombola.db import new_uid
from tombola.db.rows import first
from tombola.db.sets import insert_new
from tombola.handshakes import service as handshakes
from tombola.handshakes.service import Purpose
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: How long what a network said a member administers waits for the member's choice.
OFFERED = timedelta(minutes=30)
#: How long a connector may take to list accounts.
FINISH = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Offered:
    """What a member may pick from.

    Attributes:
        renewed: uids of accounts that were connected before; their tokens are new now.
    """

    uid: str
    connector: str
    title_of: Text
    accounts: Sequence[Account]
    renewed: Collection[str]


@dataclass(frozen=True, slots=True)
class Returned:
    """How a member came back from a network.

    Attributes:
        renewed: titles of accounts whose tokens are new now.
        offer_uid: where the others can be picked from; None when there is nothing to pick.
    """

    renewed: Sequence[str]
    offer_uid: str | None


def begin(
    inst: Installation, actor: Actor, key: str, holder: str, back_to: str, again: str | None = None
) -> str:
    """Send a member to a network to connect accounts, or to renew the tokens of one.

    Args:
        inst: The installation.
        actor: The member.
        key: The connector's.
        holder: The member's session.
        back_to: Path of the team's page of accounts.
        again: Public name of the connection that is to be reconnected.

    Returns:
        The network's address.

    Raises:
        NotFound: No installed plugin offers it, or the team has no such connection.
        Invalid: It cannot be used now; the message says why.
    """
    actor.need(Role.EDITOR)
    offered = connector_of(inst, key)
    refused = why_unready(inst, actor, offered)
    if refused is not None:
        raise Invalid({"": refused})
    if again is not None:
        get(inst, actor, again)

    def leave(flow: Flow) -> Redirect:
        step = inst.plugins.call(
            key, actor, "begin", lambda ctx: offered.begin(ctx, flow), passes=(Invalid,)
        )
        if not isinstance(step, Redirect):
            raise Invalid({"": "This way to connect cannot be used here."})
        return step

    try:
        details = {"again": again}
        step = handshakes.begin(
            inst, Purpose.CONNECT, offered.key, actor, holder, back_to, details, leave
        )
    except (PluginFailed, PluginUnavailable) as failed:
        raise Invalid({"": str(failed)}) from failed
    return step.url


def finish(
    inst: Installation,
    actor: Actor,
    left: handshakes.Left,
    key: str,
    params: Mapping[str, str],
) -> Returned:
    """Take in what a network says of a member who is back: renew what is known, offer the rest.

    Args:
        inst: The installation.
        actor: The member, in the team that the handshake is of.
        left: The handshake; session and role have been compared.
        key: The connector's.
        params: What the browser brought.

    Raises:
        Invalid: The person or the network refused, or the wanted account is not among those found.
    """
    actor.need(Role.EDITOR)
    offered = connector_of(inst, key)

    def ask(ctx: Ctx) -> list[Account]:
        return checked(offered.finish(ctx, left.flow, params))

    try:
        found = inst.plugins.call(
            key, actor, "finish", ask, deadline=FINISH, passes=(Invalid, HttpError)
        )
    except (PluginFailed, PluginUnavailable, HttpError) as failed:
        raise Invalid({"": f"The network could not be asked: {failed}"}) from failed
    renewed = _renew(inst, actor, key, found)
    again = left.details.get("again")
    if again is not None:
        _need_renewed(inst, actor, str(again), found, renewed)
    if again is not None or {each.uid for each in found} <= set(renewed):
        return Returned(list(renewed.values()), None)
    return Returned(list(renewed.values()), _offer(inst, actor, key, found))


def offered(inst: Installation, actor: Actor, uid: str) -> Offered:
    """What a member may pick from; only for the member who logged in. Raises NotFound."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        row = _offer_row(conn, inst, actor, uid)
        keys = inst.plugins.connector_keys(row["connector"])
        known = select(connection.c.account_uid).where(
            connection.c.team_id == actor.team_id,
            connection.c.connector.in_(keys),
            connection.c.state.in_([each.value for each in USABLE]),
        )
        renewed = set(conn.execute(known).scalars())
    accounts = accounts_of(inst.vault.open(_offer_seal(row), row["sealed"]))
    title = title_of(inst, row["connector"])
    return Offered(uid, row["connector"], title, accounts, renewed)


def pick(inst: Installation, actor: Actor, uid: str, chosen: Collection[str]) -> list[str]:
    """Connect the accounts that a member has chosen; their check begins at once.

    Returns:
        Their titles.

    Raises:
        NotFound: There is no such offer (any more).
        Invalid: Nothing was chosen, or what cannot be used.
    """
    found = offered(inst, actor, uid)
    by_uid = {each.uid: each for each in found.accounts if not each.missing}
    if not chosen:
        raise Invalid({"": "Choose at least one account."})
    if set(chosen) - set(by_uid):
        raise Invalid({"": "One of these accounts cannot be connected as it is."})
    now = inst.clock()
    with inst.db.write() as conn:
        _offer_row(conn, inst, actor, uid)
        for each in sorted(chosen):
            row = _insert(conn, inst, actor, found.connector, by_uid[each], now)
            _put_in(conn, inst, actor, row, by_uid[each], "account.connected", now)
        conn.execute(offer.delete().where(offer.c.uid == uid))
    inst.bell.ring(CHECK)
    return [by_uid[each].title for each in sorted(chosen)]


def connect(inst: Installation, actor: Actor, key: str, accounts: Sequence[Account]) -> None:
    """Connect accounts whose keys are at hand, as a seed brings them.

    Those that work stay as they are; broken ones get these keys, as by a member's reconnecting.

    Raises:
        NotFound: No installed plugin offers the connector.
    """
    actor.need(Role.EDITOR)
    offered = connector_of(inst, key)
    known = {each.account_uid: each.state for each in listing(inst, actor)}
    broken = [each for each in accounts if known.get(each.uid) is ConnectionState.BROKEN]
    if broken:
        _renew(inst, actor, offered.key, checked(broken))
    now = inst.clock()
    with inst.db.write() as conn:
        for each in checked([each for each in accounts if each.uid not in known]):
            row = _insert(conn, inst, actor, offered.key, each, now)
            _put_in(conn, inst, actor, row, each, "account.connected", now)
    inst.bell.ring(CHECK)


def _renew(inst: Installation, actor: Actor, key: str, found: Sequence[Account]) -> dict[str, str]:
    """Give connected accounts their new tokens. Returns titles by uid."""
    now = inst.clock()
    renewed: dict[str, str] = {}
    with inst.db.write() as conn:
        rows = conn.execute(
            select(connection).where(
                connection.c.team_id == actor.team_id,
                connection.c.connector.in_(inst.plugins.connector_keys(key)),
                connection.c.state != ConnectionState.LEFT,
            )
        ).mappings()
        known = {row["account_uid"]: row for row in rows}
        for each in sorted(found, key=lambda account: account.uid):
            if each.uid in known and not each.missing:
                _put_in(conn, inst, actor, known[each.uid], each, "account.reconnected", now)
                renewed[each.uid] = each.title
        if renewed:
            tasks.wake(conn, actor.team_id, now)
    if renewed:
        inst.bell.ring(CHECK)
    return renewed


def _need_renewed(
    inst: Installation,
    actor: Actor,
    uid: str,
    found: Sequence[Account],
    renewed: Collection[str],
) -> None:
    wanted = get(inst, actor, uid)
    if wanted.account_uid in renewed:
        return
    said = next((each.missing for each in found if each.uid == wanted.account_uid), None)
    if said:
        raise Invalid({str(number): text for number, text in enumerate(said)})
    raise Invalid(
        {"": f"The log-in worked, but whoever logged in does not administer “{wanted.title}”."}
    )


def _insert(
    conn: Connection, inst: Installation, actor: Actor, key: str, account: Account, now: datetime
) -> RowMapping:
    """The row of an account, made if it is new."""
    mine = select(connection).where(
        connection.c.team_id == actor.team_id,
        connection.c.connector.in_(inst.plugins.connector_keys(key)),
        connection.c.account_uid == account.uid,
    )
    row = first(conn, mine)
    if row is None:
        uid = new_uid(now)
        columns = (
            *("uid", "team_id", "connector", "account_uid", "kind", "title", "sealed", "facts"),
            *("state", "created_at", "renewed_at"),
        )
        blank = sealed(inst.vault, actor.team_id, uid, Account(account.uid, "", ""))
        values: tuple[Any, ...] = (
            *(uid, actor.team_id, key, account.uid, account.kind, account.title, blank, {}),
            *(ConnectionState.LEFT.value, now, now),
        )
        insert_new(conn, connection, columns, [values])
        row = first(conn, mine)
    if row is None:
        raise Conflict("Somebody else has changed this account at this moment; try again.")
    return row


def _put_in(
    conn: Connection,
    inst: Installation,
    actor: Actor,
    row: RowMapping,
    account: Account,
    act: str,
    now: datetime,
) -> None:
    """Keep an account in its row, working, and ask for its check."""
    conn.execute(
        connection.update()
        .where(connection.c.id == row["id"])
        .values(
            kind=account.kind,
            title=account.title,
            handle=account.handle,
            sealed=sealed(inst.vault, actor.team_id, row["uid"], account),
            facts=dict(account.facts),
            state=ConnectionState.WORKS,
            reason=None,
            told_at=None,
            connected_by=actor.member_id,
            renewed_at=now,
        )
    )
    tasks.put(conn, CHECK, str(row["id"]), now, team_id=actor.team_id)
    detail = {"connector": row["connector"], "account": account.uid, "title": account.title}
    audit(conn, actor, act, row["uid"], detail, now)


def _offer(inst: Installation, actor: Actor, key: str, found: Sequence[Account]) -> str:
    now = inst.clock()
    row = {
        "uid": new_uid(now),
        "team_id": actor.team_id,
        "member_id": actor.member_id,
        "connector": key,
        "expires_at": now + OFFERED,
    }
    text = inst.vault.seal(_offer_seal(row), accounts_text(found))
    with inst.db.write() as conn:
        conn.execute(offer.delete().where(offer.c.expires_at < now))
        conn.execute(offer.insert().values(**row, sealed=text))
    return str(row["uid"])


def _offer_row(conn: Connection, inst: Installation, actor: Actor, uid: str) -> RowMapping:
    row = first(
        conn,
        select(offer).where(
            offer.c.uid == uid,
            offer.c.team_id == actor.team_id,
            offer.c.member_id == actor.member_id,
            offer.c.expires_at > inst.clock(),
        ),
    )
    if row is None:
        raise NotFound("This choice has been made already, or waited too long. Connect again.")
    return row


def _offer_seal(row: Mapping[str, object] | RowMapping) -> str:
    return f"offer:{row['team_id']}:{row['uid']}"
