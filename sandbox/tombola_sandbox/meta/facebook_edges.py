"""Facebook's lists: what belongs to a person, a page, a post, a comment."""

from collections.abc import Callable, Sequence
from typing import Final

from tombola_sandbox.ids import number_from
from tombola_sandbox.meta import errors
from tombola_sandbox.meta.fields import named
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.messenger_models import Thread, thread_id
from tombola_sandbox.meta.models import App, Comment, Json, Page, Person, Post, Token
from tombola_sandbox.meta.paging import by_cursor, by_time, choice, time_of, words_of
from tombola_sandbox.meta.rights import (
    ENGAGEMENT,
    USER_CONTENT,
    WRITING_TASKS,
    has_public_content,
    is_own,
    need,
    need_page_token,
    sees_post,
    tasks_on,
)
from tombola_sandbox.meta.view import Ask, View

ACCOUNT_FIELDS: Final = ("access_token", "category", "category_list", "name", "id", "tasks")
"""What ``me/accounts`` gives by itself. Source: recorded answers."""

PAGE_FIELDS: Final = frozenset(
    {
        "feed",
        "mention",
        *FIELDS,
    }
)
"""Source: Meta, "Page, Subscribed Apps", ``subscribed_fields``, read 2026-11; those in use here."""

DEEPEST: Final = 25_000
"""Comments that paging reaches. Meta names no number ("tens of thousands"); this one is ours."""


# People.


def accounts(view: View, person: Person, ask: Ask) -> Json:
    """List the pages on which somebody has a role and which they allowed."""
    if view.caller.kind not in {"USER", "SYSTEM_USER"} or view.caller.person != person.id:
        raise errors.no_path("/accounts")
    need(view.caller, "pages_show_list")
    pages = [page for page in list(view.world.all(Page).values()) if is_own(view, page)]
    known = {page.id: page for page in pages}
    wanted = ask.fields

    def show(page_id: str) -> Json:
        if wanted is None:
            return view.show("Page", known[page_id], named(*ACCOUNT_FIELDS))
        return view.show("Page", known[page_id], wanted)

    return by_cursor(view, ask, list(known), show, kind="Page")


def permissions(view: View, person: Person, _: Ask) -> Json:
    """List what somebody has allowed."""
    if view.caller.person != person.id:
        raise errors.no_object(person.id)
    found = [{"permission": s, "status": "granted"} for s in sorted(view.caller.scopes)]
    return {"data": found}


def remove_permissions(view: View, person: Person, _: Ask) -> Json:
    """Let somebody take the app away: every token of theirs dies (458)."""
    if view.caller.person != person.id:
        raise errors.no_object(person.id, "delete")
    view.access.kill_all(458, person=person.id, app=view.caller.app.id)
    return {"success": True}


def ids_for_pages(view: View, person: Person, ask: Ask) -> Json:
    """Give somebody's ids on pages of the same business, where they have been active."""
    if view.caller.kind != "APP":
        raise errors.parameter("This method must be called with an app access_token")
    business = view.caller.app.business
    found: list[Json] = []
    for page in list(view.world.all(Page).values()):
        same = business is not None and page.business == business
        wanted = ask.args.get("page", page.id) == page.id
        if same and wanted and _was_active(view, person, page):
            shown = {"name": page.name, "id": page.id}
            found.append({"id": view.world.psid(page.id, person.id), "page": shown})
    return {"data": found}


def ids_for_apps(view: View, person: Person, ask: Ask) -> Json:
    """Give somebody's ids in apps of the page's business."""
    page = view.world.get(Page, view.caller.page)
    if view.caller.kind != "PAGE" or page is None:
        raise errors.wants_page_token()
    app = view.caller.app
    fits = page.business is not None and page.business == app.business
    if not fits or ask.args.get("app", app.id) != app.id or not _uses(view, person, app):
        return {"data": []}
    shown = {"link": f"https://www.facebook.com/games/?app_id={app.id}", "name": app.name}
    found = {"id": view.world.asid(app.id, person.id), "app": {**shown, "id": app.id}}
    return {"data": [found]}


