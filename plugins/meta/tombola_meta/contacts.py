"""How a winner is reached at Facebook or Instagram. Pure.

Source: Meta, Messenger Platform, “Private Replies” (one, within seven days of the comment);
Instagram Platform, “Private Replies”; read 2026-11-21.
"""

from typing import Final

from tombola.api import ContactCard, Identity, Item, Phrase, Text
from tombola_meta.permalinks import instagram_profile

FACEBOOK_NOTE: Final = (
    "Facebook shows no way to a person. Answer the comment or post; to a comment on your own page "
    "a single private message is possible too, within seven days."
)
INSTAGRAM_NOTE: Final = (
    "Answer the post, or write a message from the connected account. Names at Instagram change "
    "hands: look whether the post is still theirs."
)
UNKNOWN_NOTE: Final = (
    "The network does not say whose post this is. Answer the post and ask its author to claim the "
    "entry here."
)
DRAFT: Final = "Your post has won! Please write to us, so that your prize finds you."


def at_facebook(identity: Identity, item: Item | None) -> ContactCard:
    """Give the card of somebody who is known by an id of Facebook's."""
    draft: Text = DRAFT
    if identity.name:
        draft = Phrase(
            "Dear %(name)s, your post has won! Please write to us, so that your prize finds you.",
            {"name": identity.name},
        )
    return ContactCard(post_url=_post(item), note=FACEBOOK_NOTE, draft=draft)


def at_instagram(identity: Identity, item: Item | None) -> ContactCard:
    """Give the card of somebody who is known by a name or an id of Instagram's."""
    profile = instagram_profile(identity.handle or "")
    if profile is None:
        return ContactCard(post_url=_post(item), note=UNKNOWN_NOTE, draft=DRAFT)
    draft = Phrase(
        "@%(handle)s Your post has won! Please write to us, so that your prize finds you.",
        {"handle": identity.handle or ""},
    )
    return ContactCard(profile, _post(item), note=INSTAGRAM_NOTE, draft=draft)


def _post(item: Item | None) -> str | None:
    return item.permalink if item else None
