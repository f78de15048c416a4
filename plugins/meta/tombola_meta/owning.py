"""Which posts a professional account at Instagram has, to prove whose a hashtag's hit is.

Source: Instagram Platform, “Get User Info” and “IG User Media”, read 2026-11-21.
"""

from dataclasses import dataclass
from typing import Final

from tombola.api import Ctx
from tombola_meta.addresses import Host
from tombola_meta.graph import Graph
from tombola_meta.permalinks import USERNAME, instagram_claim_key
from tombola_meta.reading import mapping, objects, text, uid

#: Pages of fifty posts that are looked at. Ours: a campaign's posts are among the newest.
LOOKED_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class InstagramUser:
    """An account, by its id at Instagram (not the one of our app alone) and its present name."""

    uid: str
    username: str | None
    kind: str | None


def me_at_instagram(ctx: Ctx, token: str) -> InstagramUser | None:
    """Ask whose a token of Instagram Login is; None where Instagram does not say.

    Raises:
        FetchError: one of its kinds.
    """
    asked = {"fields": "user_id,username,account_type"}
    body = Graph(ctx, token, Host.INSTAGRAM).get("me", asked).body
    said = next(objects(body.get("data")), mapping(body))
    number, username = uid(said.get("user_id")), text(said.get("username"))
    if number is None:
        return None
    named = username if username and USERNAME.fullmatch(username) else None
    return InstagramUser(number, named, text(said.get("account_type")))


def owned_posts(ctx: Ctx, token: str) -> tuple[str, ...]:
    """Give the claim keys of an account's posts, newest first, at most 500, each once.

    Raises:
        FetchError: one of its kinds.
    """
    asked = {"fields": "id,permalink,timestamp,username", "limit": "50"}
    posts = Graph(ctx, token, Host.INSTAGRAM).pages("me/media", asked, most=LOOKED_MAX)
    keys = (instagram_claim_key(text(post.get("permalink")) or "") for post in posts)
    return tuple(dict.fromkeys(key for key in keys if key))
