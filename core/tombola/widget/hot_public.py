"""The hot roads as Flask routes: pushes of sites' pages, and polls of open widgets.

Rooms' habits, such as a page's language, have no place here: ``front.py`` answers the same two
without Flask.
"""

from flask import Response, request
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import current
from tombola.web.routing import Forgery, Pages
from tombola.widget.answers import Answer
from tombola.widget.hot import hot
from tombola.widget.replies import KEY_RULE
from tombola.widget.tracking import PREFLIGHT

pages = Pages("hot", __name__)


@pages.route("/t", method="OPTIONS", audience=Audience.PUBLIC)
def may_push() -> ResponseReturnValue:
    """Whether another site's page may push as JSON: a browser asks before it does."""
    return _response(PREFLIGHT)


@pages.post("/t", audience=Audience.PUBLIC, forgery=Forgery.OWN)
def push() -> ResponseReturnValue:
    """What sites' pages report."""
    return _response(hot(current()).answer_push(request.environ))


@pages.get(f"/s/{KEY_RULE}", audience=Audience.PUBLIC)
def poll(key: str) -> ResponseReturnValue:
    """Has anything changed for this entrant?"""
    return _response(hot(current()).answer_poll(request.environ, key))


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    response.headers.pop("Content-Type", None)
    response.headers.extend(list(answer.headers))
    return response
