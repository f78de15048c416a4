"""Instagram's comments and their fields."""

from typing import Any, Final

from tombola_sandbox.meta import instagram_edges as edges
from tombola_sandbox.meta.fields import Field
from tombola_sandbox.meta.ids import scoped
from tombola_sandbox.meta.models import Account, Json, Media, Remark
from tombola_sandbox.meta.view import (
    MISSING,
    Ask,
    Column,
    Kind,
    View,
    identified,
    plain,
    timed,
)


def outer(view: View, kind: str, inner: str) -> str:
    """Give an id as this Graph says it: ``graph.instagram.com`` has its own."""
    return scoped(f"ig_{kind}", "", inner) if view.on_instagram else inner


def own_id(_: View, thing: Any) -> str | None:
    """Give the id under which a thing is kept."""
    return str(thing.id)


def _remark_id(view: View, remark: Remark) -> str | None:
    return outer(view, "remark", remark.id)


def _is_own(view: View, remark: Remark) -> bool:
    return remark.author == view.world.one(Media, remark.media).account


def _remark_name(view: View, remark: Remark, _: Field) -> Any:
    """The owner's own comments carry ``user`` instead."""
    own = _is_own(view, remark)
    return MISSING if own else view.world.one(Account, remark.author).username


def _remark_user(view: View, remark: Remark, _: Field) -> Any:
    return {"id": remark.author} if _is_own(view, remark) else MISSING


def _remark_from(view: View, remark: Remark, asked: Field) -> Any:
    author = view.world.one(Account, remark.author)
    owner = view.world.one(Media, remark.media).account
    own_id = author.id if author.id == owner else view.world.igsid(owner, author.id)
    shown: Json = {"id": own_id, "username": author.username}
    if asked.inside is None:
        return shown
    return {n: v for n, v in shown.items() if n in {f.name for f in asked.inside} | {"id"}}


def _remark_parent(view: View, remark: Remark, _: Field) -> Any:
    return MISSING if remark.parent is None else outer(view, "remark", remark.parent)


def _remark_media(view: View, remark: Remark, asked: Field) -> Any:
    media = view.world.one(Media, remark.media)
    return view.show("IGMedia", media, asked.inside or ())


_REMARK: Final = {
    "text": plain("text"),
    "timestamp": timed("at"),
    "like_count": Column(lambda _, r, __: r.likes),
}
REMARK: Final = Kind(
    "IGComment",
    identified(
        {
            **_REMARK,
            "username": Column(_remark_name),
            "user": Column(_remark_user),
            "from": Column(_remark_from),
            "hidden": Column(lambda _, r, __: r.hidden),
            "parent_id": Column(_remark_parent),
            "media": Column(_remark_media, "IGMedia"),
            "replies": Column(
                lambda v, r, f: edges.replies(v, r, Ask.inside(str(_remark_id(v, r)), f)),
                "IGComment",
            ),
        },
        _remark_id,
    ),
    ("text", "timestamp"),
    _remark_id,
)


def _mentioning_media(view: View, remark: Remark, asked: Field) -> Any:
    media = view.world.one(Media, remark.media)
    return view.show("IGMentionedMedia", media, asked.inside or ())


def _mentioning_name(view: View, remark: Remark, _: Field) -> str:
    return view.world.one(Account, remark.author).username


MENTIONED_COMMENT: Final = Kind(
    "IGComment",
    identified(
        {
            **_REMARK,
            "username": Column(_mentioning_name),
            "media": Column(_mentioning_media, "IGMentionedMedia"),
        },
        own_id,
    ),
    (),
    own_id,
)

NODES: Final = {"IGComment": REMARK, "IGMentionedComment": MENTIONED_COMMENT}
