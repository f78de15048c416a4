"""Reads recorded answers of the real API, one JSON page a line, and checks every one wholly.

What is kept is what was written; ids that came as numbers are texts from here on. Objects are kept
under their older names, see ``x/dialect.py``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
)

from tombola_sandbox.models import Json
from tombola_sandbox.x.dialect import OLDER, USER_OLDER

EARLIEST: Final = datetime(2006, 3, 21, tzinfo=UTC)
"""Source: X, "Full-archive search": the first post of March 2006, read 2026-11."""
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
WIDEST: Final = 16_384
"""Pixels of a picture that can be drawn."""


class LoadError(Exception):
    """A line is no page; the text names line and reason."""


@dataclass(frozen=True, slots=True)
class Page:
    """One recorded page, older names.

    Attributes:
        posts: what was found.
        others: posts that others refer to.
        users: people beside the posts.
        media: pictures and films beside the posts.
        things: places and polls, with the name of their list.
        errors: what was complained of, as it was written.
    """

    posts: list[Json]
    others: list[Json]
    users: list[Json]
    media: list[Json]
    things: list[tuple[str, Json]]
    errors: list[Json]


def text_of(raw: bytes) -> str:
    """Read a file's bytes.

    Raises:
        LoadError: they are no UTF-8.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise LoadError(f"line {number} is no page of posts: it is not UTF-8") from error


def read_pages(lines: Iterable[str]) -> Iterator[Page | None]:
    """Read and check lines; None for one that holds nothing but an error.

    Raises:
        LoadError: a line is no page.
    """
    for number, line in enumerate(lines, 1):
        whole = line.removeprefix("\ufeff") if number == 1 else line
        if not whole.strip():
            continue
        try:
            found = json.loads(whole, parse_constant=_no_number)
            json.dumps(found, ensure_ascii=False).encode()
            yield from [_page(page) for page in (found if isinstance(found, list) else [found])]
        except ValidationError as error:
            raise LoadError(f"line {number} is no page of posts: {_words(error)}") from error
        except UnicodeEncodeError as error:
            said = f"it holds half of a character ({error.object[error.start]!a})"
            raise LoadError(f"line {number} is no page of posts: {said}") from error
        except (ValueError, RecursionError) as error:
            raise LoadError(f"line {number} is no page of posts: {error}") from error


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _id_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _time_text(value: str) -> str:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    if not EARLIEST <= at < LATEST:
        raise ValueError("no post can be of that time")
    return value


def _wrapped(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Id = Annotated[StrictStr, BeforeValidator(_id_text), Field(pattern=r"^[0-9]{1,19}$")]
Name = Annotated[StrictStr, BeforeValidator(_id_text), Field(min_length=1)]
Time = Annotated[StrictStr, AfterValidator(_time_text)]
Pixels = Annotated[StrictInt, Field(ge=0, le=WIDEST)]
Word = StrictStr | None
Counts = dict[str, StrictInt] | None


class _Part(BaseModel):
    """Whatever else there is stays; what is named here must be right, where it is there."""

    model_config = ConfigDict(extra="allow")


class _Tag(_Part):
    tag: StrictStr


class _Mention(_Part):
    username: StrictStr
    id: Id | None = None


class _Link(_Part):
    start: StrictInt | None = None
    url: Word = None
    expanded_url: Word = None
    media_key: Word = None


class _Entities(_Part):
    hashtags: list[_Tag] | None = None
    cashtags: list[_Tag] | None = None
    mentions: list[_Mention] | None = None
    urls: list[_Link] | None = None


class _Attachments(_Part):
    media_keys: list[Name] | None = None
    poll_ids: list[Id] | None = None


class _Reference(_Part):
    type: StrictStr
    id: Id


class _Note(_Part):
    text: Word = None
    entities: _Entities | None = None


class _Geo(_Part):
    place_id: Name | None = None


class _Post(_Part):
    id: Id
    text: Word = None
    author_id: Id | None = None
    conversation_id: Id | None = None
    in_reply_to_user_id: Id | None = None
    created_at: Time | None = None
    lang: Word = None
    entities: _Entities | None = None
    attachments: _Attachments | None = None
    note_tweet: _Note | None = None
    geo: _Geo | None = None
    public_metrics: Counts = None
    referenced_tweets: list[_Reference] | None = None
    edit_history_tweet_ids: list[Id] | None = None


class _User(_Part):
    id: Id
    username: Annotated[StrictStr, Field(min_length=1)]
    name: Word = None
    profile_image_url: Word = None
    profile_banner_url: Word = None
    pinned_tweet_id: Id | None = None
    most_recent_tweet_id: Id | None = None
    public_metrics: Counts = None


class _Media(_Part):
    media_key: Name
    type: Annotated[StrictStr, Field(min_length=1)]
    width: Pixels | None = None
    height: Pixels | None = None
    url: Word = None
    preview_image_url: Word = None
    alt_text: Word = None


class _Thing(_Part):
    id: Name


class _Includes(_Part):
    tweets: list[Json] | None = None
    posts: list[Json] | None = None
    users: list[Json] | None = None
    media: list[_Media] | None = None
    places: list[_Thing] | None = None
    polls: list[_Thing] | None = None


class _Answer(_Part):
    data: Annotated[list[Json], BeforeValidator(_wrapped)] | None = None
    includes: _Includes | None = None
    errors: list[Json] | None = None


def _page(raw: object) -> Page | None:
    answer = _Answer.model_validate(raw)
    if not {"data", "includes"} & answer.model_fields_set:
        return None
    beside = answer.includes or _Includes()
    others = [*(beside.tweets or ()), *(beside.posts or ())]
    return Page(
        posts=[_checked(_Post, _older(p, OLDER)) for p in answer.data or ()],
        others=[_checked(_Post, _older(p, OLDER)) for p in others],
        users=[_checked(_User, _older(u, USER_OLDER)) for u in beside.users or ()],
        media=[_whole(m) for m in beside.media or ()],
        things=[("places", _whole(p)) for p in beside.places or ()]
        + [("polls", _whole(p)) for p in beside.polls or ()],
        errors=answer.errors or [],
    )


def _older(body: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    """Give an object under its older names."""
    return {names.get(name, name): value for name, value in body.items()}


def _checked(kind: type[_Part], body: Json) -> Json:
    return _whole(kind.model_validate(body))


def _whole(part: _Part) -> Json:
    return part.model_dump(exclude_unset=True)


def _words(error: ValidationError) -> str:
    """Say the first of what is wrong, and where it stands."""
    first = error.errors(include_url=False, include_context=False)[0]
    kind = error.title.strip("_").lower()
    where = ".".join(str(step) for step in first["loc"])
    return f"{kind} {where}: {first['msg']}" if where else f"{kind}: {first['msg']}"
