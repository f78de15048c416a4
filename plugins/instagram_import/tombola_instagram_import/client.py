"""The calls about hashtags, an account's own posts and their comments, and mentions.

All of them go to Facebook's Graph API in the name of a connected professional account: those of
“Instagram Login” know no hashtags.

Source: Instagram Platform (with Facebook Login), “Hashtag Search”, “IG Media, Comments”,
“Mentions”, “Business Discovery”, v26.0, read 2026-11-21.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
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
from tombola_instagram_import.mapping import id_of
from tombola_instagram_import.tags import folded
from tombola_meta.accounts import CONNECTOR, INSTAGRAM_KIND
from tombola_meta.errors import NoHashtag
from tombola_meta.graph import Answer, Graph, Listed, listed
from tombola_meta.reading import Raw, mapping, objects, text

#: Posts or comments on a page. Source: as above, ``limit`` at most 50.
PAGE: Final = 50

#: All that a hashtag's posts may be asked for. Source: “IG Hashtag, Recent Media”, fields.
HIT: Final = (
    "id,caption,media_type,media_url,permalink,timestamp,like_count,comments_count,"
    "children{id,media_type,media_url}"
)
#: What posts tell that mention the account, or in which it is tagged.
_PART: Final = "children{id,media_type,media_url}"
POST: Final = f"id,caption,media_type,media_url,permalink,timestamp,username,{_PART}"
_SAID: Final = "id,text,timestamp,username,from{id,username},hidden,like_count,parent_id"
#: A comment with the post below which it stands.
COMMENT: Final = f"{_SAID},media{{id,permalink}}"
#: A comment with its first replies; further ones are asked for.
TALK: Final = f"{_SAID},replies.limit({PAGE}){{{_SAID}}}"
MENTION: Final = "id,text,timestamp,username,media{id,permalink}"

#: How long it is remembered which number a hashtag or a post has; they never change. Ours.
KNOWN_FOR: Final = timedelta(days=90)

#: Pages of an account's own posts that are looked through for an address. Ours.
LOOKED_MAX: Final = 10

#: Hashtags in seven days. Source: “Hashtag Search”, limitations; “Recently Searched Hashtags”.
HASHTAGS_MAX: Final = 30


class Edge(StrEnum):
    """The two lists of a hashtag."""

    RECENT = "recent_media"
    TOP = "top_media"


@dataclass(frozen=True, slots=True)
class Asked:
    """One list to read on: path, parameters, and where it goes on."""

    path: str
    params: Mapping[str, str]
    place: Mapping[str, str] | None = None


def account_of(ctx: Ctx, uid: str) -> Account:
    """Give the connected account.

    Raises:
        FetchError: it has to be connected (again), or is none at Instagram.
    """
    try:
        account = ctx.account(CONNECTOR, uid)
    except NotFound as missing:
        raise CredentialExpired("This account is not connected any more. Connect it") from missing
    if account.kind != INSTAGRAM_KIND or id_of(account.uid) is None:
        raise PermissionLost(f"“{account.title}” is no Instagram account. Choose another one")
    return account


class Instagram:
    """What a connected account can ask Instagram. All methods raise FetchError."""

    def __init__(self, ctx: Ctx, uid: str) -> None:
        self._ctx = ctx
        self.account = account_of(ctx, uid)
        self._graph = Graph(ctx, self.account.secrets.get("token", ""))

    def read(self, lists: Sequence[Asked]) -> list[Listed | FetchError]:
        """Read a page of each of some lists, at most 50 of them, in one call.

        What goes wrong with one list of several stands in its place.
        """
        if len(lists) == 1:
            (each,) = lists
            return [self._graph.page(each.path, each.params, each.place)]
        parts = [(each.path, {**each.params, **(each.place or {})}) for each in lists]
        return [_listed(answer) for answer in self._graph.batch(parts)]

    # Hashtags.

    def numbers_of(self, tags: Sequence[str]) -> Mapping[str, str]:
        """Give the numbers of hashtags; what Instagram does not know, or hides, is left out.

        A number is the same for everybody, for ever: it is asked for once. Source: “IG Hashtag”.
        """
        known = {tag: self.known_number(tag) for tag in tags}
        unknown = [tag for tag, number in known.items() if number is None]
        path = "ig_hashtag_search"
        asked = [Asked(path, {"user_id": self.account.uid, "q": tag}) for tag in unknown]
        for tag, found in zip(unknown, self._searched(asked), strict=True):
            known[tag] = found
            if found is not None:
                self._ctx.kv.put(_tag_key(tag), found, ttl=KNOWN_FOR)
        return {tag: number for tag, number in known.items() if number is not None}

    def known_number(self, tag: str) -> str | None:
        """Give a hashtag's number if it was asked for before. No network."""
        return id_of(self._ctx.kv.get(_tag_key(tag)))

    def hits(self, number: str, edge: Edge, place: Mapping[str, str] | None = None) -> Asked:
        """Say how a hashtag's posts are asked for."""
        params = {"user_id": self.account.uid, "fields": HIT, "limit": str(PAGE)}
        return Asked(f"{number}/{edge}", params, place)

    def searched_lately(self) -> frozenset[str]:
        """Give the numbers of the hashtags that count against the thirty, whoever asked."""
        path = f"{self.account.uid}/recently_searched_hashtags"
        found = self._graph.pages(path, {"limit": str(HASHTAGS_MAX)}, most=2)
        return frozenset(filter(None, (id_of(each.get("id")) for each in found)))

    # The account's own posts and their comments.

    def newest_posts(self, most: int) -> list[Raw]:
        """Give the account's newest posts, with number and address."""
        asked = {"fields": "id,permalink", "limit": str(most)}
        return list(self._graph.page(f"{self.account.uid}/media", asked).data)[:most]

    def own_posts(self) -> Iterator[Raw]:
        """Give the account's posts, newest first, as far as anybody looks."""
        asked = {"fields": "id,permalink", "limit": str(PAGE)}
        yield from self._graph.pages(f"{self.account.uid}/media", asked, most=LOOKED_MAX)

    def comment(self, comment_id: str) -> Raw | None:
        """Read a comment on an own post; None where it is gone."""
        return self._one(comment_id, COMMENT)

    def comments(self, ids: Sequence[str]) -> list[Raw]:
        """Read up to 50 comments, without those that are gone.

        Where some are missing it is made sure that the account may still look.
        """
        answers = self._graph.batch([(each, {"fields": COMMENT}) for each in ids])
        found = [each.body for each in map(_there, answers) if each is not None]
        if len(found) < len(ids):
            self._graph.get(self.account.uid, {"fields": "id"})
        return found

    # Others' posts.

    def tagged(self, place: Mapping[str, str] | None) -> Listed:
        """Read a page of the posts in which the account is tagged."""
        asked = {"fields": POST, "limit": str(PAGE)}
        return self._graph.page(f"{self.account.uid}/tags", asked, place)

    def mentioning_post(self, media_id: str) -> Raw | None:
        """Read a post that mentions the account; None where it does so no longer."""
        return self._of_account("mentioned_media", f"media_id({media_id}){{{POST}}}")

    def mentioning_comment(self, comment_id: str) -> Raw | None:
        """Read a comment that mentions the account; None where it is gone."""
        return self._of_account("mentioned_comment", f"comment_id({comment_id}){{{MENTION}}}")

    def discovered(self, username: str, after: str | None) -> Raw:
        """Read somebody's biography and a page of their posts. Professional accounts alone.

        Args:
            username: checked by the caller.
            after: where the page begins; "" or None at the newest.
        """
        begin = f".after({after})" if after else ""
        posts = f"media{begin}.limit({PAGE}){{id,permalink,caption}}"
        asked = f"business_discovery.username({username}){{id,username,biography,{posts}}}"
        body = self._graph.get(self.account.uid, {"fields": asked}).body
        return mapping(body.get("business_discovery"))

    def _searched(self, asked: Sequence[Asked]) -> list[str | None]:
        """Give the number behind each search; None where Instagram knows no such hashtag."""
        if not asked:
            return []
        try:
            answers = self.read(asked)
        except NoHashtag:
            return [None]
        return [_number(each) for each in answers]

    def _of_account(self, name: str, inside: str) -> Raw | None:
        found = self._one(self.account.uid, f"{name}.{inside}")
        return mapping(found.get(name)) or None if found is not None else None

    def _one(self, path: str, fields: str) -> Raw | None:
        try:
            return self._graph.get(path, {"fields": fields}).body
        except SourceGone:
            return None


def _tag_key(tag: str) -> str:
    return f"hashtag:{folded(tag)}"


def _number(answer: Listed | FetchError) -> str | None:
    if isinstance(answer, NoHashtag):
        return None
    if isinstance(answer, FetchError):
        raise answer
    return next((number for each in answer.data if (number := id_of(each.get("id")))), None)


def _listed(answer: Answer | FetchError) -> Listed | FetchError:
    if isinstance(answer, FetchError):
        return answer
    try:
        return listed(answer)
    except FetchError as error:
        return error


def _there(answer: Answer | FetchError) -> Answer | None:
    if isinstance(answer, SourceGone):
        return None
    if isinstance(answer, FetchError):
        raise answer
    return answer


def after_of(inside: Raw) -> str | None:
    """Say where a list inside an answer goes on; it has no ``next``, the cursor alone tells."""
    return text(mapping(mapping(inside.get("paging")).get("cursors")).get("after"))


def rows_of(inside: object) -> Iterator[Raw]:
    """Give the rows of a list inside an answer."""
    return objects(mapping(inside).get("data"))
