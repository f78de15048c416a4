"""Instagram's lists: an account's media, where it is tagged, comments and replies."""

from collections.abc import Callable
from typing import Any, Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.models import Account, Json, Media, Remark
from tombola_sandbox.meta.paging import by_cursor, words_of
from tombola_sandbox.meta.rights import need, need_instagram
from tombola_sandbox.meta.view import Ask, View

MOST_COMMENTS: Final = 50
"""Source: Meta, "IG Media, Comments": at most 50 at once, read 2026-11."""

FIELDS: Final = frozenset({"comments", "mentions", "live_comments", "messages"})


def media(view: View, account: Account, ask: Ask) -> Json:
    """List an account's own media, newest first."""
    need_instagram(view, account, "instagram_basic")
    return shown_media(view, account, ask, "IGMedia")


def shown_media(view: View, account: Account, ask: Ask, kind: str) -> Json:
    """List an account's media, whoever asks; stories and ads are no part of it."""
    ids = list(reversed(view.world.under("media", account.id)))

    def show(media_id: str) -> Json | None:
        found = view.world.one(Media, media_id)
        if found.deleted or found.product in {"STORY", "AD"}:
            return None
        return view.show(kind, found, ask.fields)

    return by_cursor(view, ask, ids, show, kind=kind)


def tags(view: View, account: Account, ask: Ask) -> Json:
    """List public media in which an account is tagged, newest first."""
    need_instagram(view, account, "instagram_basic", "instagram_manage_comments")
    ids = list(reversed(view.world.under("tagged_media", account.id)))

    def show(media_id: str) -> Json | None:
        found = view.world.one(Media, media_id)
        author = view.world.one(Account, found.account)
        hidden = found.deleted or author.private or found.product in {"STORY", "AD"}
        if hidden or account.id not in found.tags:
            return None
        return view.show("IGTagged", found, ask.fields)

    return by_cursor(view, ask, ids, show, kind="IGTagged")


def comments(view: View, found: Media, ask: Ask) -> Json:
    """List comments below the caller's own media: top level alone, newest first."""
    account = view.world.one(Account, found.account)
    need_instagram(view, account, "instagram_basic", "instagram_manage_comments")
    return _remarks(view, found.id, ask, None)


def replies(view: View, remark: Remark, ask: Ask) -> Json:
    """List the replies to a comment."""
    return _remarks(view, remark.media, ask, remark.id)


def _remarks(view: View, media_id: str, ask: Ask, parent: str | None) -> Json:
    every = [view.world.one(Remark, i) for i in view.world.under("remarks", media_id)]
    ids = [one.id for one in reversed(every) if one.parent == parent]

    def show(remark_id: str) -> Json | None:
        remark = view.world.one(Remark, remark_id)
        return None if remark.deleted else view.show("IGComment", remark, ask.fields)

    return by_cursor(
        view, ask, ids, show, kind="IGComment", default=MOST_COMMENTS, most=MOST_COMMENTS
    )


# Webhooks of an account that logged in with Instagram.


def subscribed_apps(view: View, account: Account, ask: Ask) -> Json:
    """List the fields that an account has subscribed for the calling app."""
    app = view.caller.app
    fields = account.subscriptions.get(app.id)
    if not fields:
        return {"data": []}
    view.extra["subscribed"] = list(fields)
    return {"data": [view.show("IGSubscribed", app, ask.fields)]}


def subscribe(view: View, account: Account, ask: Ask) -> Json:
    """Subscribe the calling app to fields of an account."""
    need(view.caller, "instagram_business_manage_comments", code=10)
    fields = words_of(ask.args, "subscribed_fields")
    if not fields or set(fields) - FIELDS:
        words = ", ".join(sorted(FIELDS))
        raise errors.parameter(f"Param subscribed_fields must be one of {{{words}}}")
    app = view.caller.app.id
    view.world.change(account, subscriptions={**account.subscriptions, app: tuple(fields)})
    return {"success": True}


def unsubscribe(view: View, account: Account, _: Ask) -> Json:
    """Unsubscribe the calling app. Idempotent."""
    app = view.caller.app.id
    left = {name: fields for name, fields in account.subscriptions.items() if name != app}
    view.world.change(account, subscriptions=left)
    return {"success": True}


EDGES: Final[dict[tuple[str, str, str], Callable[[View, Any, Ask], Json]]] = {
    ("GET", "IGUser", "media"): media,
    ("GET", "IGMe", "media"): media,
    ("GET", "IGUser", "tags"): tags,
    ("GET", "IGMedia", "comments"): comments,
    ("GET", "IGComment", "replies"): replies,
    ("GET", "IGMe", "subscribed_apps"): subscribed_apps,
    ("POST", "IGMe", "subscribed_apps"): subscribe,
    ("DELETE", "IGMe", "subscribed_apps"): unsubscribe,
}
