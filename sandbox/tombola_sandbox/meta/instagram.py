"""Instagram's accounts and media, and their fields."""

from collections.abc import Callable
from typing import Any, Final

from tombola_sandbox.ids import number_from
from tombola_sandbox.meta import errors
from tombola_sandbox.meta import instagram_edges as edges
from tombola_sandbox.meta.fields import Field
from tombola_sandbox.meta.ids import scoped
from tombola_sandbox.meta.instagram_acts import mentioned_in
from tombola_sandbox.meta.instagram_comments import outer, own_id
from tombola_sandbox.meta.models import Account, Media, Photo, Remark
from tombola_sandbox.meta.pictures import INSTAGRAM, address
from tombola_sandbox.meta.rights import need, need_instagram
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

SITE: Final = "https://www.instagram.com"
COMMENTS: Final = "instagram_manage_comments"
BASIC: Final = "instagram_basic"


def find(view: View, wanted: str, made: Callable[[str, Any], Any]) -> Any:
    """Find something at Instagram that the caller may see; None where there is no such id.

    Raises:
        GraphError: it is somebody else's, or a permission lacks.
    """
    world = view.world
    if (account := _account(view, wanted)) is not None:
        need_instagram(view, account, BASIC)
        return made("IGMe" if view.on_instagram else "IGUser", account)
    if (media := world.get(Media, _inner(view, "media", wanted))) is not None:
        need_instagram(view, world.one(Account, media.account), BASIC)
        return None if media.deleted else made("IGMedia", media)
    if (remark := world.get(Remark, _inner(view, "remark", wanted))) is not None:
        media = world.one(Media, remark.media)
        need_instagram(view, world.one(Account, media.account), BASIC, COMMENTS)
        return None if remark.deleted or media.deleted else made("IGComment", remark)
    if not view.on_instagram and (tag := world.hashtag_names.get(wanted)) is not None:
        return made("IGHashtag", tag)
    return None


def _account(view: View, wanted: str) -> Account | None:
    token = view.caller.token
    own = view.world.get(Account, token.account if token else None)
    if view.on_instagram and own is not None and wanted == _app_id(view, own):
        return own
    return view.world.get(Account, wanted)


def _inner(view: View, kind: str, wanted: str) -> str | None:
    """Translate an id of ``graph.instagram.com``: ids there are unlike those of Facebook's."""
    if not view.on_instagram:
        return wanted
    of = Media if kind == "media" else Remark
    return view.world.scoped.find(f"ig_{kind}", "", wanted, list(view.world.all(of)))


def _app_id(view: View, account: Account) -> str:
    return scoped("ig_app", view.caller.app.instagram_id, account.id)


# Accounts.


def _face(view: View, account: Account, _: Field) -> str:
    known = view.world.get(Photo, f"face{account.id}")
    photo = known or Photo(id=account.id, seed=account.id, width=150, height=150)
    return address(view.world, view.root, photo, host=INSTAGRAM)


def _media_count(view: View, account: Account, _: Field) -> int:
    every = (view.world.one(Media, i) for i in view.world.under("media", account.id))
    return sum(1 for media in every if not media.deleted and media.product in {"FEED", "REELS"})


def _mentioned_media(view: View, account: Account, asked: Field) -> Any:
    need(view.caller, BASIC, COMMENTS, code=10)
    media = view.world.get(Media, asked.args.get("media_id"))
    if media is None or not _mentions(view, media, media.caption, account):
        raise errors.parameter("The parameter media_id is invalid")
    return view.show("IGMentionedMedia", media, asked.inside or ())


def _mentioned_comment(view: View, account: Account, asked: Field) -> Any:
    need(view.caller, BASIC, COMMENTS, code=10)
    remark = view.world.get(Remark, asked.args.get("comment_id"))
    media = view.world.get(Media, remark.media) if remark else None
    if (
        remark is None
        or media is None
        or remark.deleted
        or not _mentions(view, media, remark.text, account)
    ):
        raise errors.parameter("The parameter comment_id is invalid")
    return view.show("IGMentionedComment", remark, asked.inside or ())


def _mentions(view: View, media: Media, text: str, account: Account) -> bool:
    author = view.world.one(Account, media.account)
    hidden = media.deleted or author.private or media.product in {"STORY", "AD"}
    return not hidden and account.username.casefold() in mentioned_in(text)


def _discovered(view: View, _: Account, asked: Field) -> Any:
    need(view.caller, BASIC, code=10)
    username = asked.args.get("username", "")
    if not username:
        raise errors.lacks("username")
    wanted = username.casefold()
    every = list(view.world.all(Account).values())
    found = next((a for a in every if a.username.casefold() == wanted), None)
    if found is None or not found.professional or found.age_gated:
        raise errors.no_account(username)
    return view.show("IGDiscovered", found, asked.inside or ())


def _discovered_media(view: View, account: Account, asked: Field) -> Any:
    """List somebody's media; there is no ``next`` here, one asks again with ``.after(…)``."""
    body = edges.shown_media(view, account, Ask.inside("me", asked), "IGDiscoveredMedia")
    paging = body.get("paging")
    if paging is not None:
        more = "next" in paging
        paging = {"cursors": dict(paging["cursors"])}
        if not more:
            del paging["cursors"]["after"]
        body["paging"] = paging
    return body


_ACCOUNT: Final = {
    "username": plain("username"),
    "name": plain("name"),
    "biography": plain("biography"),
    "profile_picture_url": Column(_face),
    "followers_count": Column(lambda _, a, __: number_from(a.id, 5000)),
    "follows_count": Column(lambda _, a, __: number_from(a.id, 700)),
    "media_count": Column(_media_count),
    "website": Column(lambda *_: MISSING),
}


