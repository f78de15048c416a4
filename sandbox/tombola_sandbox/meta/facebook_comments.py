"""Facebook's comments and pictures, and their fields."""

from typing import Any, Final

from tombola_sandbox.meta import facebook_edges as edges
from tombola_sandbox.meta.facebook_parts import SITE, attached, author_of, cut, edge, own_id
from tombola_sandbox.meta.fields import Field
from tombola_sandbox.meta.models import Comment, Json, Page, Photo, Post
from tombola_sandbox.meta.pictures import SCALED, address, scaled
from tombola_sandbox.meta.rights import is_own, sees_author
from tombola_sandbox.meta.view import (
    MISSING,
    Column,
    Kind,
    View,
    identified,
    plain,
    timed,
)


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
    whole = attached(view, photo, comment.kind)
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
            "comments": edge(edges.replies, "Comment"),
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
        own_id,
    ),
    (),
    own_id,
)

NODES: Final = {"Comment": COMMENT, "Photo": PHOTO}
