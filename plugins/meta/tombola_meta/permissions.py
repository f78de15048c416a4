"""What a connected account needs: permissions of the app, tasks of the person. Pure.

Source: Meta, “Permissions Reference”; “Pages API”, tasks; Instagram Platform, “Hashtag Search”
and “Comment Moderation”, requirements; read 2026-11-21.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from tombola.api import Phrase, Text

#: To see pages, read what people write there, and be told of it.
PAGE: Final = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_metadata",
)
#: To search hashtags, and read comments and mentions of the own account.
INSTAGRAM: Final = ("instagram_basic", "instagram_manage_comments")
#: What Instagram asks for besides where the page is held by a business; granted for the page.
INSTAGRAM_PAGE: Final = ("pages_read_engagement", "pages_manage_metadata")

#: To read and answer a page's messages; a page without it is good for everything else.
MESSENGER: Final = ("pages_messaging",)

#: What a team's connection asks for.
CONNECTION: Final = (*PAGE, *INSTAGRAM, *MESSENGER)

#: What “Log in with Facebook” asks for: who it is, and no address.
FACEBOOK_LOG_IN: Final = ("public_profile",)
#: What “Log in with Instagram” asks for: who it is, and which posts are theirs.
INSTAGRAM_LOG_IN: Final = ("instagram_business_basic",)

#: Either lets a person read and moderate what others write on a page.
ENOUGH: Final = frozenset({"MANAGE", "MODERATE"})

#: What a person may do on a page, by the most that their tasks let them, in words.
MAY: Final = (
    ("CREATE_CONTENT", "You may post there but not moderate"),
    ("MESSAGING", "You may answer messages there but not moderate"),
    ("ADVERTISE", "You may advertise for it but not moderate"),
    ("ANALYZE", "You may look at its figures but not moderate"),
)

REMEDY: Final = "ask an administrator of the page for the task “Community activity” (MODERATE)"


def missing_tasks(tasks: Sequence[str]) -> Iterator[Text]:
    """Say what the person's tasks on a page lack."""
    if ENOUGH & set(tasks):
        return
    may = next((words for task, words in MAY if task in tasks), "Facebook names no task of yours")
    yield Phrase("%(may)s; %(remedy)s, then connect again.", {"may": may, "remedy": REMEDY})


def missing_permissions(lacking: Sequence[str]) -> Iterator[Text]:
    """Say that permissions were not granted for a page or an account."""
    if lacking:
        yield Phrase(
            "Not permitted: %(permissions)s. Connect again, choose this account in Facebook's "
            "window and leave every permission switched on.",
            {"permissions": ", ".join(lacking)},
        )
