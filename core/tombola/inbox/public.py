"""The address of all webhooks."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Delivery
from tombola.inbox.service import MOST_BYTES, receive
from tombola.installation import current
from tombola.web.routing import Forgery, Pages

pages = Pages("inbox", __name__)


@pages.get("/webhooks/<slug>/<name>", audience=Audience.PUBLIC)
def handshake(slug: str, name: str) -> ResponseReturnValue:
    """A network's question whether this address is ours."""
    return _answer(slug, name)


@pages.post("/webhooks/<slug>/<name>", audience=Audience.PUBLIC, forgery=Forgery.OWN)
def deliver(slug: str, name: str) -> ResponseReturnValue:
    """A delivery; its signature is the plugin's to check, over the bytes as they came."""
    return _answer(slug, name)


def _answer(slug: str, name: str) -> Response:
    inst = current()
    body = request.stream.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return Response("too large", 413, mimetype="text/plain")
    delivery = Delivery(
        method=request.method,
        headers={key.lower(): value for key, value in request.headers.items()},
        query=request.args.to_dict(),
        body=body,
        received_at=inst.clock(),
    )
    answer = receive(inst, f"{slug}.{name}", delivery)
    return Response(answer.body, answer.status, mimetype=answer.content_type)
