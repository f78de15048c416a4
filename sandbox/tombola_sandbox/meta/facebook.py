"""Facebook's people, pages, posts and applications, and their fields."""

from typing import Any, Final

from tombola_sandbox.ids import number_from
from tombola_sandbox.meta import facebook_edges as edges
from tombola_sandbox.meta.facebook_parts import SITE, attached, author_of, cut, edge, own_id
from tombola_sandbox.meta.fields import Field
from tombola_sandbox.meta.models import Account, Page, Person, Photo, Post
from tombola_sandbox.meta.pictures import address, face_of
from tombola_sandbox.meta.rights import is_own, sees_author
from tombola_sandbox.meta.view import (
    MISSING,
    Ask,
    Column,
    Kind,
    View,
    identified,
    plain,
    stamp,
    timed,
)

# People.


def _person_id(view: View, person: Person) -> str | None:
    """Give the id for the app, or for the page that asks."""
    if view.caller.kind == "PAGE" and view.caller.page:
        return view.world.psid(view.caller.page, person.id)
    return view.world.asid(view.caller.app.id, person.id)


def _email(view: View, person: Person, _: Field) -> Any:
    return person.email if "email" in view.caller.scopes and person.email else MISSING


def _first(_: View, person: Person, __: Field) -> Any:
    return person.name.split(" ")[0]


def _last(_: View, person: Person, __: Field) -> Any:
    return person.name.split(" ")[-1]


def _picture(view: View, thing: Any, _: Field) -> Any:
    face = face_of(thing.id)
    return {
        "data": {
            "height": face.height,
            "width": face.width,
            "is_silhouette": False,
            "url": address(view.world, view.root, face),
        }
    }


USER: Final = Kind(
    "User",
    identified(
        {
            "name": plain("name"),
            "first_name": Column(_first),
            "last_name": Column(_last),
            "short_name": Column(_first),
            "email": Column(_email),
            "picture": Column(_picture),
            "accounts": Column(lambda v, t, f: edges.accounts(v, t, Ask.inside("me", f)), "Page"),
            "permissions": Column(lambda v, t, f: edges.permissions(v, t, Ask.inside("me", f))),
        },
        _person_id,
    ),
    ("name",),
    _person_id,
)


# Pages.


def _token(view: View, page: Page, _: Field) -> Any:
    token = view.caller.token
    if token is None or not is_own(view, page) or "pages_show_list" not in token.scopes:
        return MISSING
    return token.id if token.kind == "PAGE" else view.access.page_token(token, page).id


def _tasks(view: View, page: Page, _: Field) -> Any:
    found = page.roles.get(view.caller.person or "")
    return list(found) if found else MISSING


def _instagram(view: View, page: Page, asked: Field) -> Any:
    if not is_own(view, page) or "instagram_basic" not in view.caller.scopes:
        return MISSING
    every = list(view.world.all(Account).values())
    linked = next((a for a in every if a.page == page.id and a.professional), None)
    return MISSING if linked is None else view.show("IGUser", linked, asked.inside or ())


PAGE: Final = Kind(
    "Page",
    identified(
        {
            "name": plain("name"),
            "username": plain("username"),
            "category": plain("category"),
            "category_list": Column(
                lambda _, p, __: [
                    {"id": str(10**14 + number_from(p.category, 10**14)), "name": p.category}
                ]
            ),
            "about": plain("about"),
            "link": Column(lambda _, p, __: f"{SITE}/{p.username or p.id}"),
            "fan_count": Column(lambda _, p, __: number_from(p.id, 9000)),
            "followers_count": Column(lambda _, p, __: number_from(p.id, 9000) + 12),
            "picture": Column(_picture),
            "is_published": Column(lambda *_: True),
            "access_token": Column(_token),
            "tasks": Column(_tasks),
            "instagram_business_account": Column(_instagram, "IGUser"),
            "connected_instagram_account": Column(_instagram, "IGUser"),
            "published_posts": edge(edges.published_posts, "Post"),
            "posts": edge(edges.posts, "Post"),
            "feed": edge(edges.feed, "Post"),
            "tagged": edge(edges.tagged, "TaggedPost"),
            "subscribed_apps": edge(edges.subscribed_apps, "Application"),
        },
        own_id,
    ),
    ("name",),
    own_id,
)


# Posts.


def _post_from(view: View, post: Post, asked: Field) -> Any:
    page = view.world.get(Page, post.page)
    if view.world.get(Page, post.author) is not None:
        return author_of(view, post.author, post.page, asked)
    if page is None or not is_own(view, page):
        return MISSING
    return (
        author_of(view, post.author, page.id, asked) if sees_author(view, post.author) else MISSING
    )


def _tag_from(view: View, post: Post, asked: Field) -> Any:
    """On ``tagged`` the author comes only to the author."""
    if view.caller.person != post.author or view.caller.page is None:
        return MISSING
    return author_of(view, post.author, view.caller.page, asked)


def _permalink(_: View, post: Post, __: Field) -> str:
    owner, number = post.id.rsplit("_", 1)
    return f"{SITE}/{owner}/posts/{number}"


def _full_picture(view: View, post: Post, _: Field) -> Any:
    photo = view.world.get(Photo, next(iter(post.photos), None))
    return MISSING if photo is None else address(view.world, view.root, photo)


def _attachments(view: View, post: Post, asked: Field) -> Any:
    photos = [view.world.one(Photo, photo) for photo in post.photos]
    if not photos:
        return MISSING
    if len(photos) == 1:
        whole = attached(view, photos[0], "video_inline" if post.video else "photo")
    else:
        whole = attached(view, photos[0], "album") | {
            "media_type": "album",
            "title": "Photos from the post",
            "subattachments": {"data": [attached(view, photo) for photo in photos]},
        }
    return {"data": [cut(whole, asked)]}


_POST: Final = {
    "message": plain("message"),
    "created_time": timed("created_at"),
    "updated_time": Column(lambda _, p, __: stamp(p.edited_at or p.created_at)),
    "from": Column(_post_from),
    "permalink_url": Column(_permalink),
    "full_picture": Column(_full_picture),
    "attachments": Column(_attachments),
    "status_type": Column(lambda _, p, __: "added_photos" if p.photos else "mobile_status_update"),
    "is_published": plain("published"),
    "is_hidden": Column(lambda *_: False),
    "comments": edge(edges.comments, "Comment"),
}


def _tagged_time(view: View, post: Post, _: Field) -> Any:
    at = post.tags.get(str(view.extra.get("tagged")))
    return MISSING if at is None else stamp(at)


POST: Final = Kind("Post", identified(_POST, own_id), ("message", "created_time"), own_id)
TAGGED: Final = Kind(
    "Post",
    identified({**_POST, "from": Column(_tag_from), "tagged_time": Column(_tagged_time)}, own_id),
    ("message", "tagged_time"),
    own_id,
)


APPLICATION: Final = Kind(
    "Application",
    identified(
        {
            "name": plain("name"),
            "link": Column(lambda _, a, __: f"{SITE}/games/?app_id={a.id}"),
            "category": Column(lambda *_: "Business and pages"),
            "subscribed_fields": Column(
                lambda v, a, _: list(v.extra.get("subscribed", {}).get(a.id, ())) or MISSING
            ),
        },
        own_id,
    ),
    ("link", "name", "category", "subscribed_fields"),
    own_id,
)

NODES: Final = {
    "User": USER,
    "Page": PAGE,
    "Post": POST,
    "TaggedPost": TAGGED,
    "Application": APPLICATION,
}
