"""People whom imports meet by an id or a name that nobody can log in with.

Their entries find a log-in by other ways: a page's ids through Facebook, a name at Instagram
through “Log in with Instagram”.
"""

from collections.abc import Mapping
from typing import ClassVar

from tombola.api import (
    ContactCard,
    Ctx,
    Flow,
    Identity,
    IdentityProvider,
    Invalid,
    Item,
    Proven,
    Redirect,
    Text,
)
from tombola_meta import contacts
from tombola_meta.linking import INSTAGRAM_NAME, PAGE_PERSON

NO_LOG_IN: Text = "Nobody can log in with this."


class _Met(IdentityProvider):
    """Somebody who is met, and proves nothing."""

    def ready(self, ctx: Ctx) -> bool:
        """Never offered."""
        return False

    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        """Refuse."""
        raise Invalid({"": NO_LOG_IN})

    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Proven:
        """Refuse."""
        raise Invalid({"": NO_LOG_IN})


class PagePerson(_Met):
    """Somebody known by the id that a page has for them, ``<page>:<id>``."""

    key: ClassVar[str] = PAGE_PERSON
    title: ClassVar[Text] = "Facebook (as a page knows people)"

    def contact(self, ctx: Ctx, identity: Identity, item: Item | None) -> ContactCard:
        """Lead to the comment or post."""
        return contacts.at_facebook(identity, item)


class InstagramName(_Met):
    """Somebody known by their name at Instagram, in small letters."""

    key: ClassVar[str] = INSTAGRAM_NAME
    title: ClassVar[Text] = "Instagram (by name)"

    def contact(self, ctx: Ctx, identity: Identity, item: Item | None) -> ContactCard:
        """Lead to the person's page."""
        return contacts.at_instagram(identity, item)
