"""Whether the team's pages may write, for the health page."""

from typing import Final

from tombola.api import Ctx, HealthCheck, Phrase, Scope, Text
from tombola_messenger import reviews, standing


def pages_may_write(ctx: Ctx) -> Text | None:
    """Name a page from which Meta has taken the right to write."""
    for page in reviews.pages(ctx):
        reason = standing.read(ctx, page.uid).blocked
        if reason is not None:
            return Phrase(
                "Meta has taken from “%(title)s” the right to write on Messenger: %(why)s. See "
                "the page's support inbox at Facebook.",
                {"title": page.title, "why": reason.rstrip(".") or "no reason was given"},
            )
    return None


CHECKS: Final = (HealthCheck("messenger.pages", "Pages on Messenger", pages_may_write, Scope.TEAM),)
