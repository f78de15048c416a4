"""A signature is good for one event: its nonce is kept until it would be too old anyway."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from tombola.db.sets import insert_ignore, members
from tombola.widget.models import signature_nonce
from tombola.widget.parts import Judged
from tombola.widget.proof import SKEW, parse
from tombola.widget.rules import lasting


def spend(conn: Connection, weighed: Sequence[Judged]) -> list[Judged]:
    """Use the nonces of good signatures; those used for another event have no weight.

    The nonce is in the signed text, and so are visitor, name and value. What is left to tell two
    uses apart is the period: the same signature for the same event is a repeat, as pages make them.
    """
    uses = {
        number: (each.part.place.campaign.id, signed.nonce, _period(each), signed.ends_at)
        for number, each in enumerate(weighed)
        if each.pushed.signature is not None
        and each.flaw is None
        and each.part.visitor is not None
        and (signed := parse(each.pushed.signature)) is not None
    }
    if not uses:
        return list(weighed)
    rows = [
        (weighed[number].part.place.campaign.team_id, campaign_id, nonce, period, ends_at)
        for number, (campaign_id, nonce, period, ends_at) in uses.items()
    ]
    rows.sort(key=lambda row: row[1:3])
    columns = ("team_id", "campaign_id", "nonce", "used_for", "ends_at")
    insert_ignore(conn, signature_nonce, columns, rows)
    found = conn.execute(
        select(
            signature_nonce.c.campaign_id, signature_nonce.c.nonce, signature_nonce.c.used_for
        ).where(members(conn, signature_nonce.c.nonce, sorted({row[2] for row in rows})))
    )
    used_for = {(row[0], row[1]): row[2] for row in found}
    return [
        each.used_before()
        if number in uses and used_for[uses[number][:2]] != uses[number][2]
        else each
        for number, each in enumerate(weighed)
    ]


def prune(conn: Connection, now: datetime) -> None:
    """Forget nonces whose signatures have been too old for a while."""
    conn.execute(signature_nonce.delete().where(signature_nonce.c.ends_at < now - SKEW))


def _period(each: Judged) -> str:
    place = each.part.place
    period, _ = lasting(place.intervals(each.pushed.name), each.part.at, place.zone)
    return period
