"""Pictures of campaigns' pages, as everybody may see them."""

from datetime import timedelta

from flask import send_file
from flask.typing import ResponseReturnValue

from tombola.api import Audience, NotFound
from tombola.campaigns import pictures
from tombola.installation import current
from tombola.web.routing import Pages

pages = Pages("campaign_pictures", __name__)

#: A team may take a picture away at any time, so that others keep it no longer than this.
KEPT_BY_OTHERS = timedelta(minutes=10)


@pages.get("/campaign-pictures/<uid>", audience=Audience.PUBLIC)
def show(uid: str) -> ResponseReturnValue:
    """A picture that was drawn anew. Others are not found."""
    opened = pictures.opened(current(), uid)
    if opened is None:
        raise NotFound("There is no such picture.")
    seconds = int(KEPT_BY_OTHERS.total_seconds())
    return send_file(opened.path, "image/jpeg", etag=opened.etag, max_age=seconds)