def _was_active(view: View, person: Person, page: Page) -> bool:
    posts = view.world.under("posts", page.id)
    comments = (i for post in posts for i in view.world.under("comments", post))
    wrote = any(view.world.one(Comment, i).author == person.id for i in comments)
    if (thread := view.world.get(Thread, thread_id(page.id, person.id))) and thread.spoke_at:
        return True
    return wrote or any(view.world.one(Post, i).author == person.id for i in posts)


def _uses(view: View, person: Person, app: App) -> bool:
    every = list(view.world.all(Token).values())
    return any(t.app == app.id and t.person == person.id and t.kind == "USER" for t in every)


# Pages.


def published_posts(view: View, page: Page, ask: Ask) -> Json:
    """List a page's own posts, newest first."""
    need_page_token(view, page, ENGAGEMENT)
    return _posts(view, page, ask, lambda post: post.author == page.id and post.published)


def posts(view: View, page: Page, ask: Ask) -> Json:
    """List a page's own posts; other pages' with the feature for that."""
    _need_page(view, page, ENGAGEMENT)
    return _timed_posts(view, page, ask, lambda p: p.author == page.id and p.published)


def feed(view: View, page: Page, ask: Ask) -> Json:
    """List what stands on a page's wall, other people's posts among them."""
    _need_page(view, page, ENGAGEMENT, USER_CONTENT)
    return _timed_posts(view, page, ask, lambda post: post.published)


def tagged(view: View, page: Page, ask: Ask) -> Json:
    """List public posts that tag a page, the latest tag first."""
    if is_own(view, page):
        need_page_token(view, page, "pages_show_list", USER_CONTENT)
        if not WRITING_TASKS & tasks_on(view, page):
            raise errors.lacks_permission("pages_manage_posts", code=10)
    elif not has_public_content(view):
        raise errors.lacks_public_content()
    found = []
    for post_id in reversed(view.world.under("tagged", page.id)):
        post = view.world.one(Post, post_id)
        if page.id in post.tags:
            found.append((post.tags[page.id], post_id))

    def show(post_id: str) -> Json | None:
        post = view.world.one(Post, post_id)
        if post.deleted or not post.public:
            return None
        view.extra["tagged"] = page.id
        return view.show("TaggedPost", post, ask.fields)

    return by_time(view, ask, found, show, kind="TaggedPost")


def _need_page(view: View, page: Page, *scopes: str) -> None:
    if is_own(view, page):
        need_page_token(view, page, *scopes)
    elif not has_public_content(view):
        raise errors.lacks_public_content()


def _posts(view: View, page: Page, ask: Ask, wanted: Callable[[Post], bool]) -> Json:
    ids = reversed(view.world.under("posts", page.id))

    def show(post_id: str) -> Json | None:
        post = view.world.one(Post, post_id)
        return view.show("Post", post, ask.fields) if wanted(post) and not post.deleted else None

    kept = [i for i in ids if wanted(view.world.one(Post, i))]
    return by_cursor(view, ask, kept, show, kind="Post")


def _timed_posts(view: View, page: Page, ask: Ask, wanted: Callable[[Post], bool]) -> Json:
    found = [view.world.one(Post, i) for i in reversed(view.world.under("posts", page.id))]
    items = [(post.created_at, post.id) for post in found if wanted(post)]

    def show(post_id: str) -> Json | None:
        post = view.world.one(Post, post_id)
        return None if not sees_post(view, post) else view.show("Post", post, ask.fields)

    return by_time(view, ask, items, show, kind="Post")


def subscribed_apps(view: View, page: Page, ask: Ask) -> Json:
    """List the apps that a page has subscribed; an app sees itself."""
    _need_managing(view, page)
    view.extra["subscribed"] = page.subscriptions
    apps = [app_id for app_id in page.subscriptions if app_id == view.caller.app.id]
    return {"data": [view.show("Application", view.caller.app, ask.fields) for _ in apps]}


