"""Recent search and full-archive search."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tombola_sandbox.bodies import stamp
from tombola_sandbox.ids import lowest_id, time_of
from tombola_sandbox.models import Post
from tombola_sandbox.world import World
from tombola_sandbox.x.facts import FactBook
from tombola_sandbox.x.limits import ARCHIVE, RECENT, Limit
from tombola_sandbox.x.params import SHAPE, Params
from tombola_sandbox.x.query import Node, QueryError, parse

END_LAG: Final = timedelta(seconds=30)
"""Source: X, "Search recent Posts", ``end_time``: at least 30 seconds ago, read 2026-11."""

BEGINNING: Final = datetime(2006, 3, 26, tzinfo=UTC)
"""Source: X, "Full-archive search": from the first post of March 2006, read 2026-11."""

KNOWN: Final = SHAPE | {
    "query",
    "max_results",
    "next_token",
    "pagination_token",
    "since_id",
    "until_id",
    "start_time",
    "end_time",
    "sort_order",
}

START_LAG: Final = timedelta(seconds=10)
"""Source: recorded complaints about ``start_time``."""

_TOKEN_HEAD = "b26v89c19zqg8o3f"  # noqa: S105 - how the network's paging tokens begin
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two searches.

    Attributes:
        endpoint: its path.
        longest: characters that a query may have (self-serve access).
        most: results on one page.
        archive: looks back to the beginning.
        limit: how often it may be called.
    """

    endpoint: str
    longest: int
    most: int
    archive: bool
    limit: Limit


RECENT_SEARCH = Kind("/2/tweets/search/recent", 512, 100, archive=False, limit=RECENT)
ARCHIVE_SEARCH = Kind("/2/tweets/search/all", 1024, 500, archive=True, limit=ARCHIVE)


@dataclass(frozen=True, slots=True)
class Search:
    """A search whose parameters were found right; ids by which it is bounded exclude themselves.

    Attributes:
        node: the query.
        most: posts on a page.
        after: lower bound of ids.
        before: upper bound of ids, or None.
        begins: earliest time of a post.
        ends: time of a post must be earlier, or None.
        relevancy: order by likes rather than by time.
        mark: tells this search from another, so that no token is used on the wrong one.
        turned: where the last page ended, or None for the first.
    """

    node: Node
    most: int
    after: int
    before: int | None
    begins: datetime
    ends: datetime | None
    relevancy: bool
    mark: int
    turned: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """One page: its posts, and the token of the next."""

    posts: list[Post]
    next_token: str | None


def read_search(params: Params, kind: Kind, world: World) -> Search:
    """Read and check the parameters of a search.

    Raises:
        Problem: 400, with every complaint.
    """
    params.only(KNOWN | {params.dialect.fields})
    params.exclusive("next_token", "pagination_token")
    params.exclusive("since_id", "start_time")
    params.exclusive("until_id", "end_time")
    node = _query(params, kind)
    now = world.clock()
    floor = BEGINNING if kind.archive else now - world.switches.reach
    after, before = (_id(params, name, floor, world) for name in ("since_id", "until_id"))
    begins, ends = _times(params, floor, now)
    mark = _mark(params)
    found = Search(
        node=node,
        most=params.number("max_results", 10, kind.most, 10),
        after=after or 0,
        before=before,
        begins=begins or floor,
        ends=ends,
        relevancy=params.one_of("sort_order", ("recency", "relevancy"), "recency") == "relevancy",
        mark=mark,
        turned=_turned(params, mark),
    )
    params.finish()
    return found


def find(world: World, book: FactBook, search: Search) -> Found:
    """Find one page.

    Deleted posts leave gaps: the page is cut before they are left out, so it may be short, or even
    empty with a next one.
    """
    hits = _hits(world, book, search)
    if search.relevancy:
        hits = iter(sorted(hits, key=lambda post: -book.of(post).counts.get("like_count", 0)))
        skip = search.turned or 0
        page = list(hits)[skip : skip + search.most + 1]
        mark = skip + search.most
    else:
        page = _take(hits, search.most + 1)
        mark = page[search.most - 1].id if len(page) > search.most else 0
    token = _token(mark, search.mark) if len(page) > search.most else None
    shown = [post for post in page[: search.most] if not post.deleted]
    return Found(shown, token)


