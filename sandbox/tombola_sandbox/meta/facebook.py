"""Facebook's nodes: people, pages, posts, comments, pictures, and their fields."""

from typing import Any, Final

from tombola_sandbox.ids import number_from
from tombola_sandbox.meta import errors
from tombola_sandbox.meta import facebook_edges as edges
from tombola_sandbox.meta.fields import Field
from tombola_sandbox.meta.models import Account, App, Comment, Json, Page, Person, Photo, Post
from tombola_sandbox.meta.pictures import SCALED, address, scaled
from tombola_sandbox.meta.rights import is_own, sees_author
from tombola_sandbox.meta.view import (
    KINDS,
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

SITE: Final = "https://www.facebook.com"


def _edge(work: Any, of: str) -> Column:
    """Make a column that is a list of its own."""

    def read(view: View, thing: Any, asked: Field) -> Any:
        owner = KINDS[_KIND_OF[type(thing)]].identify(view, thing) or thing.id
        return work(view, thing, Ask.inside(owner, asked))

    return Column(read, of)


def _own_id(_: View, thing: Any) -> str | None:
    return str(thing.id)


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
    photo = Photo(id=thing.id, seed=thing.id, width=50, height=50)
    known = view.world.get(Photo, f"face{thing.id}") or photo
    return {
        "data": {
            "height": 50,
            "width": 50,
            "is_silhouette": False,
            "url": address(view.world, view.root, known),
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
            "published_posts": _edge(edges.published_posts, "Post"),
            "posts": _edge(edges.posts, "Post"),
            "feed": _edge(edges.feed, "Post"),
            "tagged": _edge(edges.tagged, "TaggedPost"),
            "subscribed_apps": _edge(edges.subscribed_apps, "Application"),
        },
        _own_id,
    ),
    ("name",),
    _own_id,
)


# Posts.


def author_of(view: View, author: str, page: str | None, asked: Field) -> Any:
    """Show who wrote something on a page."""
    own_id = view.world.psid(page, author) if page else author
    shown = {"id": own_id, "name": view.world.name(author)}
    if asked.inside is None:
        return shown
    names = {field.name for field in asked.inside} | {"id"}
    return {name: value for name, value in shown.items() if name in names}


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


def _image(view: View, photo: Photo, longest: int | None = SCALED) -> Json:
    width, height = scaled(photo, longest)
    source = address(view.world, view.root, photo, longest=longest)
    return {"image": {"height": height, "width": width, "src": source}}


def _target(photo: Photo) -> Json:
    return {"id": photo.id, "url": f"{SITE}/photo.php?fbid={photo.id}"}


def _attached(view: View, photo: Photo, kind: str = "photo") -> Json:
    target = _target(photo)
    return {
        "media_type": "video" if kind.startswith("video") else "photo",
        "type": kind,
        "media": _image(view, photo),
        "target": target,
        "url": target["url"],
    }


def _attachments(view: View, post: Post, asked: Field) -> Any:
    photos = [view.world.one(Photo, photo) for photo in post.photos]
    if not photos:
        return MISSING
    if len(photos) == 1:
        whole = _attached(view, photos[0], "video_inline" if post.video else "photo")
    else:
        whole = _attached(view, photos[0], "album") | {
            "media_type": "album",
            "title": "Photos from the post",
            "subattachments": {"data": [_attached(view, photo) for photo in photos]},
        }
    return {"data": [cut(whole, asked)]}


ATTACHMENT: Final = frozenset(
    {"media_type", "type", "media", "target", "url", "title", "description", "subattachments"}
)


def cut(whole: Json, asked: Field) -> Json:
    """Show of an attachment what was asked for."""
    if asked.inside is None:
        return whole
    names = {field.name for field in asked.inside}
    for name in sorted(names - ATTACHMENT):
        raise errors.no_field(name, "StoryAttachment")
    return {name: value for name, value in whole.items() if name in names}


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
    "comments": _edge(edges.comments, "Comment"),
}


def _tagged_time(view: View, post: Post, _: Field) -> Any:
    at = post.tags.get(str(view.extra.get("tagged")))
    return MISSING if at is None else stamp(at)


