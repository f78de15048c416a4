"""Lists in pages: by cursor, or by time.

Source: Meta, "Paginated Results", read 2026-11.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.models import Json
from tombola_sandbox.meta.view import Ask, View, check

DEFAULT: Final = 25
MOST: Final = 100
"""Things on a page, if nothing is asked for and at most; a larger ``limit`` gives as many."""


def limit_of(args: Mapping[str, str], *, default: int = DEFAULT, most: int = MOST) -> int:
    """Read ``limit``.

    Raises:
        GraphError: it is no number above zero (100).
    """
    text = args.get("limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise errors.parameter(f"Param limit must be an integer: {text}")
    if int(text) < 1:
        raise errors.parameter("Param limit must be greater than 0")
    return min(int(text), most)


def cursor(text: str) -> str:
    """Make a cursor."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") + "ZDZD"


def cursor_text(made: str) -> str:
    """Read a cursor.

    Raises:
        GraphError: it is none of ours.
    """
    raw = made.removesuffix("ZDZD")
    try:
        return base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise errors.invalid_cursor() from error


def by_cursor(
    view: View,
    ask: Ask,
    ids: Sequence[str],
    show: Callable[[str], Json | None],
    *,
    kind: str,
    default: int = DEFAULT,
    most: int = MOST,
) -> Json:
    """Give one page of a list.

    What this caller may not see is taken out of a page after it was cut, so pages may be short,
    and even empty, and go on.

    Args:
        view: the call.
        ask: what is wanted.
        ids: the whole list in its order.
        show: shows one; None for what is not to be seen.
        kind: what is in it; its fields are checked also where nothing is.
        default: things on a page.
        most: the same, at most.
    """
    if ask.fields is not None:
        check(kind, ask.fields)
    count = limit_of(ask.args, default=default, most=most)
    begin, end = _window(ask.args, ids, count)
    part = ids[begin:end]
    body: Json = {"data": [shown for one in part if (shown := show(one)) is not None]}
    if not part:
        return body
    before, after = cursor(part[0]), cursor(part[-1])
    paging: Json = {"cursors": {"before": before, "after": after}}
    size = {"limit": str(count)}
    if end < len(ids):
        paging["next"] = view.link(ask, **size, after=after)
    if begin > 0:
        paging["previous"] = view.link(ask, **size, before=before)
    body["paging"] = paging
    return body


def _window(args: Mapping[str, str], ids: Sequence[str], count: int) -> tuple[int, int]:
    if after := args.get("after"):
        begin = _place(ids, after) + 1
        return begin, min(begin + count, len(ids))
    if before := args.get("before"):
        end = _place(ids, before)
        return max(0, end - count), end
    return 0, min(count, len(ids))


def _place(ids: Sequence[str], made: str) -> int:
    try:
        return ids.index(cursor_text(made))
    except ValueError:
        raise errors.invalid_cursor() from None


def by_time(
    view: View,
    ask: Ask,
    items: Sequence[tuple[datetime, str]],
    show: Callable[[str], Json | None],
    *,
    kind: str,
) -> Json:
    """Give one page of a list that is cut by time.

    There are no cursors: ``next`` says ``until`` and ``__paging_token``, ``previous`` ``since``. A
    page that holds something has a ``next``, so the last one is empty.

    Args:
        view: the call.
        ask: what is wanted.
        items: newest first.
        show: shows one; None for what is not to be seen.
        kind: what is in it.
    """
    if ask.fields is not None:
        check(kind, ask.fields)
    count = limit_of(ask.args)
    found = _between(ask.args, items)
    part = found[-count:] if ask.args.get("__previous") else found[:count]
    body: Json = {"data": [shown for _, one in part if (shown := show(one)) is not None]}
    if part:
        (newest, first), (oldest, last) = part[0], part[-1]
        size = {"limit": str(count)}
        since = {"since": str(int(newest.timestamp())), "__previous": "1"}
        until = {"until": str(int(oldest.timestamp()))}
        body["paging"] = {
            "previous": view.link(ask, **size, **since, __paging_token=_token(first)),
            "next": view.link(ask, **size, **until, __paging_token=_token(last)),
        }
    return body


def _between(
    args: Mapping[str, str], items: Sequence[tuple[datetime, str]]
) -> Sequence[tuple[datetime, str]]:
    found = items
    if text := args.get("since"):
        since = time_of("since", text)
        found = [item for item in found if item[0] >= since]
    if text := args.get("until"):
        until = time_of("until", text)
        found = [item for item in found if item[0].replace(microsecond=0) <= until]
    if token := args.get("__paging_token"):
        mark = cursor_text(token.removeprefix("enc_"))
        places = [n for n, (_, one) in enumerate(found) if one == mark]
        if places and args.get("__previous"):
            found = found[: places[0]]
        elif places:
            found = found[places[0] + 1 :]
    return found


def _token(item: str) -> str:
    return "enc_" + cursor(item)


def time_of(name: str, text: str) -> datetime:
    """Read a time as Graph takes it: Unix seconds, or a date.

    Raises:
        GraphError: it is neither (100).
    """
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise errors.parameter(f"Param {name} must be a valid datetime: {text}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def words_of(args: Mapping[str, str], name: str) -> list[str]:
    """Read a list: words with commas between, or JSON, as Meta's own client sends it."""
    text = args.get(name, "").strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            raise errors.parameter(f"Param {name} must be an array.") from None
        return [str(one) for one in found]
    return [one.strip() for one in text.split(",") if one.strip()]


def choice(args: Mapping[str, str], name: str, default: str, *allowed: Any) -> str:
    """Read a parameter that is one of a few words.

    Raises:
        GraphError: it is another (100).
    """
    found = args.get(name, default)
    if found.lower() not in {default, *allowed}:
        words = ", ".join(str(word).upper() for word in (default, *allowed))
        raise errors.parameter(f"Param {name} must be one of {{{words}}} - got {found!r}")
    return found.lower()