def subscribe(view: View, page: Page, ask: Ask) -> Json:
    """Subscribe the calling app to fields of a page."""
    _need_managing(view, page)
    wanted = words_of(ask.args, "subscribed_fields")
    if not wanted:
        raise errors.lacks("subscribed_fields")
    for number, field in enumerate(wanted):
        if field not in PAGE_FIELDS:
            words = ", ".join(sorted(PAGE_FIELDS))
            raise errors.parameter(f"Param subscribed_fields[{number}] must be one of {{{words}}}")
        if field.startswith(("message", "standby")):
            need(view.caller, "pages_messaging")
    app_id = view.caller.app.id
    view.world.change(page, subscriptions={**page.subscriptions, app_id: tuple(wanted)})
    return {"success": True}


def unsubscribe(view: View, page: Page, _: Ask) -> Json:
    """Unsubscribe the calling app. Idempotent."""
    _need_managing(view, page)
    app_id = view.caller.app.id
    left = {name: fields for name, fields in page.subscriptions.items() if name != app_id}
    view.world.change(page, subscriptions=left)
    return {"success": True}


def _need_managing(view: View, page: Page) -> None:
    if view.caller.kind != "PAGE":
        raise errors.page_token_required()
    if not is_own(view, page):
        raise errors.no_object(page.id)
    need(view.caller, "pages_manage_metadata", "pages_show_list")


# Comments.


def comments(view: View, post: Post, ask: Ask) -> Json:
    """List the comments under a post."""
    return _comments(view, post, ask, None)


def replies(view: View, comment: Comment, ask: Ask) -> Json:
    """List the replies to a comment."""
    return _comments(view, view.world.one(Post, comment.post), ask, comment.id)


def _comments(view: View, post: Post, ask: Ask, parent: str | None) -> Json:
    seen = _how(view, post)
    stream = choice(ask.args, "filter", "toplevel", "stream") == "stream"
    choice(ask.args, "live_filter", "filter_low_quality", "no_filter")
    order = choice(ask.args, "order", "ranked", "chronological", "reverse_chronological")
    every = [view.world.one(Comment, i) for i in view.world.under("comments", post.id)]
    if parent is not None or not stream:
        every = [one for one in every if one.parent == parent]
    if text := ask.args.get("since"):
        since = time_of("since", text)
        every = [one for one in every if one.created_at >= since]
    ids = [one.id for one in _in_order(every, order)][:DEEPEST]

    def show(comment_id: str) -> Json | None:
        comment = view.world.one(Comment, comment_id)
        if comment.deleted or (comment.hidden and seen != "own"):
            return None
        return view.show("Comment", comment, ask.fields)

    if seen == "nothing":
        ids = []
    body = by_cursor(view, ask, ids, show, kind="Comment")
    if ask.args.get("summary") in {"true", "1", "True"}:
        total = sum(1 for one in every if not one.deleted)
        body["summary"] = {"order": order, "total_count": total, "can_comment": True}
    return body


def _how(view: View, post: Post) -> str:
    """Say as what comments are seen: ``own``, ``public``, or ``nothing`` with a person's token.

    Raises:
        GraphError: 10 for a missing permission, 100 for what is not to be seen.
    """
    page = view.world.get(Page, post.page)
    if page is not None and is_own(view, page):
        need(view.caller, ENGAGEMENT, USER_CONTENT, code=10)
        return "own" if view.caller.kind == "PAGE" else "nothing"
    if sees_post(view, post) == "public":
        return "public"
    raise errors.lacks_object_access()


def _in_order(every: Sequence[Comment], order: str) -> Sequence[Comment]:
    """Put comments, oldest first, into another order; ``ranked`` is by no known rule."""
    if order == "reverse_chronological":
        return list(reversed(every))
    if order == "ranked":
        return sorted(every, key=lambda one: (-one.likes, number_from(one.id, 10**6)))
    return every