USER: Final = Kind(
    "IGUser",
    identified(
        {
            **_ACCOUNT,
            "mentioned_media": Column(_mentioned_media, "IGMentionedMedia"),
            "mentioned_comment": Column(_mentioned_comment, "IGMentionedComment"),
            "business_discovery": Column(_discovered, "IGDiscovered"),
            "media": Column(lambda v, a, f: edges.media(v, a, Ask.inside(a.id, f)), "IGMedia"),
            "tags": Column(lambda v, a, f: edges.tags(v, a, Ask.inside(a.id, f)), "IGTagged"),
        },
        own_id,
    ),
    (),
    own_id,
)
DISCOVERED: Final = Kind(
    "IGUser",
    identified({**_ACCOUNT, "media": Column(_discovered_media, "IGDiscoveredMedia")}, own_id),
    (),
    own_id,
)
ME: Final = Kind(
    "IGUser",
    identified(
        {
            **_ACCOUNT,
            "user_id": Column(lambda _, a, __: a.id),
            "account_type": Column(lambda _, a, __: a.kind),
            "media": Column(lambda v, a, f: edges.media(v, a, Ask.inside("me", f)), "IGMedia"),
        },
        _app_id,
    ),
    (),
    _app_id,
)


# Media.


def _media_id(view: View, media: Media) -> str | None:
    return outer(view, "media", media.id)


def _media_url(view: View, media: Media, _: Field) -> Any:
    """An album has none, nor what may not be copied."""
    photo = view.world.get(Photo, media.picture)
    if media.type == "CAROUSEL_ALBUM" or media.bare or photo is None:
        return MISSING
    film = media.type == "VIDEO"
    return address(view.world, view.root, photo, host=INSTAGRAM, film=film)


def _thumbnail(view: View, media: Media, _: Field) -> Any:
    photo = view.world.get(Photo, media.picture)
    if media.type != "VIDEO" or photo is None:
        return MISSING
    return address(view.world, view.root, photo, host=INSTAGRAM)


def _permalink(_: View, media: Media, __: Field) -> Any:
    if media.parent is not None:
        return MISSING
    return f"{SITE}/{'reel' if media.product == 'REELS' else 'p'}/{media.shortcode}/"


def _children(view: View, media: Media, asked: Field) -> Any:
    if not media.children:
        return MISSING
    found = [view.world.one(Media, child) for child in media.children]
    return {"data": [view.show("IGChild", child, asked.inside) for child in found]}


def _likes(_: View, media: Media, __: Field) -> Any:
    return MISSING if media.likes_hidden else media.likes


def _comment_count(view: View, media: Media, _: Field) -> int:
    every = (view.world.one(Remark, i) for i in view.world.under("remarks", media.id))
    return sum(1 for remark in every if not remark.deleted)


def _username(view: View, media: Media, _: Field) -> str:
    return view.world.one(Account, media.account).username


def _owner(view: View, media: Media, _: Field) -> Any:
    return {"id": media.account} if not view.on_instagram else MISSING


_PUBLIC: Final = {
    "caption": plain("caption"),
    "children": Column(_children, "IGChild"),
    "comments_count": Column(_comment_count),
    "like_count": Column(_likes),
    "media_type": plain("type"),
    "media_url": Column(_media_url),
    "permalink": Column(_permalink),
    "timestamp": timed("at"),
}
"""What hashtags give; nothing else. Source: Meta, "Hashtag Recent Media", returnable fields."""

_NAMED: Final = {**_PUBLIC, "media_product_type": plain("product"), "username": Column(_username)}
_OWN: Final = {
    **_NAMED,
    "owner": Column(_owner),
    "shortcode": plain("shortcode"),
    "thumbnail_url": Column(_thumbnail),
    "is_comment_enabled": Column(lambda *_: True),
    "is_shared_to_feed": Column(lambda *_: True),
    "comments": Column(
        lambda v, m, f: edges.comments(v, m, Ask.inside(str(_media_id(v, m)), f)), "IGComment"
    ),
}


def _kind(name: str, columns: Any) -> Kind:
    return Kind(name, identified(columns, _media_id), (), _media_id)


HASHTAG: Final = Kind(
    "IGHashtag",
    {
        "id": Column(lambda _, tag, __: scoped("hashtag", "", tag)),
        "name": Column(lambda _, tag, __: tag),
    },
    (),
    lambda _, tag: scoped("hashtag", "", tag),
)
SUBSCRIBED: Final = Kind(
    "Application",
    identified({"subscribed_fields": Column(lambda v, *_: v.extra["subscribed"])}, own_id),
    (),
    own_id,
)

NODES: Final = {
    "IGUser": USER,
    "IGMe": ME,
    "IGDiscovered": DISCOVERED,
    "IGMedia": _kind("IGMedia", _OWN),
    "IGTagged": _kind("IGMedia", _NAMED),
    "IGMentionedMedia": _kind("IGMedia", {**_NAMED, "owner": Column(_owner)}),
    "IGDiscoveredMedia": _kind("IGMedia", {**_NAMED, "owner": Column(_owner)}),
    "IGHashtagMedia": _kind("IGMedia", _PUBLIC),
    "IGChild": _kind(
        "IGMedia",
        {
            "media_type": plain("type"),
            "media_url": Column(_media_url),
            "thumbnail_url": Column(_thumbnail),
            "permalink": Column(_permalink),
            "timestamp": timed("at"),
        },
    ),
    "IGHashtag": HASHTAG,
    "IGSubscribed": SUBSCRIBED,
}
