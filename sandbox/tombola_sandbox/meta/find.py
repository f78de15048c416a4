"""Finds the node that an id names, as far as the caller may see it."""

from dataclasses import dataclass
from typing import Any, Final

from tombola_sandbox.meta import (
    errors,
    facebook,
    facebook_comments,
    instagram,
    instagram_comments,
    messenger_people,
)
from tombola_sandbox.meta.models import (
    Account,
    App,
    Comment,
    Page,
    Person,
    Photo,
    Post,
)
from tombola_sandbox.meta.rights import ENGAGEMENT, has_public_content, is_own, sees_post
from tombola_sandbox.meta.view import KINDS, View

for _nodes in (
    facebook.NODES,
    facebook_comments.NODES,
    instagram.NODES,
    instagram_comments.NODES,
    messenger_people.NODES,
):
    KINDS.update(_nodes)


@dataclass(frozen=True, slots=True)
class Found:
    """A node and its kind."""

    kind: str
    thing: Any


def find(view: View, wanted: str, method: str = "get") -> Found:
    """Find a node.

    Raises:
        GraphError: 100/33; that it is not there and that it may not be seen is not told apart.
            190 for a token of the other host.
    """
    if view.on_instagram != (view.caller.kind == "INSTAGRAM"):
        raise errors.bad_token()
    if wanted == "me":
        return _me(view)
    found = _on_instagram(view, wanted) if view.on_instagram else _anywhere(view, wanted)
    if found is None:
        raise errors.no_object(wanted, method)
    return found


def _me(view: View) -> Found:
    token = view.caller.token
    if token is None:
        raise errors.no_user()
    if view.on_instagram and (account := view.world.get(Account, token.account)) is not None:
        return Found("IGMe", account)
    if token.kind == "PAGE":
        return Found("Page", view.world.one(Page, str(token.page)))
    if view.on_instagram or (person := view.world.get(Person, token.person)) is None:
        raise errors.bad_token()
    return Found("User", person)


def _anywhere(view: View, wanted: str) -> Found | None:
    world = view.world
    if (page := world.get(Page, wanted)) is not None:
        return _page(view, page)
    if (post := world.get(Post, wanted)) is not None:
        return _post(view, post)
    if (comment := world.get(Comment, wanted)) is not None:
        return _comment(view, comment)
    if (photo := world.get(Photo, wanted)) is not None:
        return _photo(view, photo)
    if (app := view.access.app(wanted)) is not None:
        return _app(view, app)
    return instagram.find(view, wanted, Found) or _person(view, wanted)


def _on_instagram(view: View, wanted: str) -> Found | None:
    found: Found | None = instagram.find(view, wanted, Found)
    return found


def _page(view: View, page: Page) -> Found | None:
    if not is_own(view, page):
        if not has_public_content(view):
            raise errors.lacks_public_content()
    elif not {ENGAGEMENT, "pages_show_list"} & view.caller.scopes:
        raise errors.lacks_permission(ENGAGEMENT, code=10)
    return Found("Page", page)


def _post(view: View, post: Post) -> Found | None:
    seen = sees_post(view, post)
    if not seen:
        return None
    if seen == "tagged":
        view.extra["tagged"] = view.caller.page
        return Found("TaggedPost", post)
    return Found("Post", post)


def _comment(view: View, comment: Comment) -> Found | None:
    post = view.world.one(Post, comment.post)
    own = facebook_comments.seen_as_own(view, comment) and view.caller.kind == "PAGE"
    if comment.deleted or post.deleted or not own:
        return None
    if missing := NEEDED - view.caller.scopes:
        raise errors.lacks_permission(*sorted(missing), code=10)
    return Found("Comment", comment)


def _photo(view: View, photo: Photo) -> Found | None:
    page = view.world.get(Page, photo.page)
    own = page is not None and is_own(view, page) and ENGAGEMENT in view.caller.scopes
    return Found("Photo", photo) if own else None


def _app(view: View, app: App) -> Found | None:
    return Found("Application", app) if app.id == view.caller.app.id else None


def _person(view: View, wanted: str) -> Found | None:
    """Find somebody by the id that they have for this app or this page, and by no other."""
    world, caller = view.world, view.caller
    people = world.all(Person)
    if caller.kind == "PAGE":
        visitor = world.scoped.find("psid", str(caller.page), wanted, list(people))
        known = visitor is not None and not people[visitor].gone
        return Found("Visitor", people[visitor]) if visitor and known else None
    inner = world.scoped.find("asid", caller.app.id, wanted, list(people))
    if inner is not None and caller.kind == "USER" and inner != caller.person:
        return None
    return Found("User", people[inner]) if inner is not None and not people[inner].gone else None


NEEDED: Final = frozenset({ENGAGEMENT, "pages_read_user_content"})