def _hits(world: World, book: FactBook, search: Search) -> Iterator[Post]:
    now = world.clock()
    bounds = [search.before] if search.before else []
    if search.turned is not None and not search.relevancy:
        bounds.append(search.turned)
    for post in world.newest_first(below=min(bounds, default=None)):
        if post.id <= search.after:
            return
        if _is_there(post, now, search) and search.node.matches(book.of(post)):
            yield post


def _is_there(post: Post, now: datetime, search: Search) -> bool:
    return (
        post.searchable
        and post.edited_into is None
        and post.visible_from <= now
        and post.found_as_of >= search.begins
        and (search.ends is None or post.found_as_of < search.ends)
    )


def _take(posts: Iterator[Post], count: int) -> list[Post]:
    return [post for post, _ in zip(posts, range(count), strict=False)]


def _query(params: Params, kind: Kind) -> Node:
    text = params.text("query") or ""
    if not text.strip():
        params.complain("query", "The `query` query parameter can not be empty", text)
    elif len(text) > kind.longest:
        said = (
            "There were errors processing your request: Rule length is "
            f"{len(text)}, max allowed is {kind.longest}"
        )
        params.complain("query", said)
    else:
        try:
            return parse(text)
        except QueryError as error:
            params.complain("query", str(error))
    params.finish()
    raise AssertionError("a complaint was noted")


def _id(params: Params, name: str, floor: datetime, world: World) -> int | None:
    found = params.id(name)
    if found is None:
        return None
    known = world.posts.get(found)
    if (known.found_as_of if known else time_of(found)) < floor:
        lowest = lowest_id(floor)
        params.complain(
            name,
            f"'{name}' must be a tweet id created after [{floor:%Y-%m-%dT%H:%MZ}]. Please use a "
            f"'{name}' that is larger than {lowest}",
        )
    return found


def _times(
    params: Params, floor: datetime, now: datetime
) -> tuple[datetime | None, datetime | None]:
    begins, ends = params.time("start_time"), params.time("end_time")
    if begins is not None and begins < floor:
        _wrong_time(params, "start_time", f"must be on or after {stamp(floor)}")
    if begins is not None and begins > now - START_LAG:
        _wrong_time(params, "start_time", _lag(now, START_LAG))
    if ends is not None and ends > now - END_LAG:
        _wrong_time(params, "end_time", _lag(now, END_LAG))
    if ends is not None and ends < floor:
        _wrong_time(params, "end_time", f"must be on or after {stamp(floor)}")
    if begins is not None and ends is not None and begins >= ends:
        _wrong_time(params, "start_time", "must be before 'end_time'")
    return begins, ends


def _lag(now: datetime, lag: timedelta) -> str:
    return (
        f"must be a minimum of {int(lag.total_seconds())} seconds prior to the request time, "
        f"on or before {stamp(now - lag)}"
    )


def _wrong_time(params: Params, name: str, said: str) -> None:
    params.complain(name, f"Invalid '{name}':'{params.text(name)}'. '{name}' {said}.")


def _mark(params: Params) -> int:
    names = ("query", "since_id", "until_id", "start_time", "end_time", "sort_order")
    return zlib.crc32("\n".join(params.text(name) or "" for name in names).encode())


def _token(place: int, mark: int) -> str:
    number, text = place << 32 | mark, ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return _TOKEN_HEAD + text


def _turned(params: Params, mark: int) -> int | None:
    name = "next_token" if "next_token" in params else "pagination_token"
    if (raw := params.text(name)) is None:
        return None
    digits = raw.removeprefix(_TOKEN_HEAD)
    if raw.startswith(_TOKEN_HEAD) and digits and all(d in _DIGITS for d in digits):
        number = int(digits, 36)
        if number & 0xFFFFFFFF == mark:
            return number >> 32
    params.complain(name, f"Invalid '{name}': the token is not one of this search")
    return None
