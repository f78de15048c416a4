"""Answers that have to be on a list: taken from the team, judged for the entrant, in words."""

from math import ceil

from tombola.api import (
    Completed,
    Ctx,
    Invalid,
    Phrase,
    Rejected,
    Text,
    Upload,
    Uploaded,
    Verdict,
    Who,
)
from tombola.toolkit.redaction import redacted
from tombola_custom_tracking import codes
from tombola_custom_tracking.answers import fingerprint
from tombola_custom_tracking.codes import Found, Name
from tombola_custom_tracking.config import CustomConfig

#: An answer of the kind with one line is no longer.
LONGEST = 300
_WRONG = "This is not on our list. Please look again."


def verdict(ctx: Ctx, config: CustomConfig, who: Who, answer: str) -> Verdict:
    """Judge an answer by the list.

    A right one that only one person may give counts once: given again it is the completion of the
    moment at which it was given first, whatever day it is.
    """
    said = codes.judge(
        ctx,
        Name.read(config.codes),
        who.entrant_id,
        answer,
        exact=config.exact,
        shared=config.shared,
        tries=config.tries,
    )
    if said.found is Found.TOO_MANY and said.at is not None:
        minutes = ceil((said.at - ctx.now).total_seconds() / 60)
        words = "Too many wrong answers. Please try again in %(minutes)s minutes."
        return Rejected("too many", Phrase(words, {"minutes": str(max(1, minutes))}))
    if said.found is Found.TAKEN:
        return Rejected("taken", "Somebody has given this answer already; it counts once.")
    if said.found is Found.WRONG:
        return Rejected("wrong", config.wrong or _WRONG)
    told = fingerprint(answer)
    return Completed(
        proof=f"answer:{told}",
        details={"Answer": redacted(answer) if config.redact_emails else answer},
        # What everybody may give says nothing of two who give it.
        alike=None if config.shared else told,
        occurred_at=None if config.shared else said.at,
    )


def take(ctx: Ctx, config: CustomConfig, upload: Upload) -> Uploaded:
    """Keep what the team sent, and say what became of it."""
    before = Name.read(config.codes)
    if not upload.lines:
        codes.remove(ctx, before)
        return Uploaded("", "The list of right answers is gone.")
    for number, line in enumerate(upload.lines, 1):
        if len(line) > LONGEST:
            words = "Line %(n)s is longer than 300 characters, which no answer can be."
            raise Invalid({"codes": Phrase(words, {"n": str(number)})})
    kept = codes.keep(ctx, before, upload.lines, add=upload.add, exact=config.exact)
    words = "%(new)s right answers kept, %(doubled)s left out because they were there already."
    told = Phrase(words, {"new": f"{kept.new:,}", "doubled": f"{kept.doubled:,}"})
    return Uploaded(str(kept.name), told)


def about(ctx: Ctx, config: CustomConfig) -> Text:
    """How many there are."""
    if not config.codes:
        return ""
    there, given = codes.count(ctx, Name.read(config.codes))
    words = "There are %(there)s, of which %(given)s were given."
    return Phrase(words, {"there": f"{there:,}", "given": f"{given:,}"})
