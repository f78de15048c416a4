"""Which of an account's own posts a source reads comments of."""

from collections.abc import Mapping, Sequence

from tombola.api import Ctx
from tombola_instagram_import.client import KNOWN_FOR, Instagram
from tombola_instagram_import.config import POSTS_MAX, CommentsConfig
from tombola_instagram_import.mapping import id_of
from tombola_meta.permalinks import shortcode
from tombola_meta.reading import Raw, text


def most(config: CommentsConfig) -> int:
    """Say how many posts a source reads at most."""
    return len(config.posts) or POSTS_MAX


def newest(instagram: Instagram) -> Mapping[str, str]:
    """Give the account's newest posts, address by number. Raises FetchError."""
    found = (_known(each) for each in instagram.newest_posts(POSTS_MAX))
    return {number: permalink for number, permalink in found if number}


def chosen(ctx: Ctx, instagram: Instagram, addresses: Sequence[str]) -> Mapping[str, str]:
    """Give the posts at some addresses, address by number; those of others are left out.

    A post's number never changes, so that it is looked for once. Raises FetchError.
    """
    numbers = _numbers(ctx, instagram, addresses)
    return {number: each for each in addresses if (number := numbers.get(shortcode(each) or ""))}


def unknown(ctx: Ctx, instagram: Instagram, addresses: Sequence[str]) -> list[str]:
    """Give the addresses that are no post of this account. Raises FetchError."""
    numbers = _numbers(ctx, instagram, addresses)
    return [each for each in addresses if (shortcode(each) or "") not in numbers]


def _numbers(ctx: Ctx, instagram: Instagram, addresses: Sequence[str]) -> dict[str, str]:
    wanted = {code for each in addresses if (code := shortcode(each))}
    known = {
        code: number
        for code in wanted
        if (number := id_of(ctx.kv.get(_key(instagram, code)))) is not None
    }
    if len(known) == len(wanted):
        return known
    for post in instagram.own_posts():
        number, permalink = _known(post)
        code = shortcode(permalink)
        if number and code in wanted:
            known[code] = number
            ctx.kv.put(_key(instagram, code), number, ttl=KNOWN_FOR)
        if len(known) == len(wanted):
            break
    return known


def _known(post: Raw) -> tuple[str, str]:
    return id_of(post.get("id")) or "", text(post.get("permalink")) or ""


def _key(instagram: Instagram, code: str) -> str:
    return f"post:{instagram.account.uid}:{code}"
