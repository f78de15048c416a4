"""How a source stands, in words that an admin can act on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tombola.api import (
    CredentialExpired,
    CursorLost,
    FetchError,
    OutOfCredit,
    PermissionLost,
    Phrase,
    Retry,
    SourceGone,
    Text,
    Throttled,
)

#: Tries of one page in a row before the run is given up until the next planned one.
TRIES = 8
#: The shortest wait for a moment that a network names, should its clock be behind ours.
SHORTEST = timedelta(seconds=5)
#: How often a source that only a person can mend is looked at all the same: one call each time.
RECHECK = timedelta(hours=6)


class SourceState(StrEnum):
    """States of a source; everything but PAUSED and GONE goes on by itself when it can."""

    ACTIVE = "active"
    PAUSED = "paused"
    RETRYING = "retrying"
    WAITING = "waiting"
    GATED = "gated"
    AWAY = "away"
    NO_CREDIT = "no_credit"
    RECONNECT = "reconnect"
    NO_PERMISSION = "no_permission"
    GONE = "gone"
    FAILING = "failing"
    ENDED = "ended"

    @property
    def needs_person(self) -> bool:
        """Whether somebody of the team should act."""
        return self in {
            SourceState.NO_CREDIT,
            SourceState.RECONNECT,
            SourceState.NO_PERMISSION,
            SourceState.GONE,
            SourceState.FAILING,
        }


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error means for a source.

    Attributes:
        state: How the source stands from now on.
        says: For the team.
        resume_at: When to go on in the same run; None leaves it to the next planned run.
        counts: Whether it counts as a try of this page, of which there are only so many.
        ends: The run is over.
        stops: The source does not run again by itself.
        loses_place: Begin the lane anew.
    """

    state: SourceState
    says: Text
    resume_at: datetime | None = None
    counts: bool = False
    ends: bool = False
    stops: bool = False
    loses_place: bool = False


def trouble_of(  # noqa: PLR0911 # one answer for each kind of error
    error: FetchError, now: datetime, wait: timedelta
) -> Trouble:
    """What an importer's error means.

    What the network said stands in the phrase's values as ``said``, also where the sentence does
    not repeat it.

    Args:
        error: What ``fetch`` raised.
        now: The moment, aware.
        wait: The wait after this many failures, where the network names none.
    """
    said = {"said": str(error)}
    match error:
        case Throttled():
            says = Phrase(
                "The network allows no more calls until %(until)s UTC; the import goes on then.",
                {"until": f"{error.until:%Y-%m-%d %H:%M:%S}"},
            )
            return Trouble(SourceState.WAITING, says, resume_at=max(error.until, now + SHORTEST))
        case OutOfCredit():
            until = max(error.until or now + RECHECK, now + SHORTEST)
            says = Phrase(
                "The account behind this import has no credit left. Buy credit there, then press "
                "“Run now”.",
                said,
            )
            if error.until is not None:
                says = Phrase(
                    "What this import may spend is used up; it goes on at %(until)s UTC. To go on "
                    "earlier, buy credit or raise the budget, then press “Run now”.",
                    {**said, "until": f"{until:%Y-%m-%d %H:%M}"},
                )
            return Trouble(SourceState.NO_CREDIT, says, resume_at=until)
        case CredentialExpired():
            says = Phrase(
                "The network does not accept the key or connection. Renew it in the settings, then "
                "press “Run now”.",
                said,
            )
            return Trouble(SourceState.RECONNECT, says, resume_at=now + RECHECK)
        case PermissionLost():
            says = Phrase(
                "The network does not let this account read the source. Give it the permission "
                "there, then press “Run now”.",
                said,
            )
            return Trouble(SourceState.NO_PERMISSION, says, resume_at=now + RECHECK)
        case SourceGone():
            says = Phrase("What this source reads does not exist any more.", said)
            return Trouble(SourceState.GONE, says, ends=True, stops=True)
        case CursorLost():
            says = Phrase("The network has forgotten where the import stood; it begins anew.")
            return Trouble(
                SourceState.RETRYING, says, resume_at=now + wait, counts=True, loses_place=True
            )
        case Retry():
            says = Phrase("The network had a hiccup: %(said)s. It is tried again.", said)
            resume = now + max(error.after, wait)
            return Trouble(SourceState.RETRYING, says, resume_at=resume, counts=True)
        case _:
            return failure(str(error), "", now, wait)


def failure(said: str, correlation: str, now: datetime, wait: timedelta) -> Trouble:
    """What a fault of the plugin means."""
    says = Phrase(
        "The plugin failed: %(said)s (%(correlation)s). It is tried again; the operator sees more.",
        {"said": said[:300], "correlation": correlation},
    )
    return Trouble(SourceState.FAILING, says, resume_at=now + wait, counts=True)


def given_up(trouble: Trouble) -> Trouble:
    """The same after too many tries: the run ends, and the next planned one goes on from there."""
    return Trouble(
        SourceState.FAILING if trouble.state is SourceState.FAILING else SourceState.RETRYING,
        trouble.says,
        ends=True,
        loses_place=trouble.loses_place,
    )
