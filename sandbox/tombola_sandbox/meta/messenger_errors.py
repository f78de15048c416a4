"""Messenger's refusals.

Source: Meta, "Messenger Platform Error Codes", and recorded answers; read 2026-11. Codes 10/2018300
and 10900/10903 come from older documents and are believed.
"""

from collections.abc import Callable, Mapping
from typing import Final

from tombola_sandbox.meta.errors import GraphError, dead, limit_reached, parameter, temporary

POLICY: Final = "https://developers.facebook.com/docs/messenger-platform/policy-overview"


def outside_window() -> GraphError:
    """The person's last act is too long ago."""
    said = "(#10) This message is sent outside of allowed window. Learn more about the new policy"
    return GraphError(10, f"{said} here: {POLICY}", subcode=2_018_278)


def unavailable() -> GraphError:
    """The person has blocked the page, or is away for another reason."""
    return GraphError(551, "(#551) This person isn't available right now.", subcode=1_545_041)


def cannot_receive() -> GraphError:
    """The account is gone."""
    return GraphError(200, "(#200) This person isn't available right now.", subcode=1_545_041)


def not_receiving() -> GraphError:
    """The person takes no messages."""
    said = "(#10) This Person Is Not Receiving Messages From You Right Now."
    return GraphError(10, said, subcode=2_018_108)


def nobody() -> GraphError:
    """No person has this id on this page."""
    return GraphError(100, "(#100) No matching user found", subcode=2_018_001)


def restricted() -> GraphError:
    """The page may not send for a while."""
    said = "(#10) This Page is temporarily restricted from sending messages."
    return GraphError(10, said, subcode=1_893_063)


def only_testers() -> GraphError:
    """With Standard Access strangers cannot be written to."""
    return GraphError(
        200,
        "(#200) Cannot message users who are not admins, developers or testers of the app until "
        "pages_messaging permission is reviewed and the app is live.",
        subcode=2_018_028,
    )


def other_app_controls() -> GraphError:
    """Another application has this thread."""
    said = "(#10) Message Not Sent: Another App Is Controlling This Thread Now"
    return GraphError(10, said, subcode=2_018_300)


def dead_tag(tag: str) -> GraphError:
    """A message tag that has ended."""
    return parameter(f"Message tag {tag} is no longer supported.")


def ended(what: str) -> GraphError:
    """Something that Meta has switched off."""
    return parameter(f"{what} are no longer supported.")


def replied_already() -> GraphError:
    """A comment is answered privately once."""
    return GraphError(10900, "(#10900) Activity already replied to")


def too_late_to_reply() -> GraphError:
    """A comment is answered privately within seven days."""
    return GraphError(10903, "(#10903) This user cant reply to this activity")


def _transient() -> GraphError:
    said = "(#1200) Temporary send message failure. Please try again later."
    return GraphError(1200, said, transient=True)


TROUBLES: Final[Mapping[str, tuple[str, Callable[[], GraphError]]]] = {
    "restricted": ("The page may not send for a while (10/1893063)", restricted),
    "window": ("Outside the allowed window (10/2018278)", outside_window),
    "unavailable": ("This person isn't available (551/1545041)", unavailable),
    "cannot_receive": ("The person cannot receive (200/1545041)", cannot_receive),
    "not_receiving": ("Takes no messages (10/2018108)", not_receiving),
    "nobody": ("No matching user (100/2018001)", nobody),
    "token": ("The token is dead (190/460)", lambda: dead(460, "")),
    "app_limit": ("Limit of the application (4)", lambda: limit_reached(4)),
    "rate": ("Too many calls (613)", lambda: limit_reached(613)),
    "temporary": ("Temporary (2)", temporary),
    "transient": ("Temporary send failure (1200)", _transient),
}
"""What can be made to happen to every message: title and refusal by name."""
