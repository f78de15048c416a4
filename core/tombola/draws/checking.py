"""What people check draws with, served: the verifier's own page, and the whole log as a file."""

import json
import re
from functools import cache
from importlib.resources import files

from flask import Response

from tombola.api import Audience
from tombola.draws import log
from tombola.installation import current
from tombola.web.routing import Pages

pages = Pages("draws_checking", __name__)
_HOUR_S = 3600


@pages.get("/draw/verify", audience=Audience.PUBLIC)
def verifier() -> Response:
    """The page that checks a draw in the browser; saved, it works without us."""
    page, policy = built()
    answer = Response(page, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = f"{policy}; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = f"public, max-age={_HOUR_S}"
    return answer


@pages.get("/draw/log.json", audience=Audience.PUBLIC)
def whole_log() -> Response:
    """The log, to be kept, compared and given to a verifier."""
    text = json.dumps(log.document(current()), ensure_ascii=False, indent=1)
    answer = Response(text, content_type="application/json")
    answer.headers["Content-Disposition"] = "attachment; filename=draws.json"
    return answer


@cache
def built() -> tuple[str, str]:
    """The page, and the policy that it carries: its own script and style by their hashes."""
    page = (files("tombola.draws") / "static" / "verify.html").read_text(encoding="utf-8")
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    if found is None:
        raise ValueError("verify.html carries no policy; run `make assets`")
    return page, found[1]
