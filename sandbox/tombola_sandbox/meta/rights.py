"""Who may read what: permissions, roles on pages, features.

Source: Meta, "Permissions Reference", "Pages API", "Page Public Content Access", read 2026-11.
"""

from typing import Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.access import HASHTAG_FEATURE, PAGE_FEATURE, Caller
from tombola_sandbox.meta.models import Account, Page, Post
from tombola_sandbox.meta.view import View

ENGAGEMENT: Final = "pages_read_engagement"
USER_CONTENT: Final = "pages_read_user_content"
WRITING_TASKS: Final = frozenset({"CREATE_CONTENT", "MANAGE", "MODERATE"})
THROUGH_BUSINESS: Final = frozenset(
    {"ads_management", "business_management", "pages_read_engagement"}
)


def need(caller: Caller, *scopes: str, code: int = 200) -> None:
    """Refuse a token that lacks a permission.

    Raises:
        GraphError: 200 to 299, or 10.
    """
    if missing := [scope for scope in scopes if scope not in caller.scopes]:
        raise errors.lacks_permission(*missing, code=code)


def tasks_on(view: View, page: Page) -> frozenset[str]:
    """Give what the caller may do on a page: nothing where it is not theirs, or not allowed."""
    caller = view.caller
    if caller.token is None:
        return frozenset()
    if caller.kind == "PAGE":
        mine = caller.page == page.id
    else:
        chosen = caller.token.pages
        mine = caller.kind != "INSTAGRAM" and (chosen is None or page.id in chosen)
    return frozenset(page.roles.get(caller.person or "", ())) if mine else frozenset()


def is_own(view: View, page: Page) -> bool:
    """Whether the caller is this page, or somebody with a role on it."""
    return bool(tasks_on(view, page))


def need_page_token(view: View, page: Page, *scopes: str) -> None:
    """Let only the page itself in.

    Raises:
        GraphError: 190 for a person's token, 10 for another page's or a missing permission.
    """
    if not is_own(view, page):
        raise errors.lacks_public_content()
    if view.caller.kind != "PAGE":
        raise errors.wants_page_token()
    need(view.caller, *scopes, code=10)


def has_public_content(view: View) -> bool:
    """Whether the app may read other pages' public posts.

    Raises:
        GraphError: it may, and has neither signed the call nor come as itself (100).
    """
    if PAGE_FEATURE not in view.caller.app.features:
        return False
    if view.caller.kind != "APP" and not view.signed:
        raise errors.public_content_unsigned()
    return True


def sees_post(view: View, post: Post) -> str:
    """Say how a post is seen: ``own``, ``tagged``, ``public`` or "" for not at all."""
    if post.deleted:
        return ""
    page = view.world.get(Page, post.page)
    if page is not None and is_own(view, page):
        return "own" if ENGAGEMENT in view.caller.scopes else ""
    for tag in post.tags:
        tagged = view.world.get(Page, tag)
        if tagged is not None and post.public and view.caller.page == tag:
            return "tagged" if USER_CONTENT in view.caller.scopes else ""
    if page is not None and post.public and post.published and has_public_content(view):
        return "public"
    return ""


def sees_author(view: View, author: str) -> bool:
    """Whether somebody's name and id come with what they wrote on the caller's own page.

    With Standard Access only people with a role in the app are seen.
    """
    app = view.caller.app
    advanced = {ENGAGEMENT, USER_CONTENT} <= set(app.advanced)
    return advanced or author in app.roles or view.world.get(Page, author) is not None


def need_instagram(view: View, account: Account, *scopes: str) -> None:
    """Let in whoever manages a professional account, through its page or by its own log-in.

    Raises:
        GraphError: 100/33 where it is another's, 10 where a permission lacks.
    """
    caller = view.caller
    if view.on_instagram:
        if caller.token is None or caller.token.account != account.id:
            raise errors.no_object(account.id)
        renamed = ("instagram_business_" + s.removeprefix("instagram_") for s in scopes)
        need(caller, *renamed, code=10)
        return
    page = view.world.get(Page, account.page)
    if page is None or not account.professional or not is_own(view, page):
        raise errors.no_object(account.id)
    need(caller, *scopes, code=10)
    if page.business is not None and not THROUGH_BUSINESS & caller.scopes:
        raise errors.lacks_permission("pages_read_engagement", code=10)


def need_hashtag_feature(view: View) -> None:
    """Refuse apps that may not read hashtags.

    Raises:
        GraphError: 10.
    """
    if HASHTAG_FEATURE not in view.caller.app.features:
        raise errors.lacks_feature(HASHTAG_FEATURE)
