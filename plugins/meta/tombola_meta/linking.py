"""Which person on a page somebody is who logged in with Facebook.

A page knows people by ids of its own. Facebook tells them apart only where app and page belong to
the same verified business and the person has dealt with the page; an installation of one's own has
that, a host for other people's pages never does.

Source: Meta, Messenger Platform, “ID Matching API”; Graph API, “User IDs for Pages”; read
2026-11-21.
"""

from typing import Final

from tombola.api import Ctx, Identity
from tombola_meta.graph import Graph
from tombola_meta.reading import mapping, uid
from tombola_meta.settings import settings_of
from tombola_meta.tokens import app_call

#: Provider of the ids that pages have for people, ``<page>:<id>``. Nobody logs in with it.
PAGE_PERSON: Final = "meta.psid"
#: Provider of names at Instagram, in small letters. Nobody logs in with it.
INSTAGRAM_NAME: Final = "meta.ig_name"


def page_person(page: str, psid: str, name: str | None = None) -> Identity:
    """Name somebody by the id that a page has for them."""
    return Identity(PAGE_PERSON, f"{page}:{psid}", name=name)


def instagram_name(username: str) -> Identity:
    """Name somebody by their name at Instagram, in which capitals do not count."""
    return Identity(INSTAGRAM_NAME, username.casefold(), handle=username)


def link_ids(ctx: Ctx, asid: str, page: str) -> str | None:
    """Give the id that a page has for somebody who logged in, or None where Facebook tells none.

    Args:
        ctx: the plugin's world.
        asid: uid of an identity of “Log in with Facebook”.
        page: the page's id.

    Raises:
        FetchError: one of its kinds.
    """
    token = settings_of(ctx).app_token
    with app_call():
        found = Graph(ctx, token).page(f"{asid}/ids_for_pages", {"page": page})
    mine = (each for each in found.data if uid(mapping(each.get("page")).get("id")) == page)
    return next((psid for psid in map(uid, (each.get("id") for each in mine)) if psid), None)
