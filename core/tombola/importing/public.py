"""Kept pictures as everybody may see them: not hidden, and let through where that is asked."""

from datetime import timedelta

from flask import request, send_file
from flask.typing import ResponseReturnValue

from tombola.api import Audience, NotFound
from tombola.importing import media_files
from tombola.installation import current
from tombola.web.routing import Pages

pages = Pages("pictures", __name__)

#: A picture may be hidden at any time, so that others keep it no longer than this.
KEPT_BY_OTHERS = timedelta(minutes=10)


@pages.get("/pictures/<uid>", audience=Audience.PUBLIC)
def show(uid: str) -> ResponseReturnValue:
    """A picture small, or large with ``size=full``.

    Hidden ones, and those that still wait where a campaign lets pictures through, are not found.
    """
    size = request.args.get("size", "")
    opened = media_files.open_picture(current(), uid, size)
    if opened is None:
        raise NotFound("There is no such picture.")
    seconds = int(KEPT_BY_OTHERS.total_seconds())
    return send_file(opened.path, opened.media_type, etag=opened.etag, max_age=seconds)
