"""What the console's pages about Facebook and Instagram show."""

from collections.abc import Sequence
from typing import Any, Final

from tombola_sandbox.ids import short_hash
from tombola_sandbox.meta.access import (
    FACEBOOK_SCOPES,
    HASHTAG_FEATURE,
    INSTAGRAM_SCOPES,
    PAGE_FEATURE,
)
from tombola_sandbox.meta.messenger_rules import HUMAN_FEATURE, ONCE_FEATURE
from tombola_sandbox.meta.models import (
    ALL_TASKS,
    Account,
    Comment,
    Json,
    Media,
    Page,
    Person,
    Post,
    Remark,
    Token,
)
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.meta.world import MetaWorld

SHOWN: Final = 12
SHOWN_COMMENTS: Final = 12
PERMISSIONS: Final = tuple(sorted(FACEBOOK_SCOPES | INSTAGRAM_SCOPES))
FEATURES: Final = (HASHTAG_FEATURE, PAGE_FEATURE, HUMAN_FEATURE, ONCE_FEATURE)
DEATH: Final = {
    460: "new password",
    458: "app taken away",
    463: "expired",
    464: "not confirmed",
    467: "logged out",
    459: "checkpoint",
    492: "no role",
}


def facebook(things: MetaWorld) -> dict[str, Any]:
    """What the page about Facebook shows: the newest posts with their comments."""
    posts = [p for p in reversed(list(things.all(Post).values())) if not p.deleted]
    posts.sort(key=lambda post: post.created_at, reverse=True)
    return {
        "pages": list(things.all(Page).values()),
        "people": _people(things),
        "posts": [_post(things, post) for post in posts[:SHOWN]],
    }


def _people(things: MetaWorld) -> list[Person]:
    found = [p for p in things.all(Person).values() if not p.gone]
    return sorted(found, key=lambda person: person.name.casefold())


def _post(things: MetaWorld, post: Post) -> Json:
    every = [things.one(Comment, i) for i in things.under("comments", post.id)]
    shown = [c for c in every if not c.deleted][-SHOWN_COMMENTS:]
    return {
        "post": post,
        "author": things.name(post.author),
        "page": things.name(post.page) if post.page else "",
        "tags": [things.name(tag) for tag in post.tags],
        "comments": [{"comment": c, "author": things.name(c.author)} for c in shown],
    }


def instagram(things: MetaWorld) -> dict[str, Any]:
    """What the page about Instagram shows: the newest media with their comments."""
    every = [m for m in things.all(Media).values() if m.parent is None and not m.deleted]
    every.sort(key=lambda media: media.at, reverse=True)
    accounts = sorted(things.all(Account).values(), key=lambda account: account.username)
    return {"accounts": accounts, "media": [_media(things, m) for m in every[:SHOWN]]}


def _media(things: MetaWorld, media: Media) -> Json:
    remarks = [things.one(Remark, i) for i in things.under("remarks", media.id)]
    parts = [things.one(Media, child).picture for child in media.children] or [media.picture]
    shown = [r for r in remarks if not r.deleted][-SHOWN_COMMENTS:]
    return {
        "media": media,
        "account": things.one(Account, media.account),
        "pictures": [part for part in parts if part],
        "tags": [things.one(Account, tag).username for tag in media.tags],
        "comments": [
            {"remark": r, "account": things.one(Account, r.author).username} for r in shown
        ],
    }


def application(meta: Meta) -> dict[str, Any]:
    """What the page about the application shows."""
    things = meta.things
    tokens = sorted(things.all(Token).values(), key=lambda t: t.issued_at, reverse=True)
    return {
        "app": meta.access.demo,
        "permissions": PERMISSIONS,
        "features": FEATURES,
        "tokens": [_token(things, token) for token in tokens[:SHOWN]],
        "people": _people(things),
        "pages": list(things.all(Page).values()),
        "tasks": ALL_TASKS,
        "roles": _roles(things),
        "lives_s": int(things.picture_lives.total_seconds()),
        "death": DEATH,
    }


def _roles(things: MetaWorld) -> Sequence[tuple[str, str, Sequence[str]]]:
    found = []
    for page in list(things.all(Page).values()):
        for person, tasks in page.roles.items():
            found.append((page.name, things.name(person), tasks))
    return found


def _token(things: MetaWorld, token: Token) -> Json:
    account = things.get(Account, token.account)
    whose = f"@{account.username}" if account else things.name(token.page or token.person or "")
    over = token.expires_at is not None and token.expires_at <= things.clock()
    return {
        "token": token,
        "number": short_hash(token.id),
        "whose": whose,
        "state": DEATH.get(token.dead, "dead") if token.dead else "expired" if over else "works",
    }
