"""The calls about comments under a post.

Source: Meta, Graph API v26.0, “Object Comments”, “Comment”, “Page Published Posts” and “Photo”;
“Page Public Content Access”; read 2026-11-21.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tombola.api import (
    Account,
    CredentialExpired,
    Ctx,
    FetchError,
    NotFound,
    PermissionLost,
    SourceGone,
)
from tombola_facebook_comments.posts import HIDDEN_NUMBER, NO_POST, complaint, post_meant
from tombola_meta.accounts import CONNECTOR, PAGE_KIND, page_token
from tombola_meta.graph import Answer, Graph, Listed
from tombola_meta.reading import Raw, uid

#: ``attachment`` comes only where it is asked for.
FIELDS: Final = (
    "id,from{id,name},message,attachment{type,media,target,url},created_time,parent{id},"
    "permalink_url,is_hidden"
)

#: Comments on a page. Ours: each may bring a picture, whose largest copy is asked for in a batch.
PAGE: Final = 50

NO_FEATURE: Final = (
    "Facebook does not show the comments under this post. It shows those under other pages' public "
    "posts only to apps with the feature “Page Public Content Access”, which Meta grants after a "
    "review"
)


def page_of(ctx: Ctx, account: str) -> Account:
    """Give the connected page.

    Raises:
        FetchError: it is not connected, has to be reconnected, or is no page.
    """
    try:
        page = ctx.account(CONNECTOR, account)
    except NotFound as error:
        raise CredentialExpired("The page of this source is not connected any more") from error
    if page.kind != PAGE_KIND:
        raise PermissionLost(f"“{page.title}” is no page. Choose a page in this source")
    return page


def post_id(ctx: Ctx, page: Account, written: str) -> str:
    """Give a post's id at Facebook; an owner who is named and not numbered is asked for.

    Raises:
        FetchError: one of its kinds; SourceGone when what was written names no post.
    """
    meant = post_meant(written)
    wrong = complaint(written)
    if meant is None or wrong is not None:
        raise SourceGone(wrong or NO_POST)
    owner = meant.owner
    if owner is None or owner in {page.uid, page.handle}:
        owner = page.uid
    elif not owner.isdecimal():
        owner = uid(_public(ctx, page, owner).body.get("id"))
    if owner is None:
        raise SourceGone(HIDDEN_NUMBER)
    return f"{owner}_{meant.number}"


def is_own(page: Account, post: str) -> bool:
    """Tell whether a post is the page's own: only there come authors, ids and hidden comments."""
    return post.partition("_")[0] == page.uid


def read_post(ctx: Ctx, page: Account, post: str) -> Raw:
    """Read a post. Raises FetchError; SourceGone when Facebook does not show it."""
    asked = {"fields": "id,message,created_time,permalink_url"}
    if is_own(page, post):
        return Graph(ctx, page_token(page)).get(post, asked).body
    return _public(ctx, page, post, asked).body


def comments(
    ctx: Ctx, page: Account, post: str, asked: Mapping[str, str], place: Mapping[str, str] | None
) -> Listed:
    """Read one page of the list. Raises FetchError."""
    given = {"fields": FIELDS, "limit": str(PAGE), **asked}
    try:
        return Graph(ctx, page_token(page)).page(f"{post}/comments", given, place)
    except PermissionLost as error:
        if is_own(page, post):
            raise
        raise SourceGone(f"{NO_FEATURE} ({error})") from error


def comment(ctx: Ctx, page: Account, comment_id: str) -> Raw | None:
    """Read one comment under an own post; None where it is gone. Raises FetchError."""
    try:
        return Graph(ctx, page_token(page)).get(comment_id, {"fields": FIELDS}).body
    except SourceGone:
        return None


def comments_again(ctx: Ctx, page: Account, ids: Sequence[str]) -> Sequence[Raw]:
    """Read up to 50 comments, without those that are gone.

    Raises:
        FetchError: any other trouble, with any of them.
    """
    asked = [(each, {"fields": FIELDS}) for each in ids]
    return [found.body for found in map(_read, Graph(ctx, page_token(page)).batch(asked)) if found]


def photos(ctx: Ctx, page: Account, ids: Sequence[str]) -> Mapping[str, Raw]:
    """Read up to 50 photos under own posts, by id; what Facebook does not give is left out.

    A comment shows a scaled copy; here are all sizes. It never fails: the copy is good enough.
    """
    asked = [(each, {"fields": "id,images{source,width,height}"}) for each in ids]
    try:
        found = Graph(ctx, page_token(page)).batch(asked)
    except FetchError as error:
        ctx.log.warning("photos_unread", kind=type(error).__name__, why=str(error))
        return {}
    read = zip(ids, found, strict=True)
    return {each: answer.body for each, answer in read if isinstance(answer, Answer)}


def latest_posts(ctx: Ctx, page: Account) -> Sequence[Raw]:
    """Read the page's newest posts, 50 at most. Raises FetchError."""
    asked = {"fields": "id,message,created_time,permalink_url", "limit": "50"}
    return Graph(ctx, page_token(page)).page(f"{page.uid}/published_posts", asked).data


def _public(ctx: Ctx, page: Account, node: str, asked: Mapping[str, str] | None = None) -> Answer:
    """Read what is another page's. A permission that lacks says nothing about our own page."""
    try:
        return Graph(ctx, page_token(page)).get(node, asked or {"fields": "id"})
    except PermissionLost as error:
        raise SourceGone(f"{NO_FEATURE} ({error})") from error


def _read(answer: Answer | FetchError) -> Answer | None:
    if isinstance(answer, SourceGone):
        return None
    if isinstance(answer, FetchError):
        raise answer
    return answer