POST: Final = Kind("Post", identified(_POST, _own_id), ("message", "created_time"), _own_id)
TAGGED: Final = Kind(
    "Post",
    identified({**_POST, "from": Column(_tag_from), "tagged_time": Column(_tagged_time)}, _own_id),
    ("message", "tagged_time"),
    _own_id,
)


# Comments.


def _comment_id(view: View, comment: Comment) -> str | None:
    """Other pages' comments have no id."""
    return comment.id if seen_as_own(view, comment) else None


def seen_as_own(view: View, comment: Comment) -> bool:
    """Whether a comment stands on a page of the caller's."""
    page = view.world.get(Page, view.world.one(Post, comment.post).page)
    return page is not None and is_own(view, page)


def _comment_from(view: View, comment: Comment, asked: Field) -> Any:
    page = view.world.one(Post, comment.post).page
    is_page = view.world.get(Page, comment.author) is not None
    if not is_page and not (seen_as_own(view, comment) and sees_author(view, comment.author)):
        return MISSING
    return author_of(view, comment.author, page, asked)


def _comment_link(_: View, comment: Comment, __: Field) -> str:
    owner, number = comment.post.rsplit("_", 1)
    return f"{SITE}/{owner}/posts/{number}?comment_id={comment.id.rsplit('_', 1)[-1]}"


def _attachment(view: View, comment: Comment, asked: Field) -> Any:
    if comment.kind == "share":
        link = {"type": "share", "title": "A page", "url": "https://l.facebook.com/l.php?u=…"}
        return cut({**link, "target": {"url": link["url"]}}, asked)
    photo = view.world.get(Photo, comment.photo)
    if not comment.kind or photo is None:
        return MISSING
    whole = _attached(view, photo, comment.kind)
    del whole["media_type"]
    return cut(whole, asked)


def _parent(view: View, comment: Comment, asked: Field) -> Any:
    parent = view.world.get(Comment, comment.parent)
    if parent is None or not seen_as_own(view, comment):
        return MISSING
    return view.show("Comment", parent, asked.inside)


def _replies(view: View, comment: Comment, _: Field) -> int:
    every = (view.world.one(Comment, i) for i in view.world.under("comments", comment.post))
    return sum(1 for one in every if one.parent == comment.id and not one.deleted)


COMMENT: Final = Kind(
    "Comment",
    identified(
        {
            "message": Column(lambda _, c, __: c.message),
            "created_time": timed("created_at"),
            "from": Column(_comment_from),
            "attachment": Column(_attachment),
            "parent": Column(_parent, "Comment"),
            "permalink_url": Column(_comment_link),
            "comment_count": Column(_replies),
            "like_count": Column(lambda _, c, __: c.likes),
            "is_hidden": Column(lambda _, c, __: c.hidden),
            "can_hide": Column(lambda v, c, _: seen_as_own(v, c)),
            "message_tags": Column(lambda *_: MISSING),
            "comments": _edge(edges.replies, "Comment"),
        },
        _comment_id,
    ),
    ("created_time", "from", "message"),
    _comment_id,
)


# Pictures.


def _images(view: View, photo: Photo, _: Field) -> list[Json]:
    longest = max(photo.width, photo.height)
    sizes = [longest, *(size for size in (SCALED, 320, 130) if size < longest)]
    return [
        {
            "height": (at := scaled(photo, size))[1],
            "width": at[0],
            "source": address(view.world, view.root, photo, longest=size),
        }
        for size in sizes
    ]


PHOTO: Final = Kind(
    "Photo",
    identified(
        {
            "images": Column(_images),
            "width": plain("width"),
            "height": plain("height"),
            "link": Column(lambda _, p, __: f"{SITE}/photo.php?fbid={p.id}"),
            "picture": Column(
                lambda v, p, _: address(v.world, v.root, p, longest=130),
            ),
        },
        _own_id,
    ),
    (),
    _own_id,
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
        _own_id,
    ),
    ("link", "name", "category", "subscribed_fields"),
    _own_id,
)

KINDS.update(
    {
        "User": USER,
        "Page": PAGE,
        "Post": POST,
        "TaggedPost": TAGGED,
        "Comment": COMMENT,
        "Photo": PHOTO,
        "Application": APPLICATION,
    }
)
_KIND_OF: Final[dict[type[Any], str]] = {
    Person: "User",
    Page: "Page",
    Post: "Post",
    Comment: "Comment",
    Photo: "Photo",
    App: "Application",
}
