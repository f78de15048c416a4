"""The same request under one Idempotency-Key is done once, and answered alike for 30 days.

The key is claimed before anything is done, and given back when nothing was. A process that dies
between the two leaves a key of which nobody can say what came of it: whoever asks again is told so
and has to look, since doing it twice may be worse than not at all.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import Request, Response
from sqlalchemy import select, update

from tombola.api import Conflict, Invalid
from tombola.db.sets import insert_new
from tombola.installation import Installation
from tombola.teams.tokens import Known
from tombola.widget.idempotency import USED_OTHERWISE, checked
from tombola.widget.models import idempotency

#: The header, and the one that an answer from memory carries.
HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
#: What stands for the answer while there is none.
_BEGUN = {"begun": True}
_KEPT_HEADERS = ("Location", "ETag")


def once(
    inst: Installation, token: Known, request: Request, act: Callable[[], Response]
) -> Response:
    """Do what a request asks, unless it was done under its key before.

    Raises:
        Invalid: The key was used for another request, or is none.
        Conflict: The first one is still under way, or ended without a trace.
    """
    key = checked(request.headers.get(HEADER))
    if key is None:
        return act()
    asked = f"{request.method} {request.full_path}\n".encode() + request.get_data()
    digest = sha256(asked).hexdigest()
    number = _claim(inst, token, key, digest)
    if number is None:
        return _again(inst, token, key, digest)
    try:
        response = act()
    except BaseException:
        with inst.db.write() as conn:
            conn.execute(idempotency.delete().where(idempotency.c.id == number))
        raise
    kept = {
        "status": response.status_code,
        "body": response.get_data(as_text=True),
        "headers": {n: response.headers[n] for n in _KEPT_HEADERS if n in response.headers},
    }
    with inst.db.write() as conn:
        conn.execute(update(idempotency).where(idempotency.c.id == number).values(answer=kept))
    return response


def _claim(inst: Installation, token: Known, key: str, digest: str) -> int | None:
    columns = ("team_id", "token_id", "key", "body_hash", "answer", "at")
    row = (token.actor.team_id, token.id, key, digest, _BEGUN, inst.clock())
    with inst.db.write() as conn:
        fresh = insert_new(conn, idempotency, columns, [row])
    return fresh[0] if fresh else None


def _again(inst: Installation, token: Known, key: str, digest: str) -> Response:
    mine = (idempotency.c.token_id == token.id, idempotency.c.key == key)
    with inst.db.read() as conn:
        row = conn.execute(select(idempotency).where(*mine)).first()
    if row is not None and row.body_hash != digest:
        raise Invalid({HEADER: USED_OTHERWISE})
    if row is None or row.answer == _BEGUN:
        raise Conflict(
            "The request under this key is under way, or was cut off. Ask again in a moment; if it "
            "stays like this, look whether it was done before you send it under another key."
        )
    return _kept(row.answer)


def _kept(answer: dict[str, Any]) -> Response:
    response = Response(answer["body"], status=answer["status"])
    if answer["body"]:
        response.mimetype = "application/json"
    else:
        del response.headers["Content-Type"]
    response.headers.update({**answer["headers"], REPLAYED: "true"})
    return response
