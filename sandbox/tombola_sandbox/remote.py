"""Acts on the running sandbox, or on its folder where none runs."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tombola_sandbox.loading import LoadError, Manner, load
from tombola_sandbox.meta.recording import RecordingError, read_folder
from tombola_sandbox.place import Place, open_world
from tombola_sandbox.world import World

PATIENCE_S = 60


class AnswerError(Exception):
    """The running sandbox gave no answer that can be read."""


def load_file(place: Place, text: str, manner: Manner) -> str:
    """Take a recording; what was taken, in a sentence.

    Raises:
        LoadError: a line is no page; nothing was taken.
        AnswerError: the running sandbox did not say what came of it.
        AlreadyServedError: a process has the world open and does not answer.
    """
    wishes = {
        "text": text,
        "as_recent": manner.as_recent,
        "shift_to_now": manner.shift_to_now,
        "keep_media_urls": manner.keep_media_urls,
    }
    answer = _ask(place, "/console/api/load", wishes)
    if answer is not None:
        if "error" in answer:
            raise LoadError(answer["error"])
        return str(answer["said"])
    with open_world(place.folder) as world:
        return load(world, text.split("\n"), manner).words()


def post_text(place: Place, *, username: str, text: str, photos: int, lang: str) -> str:
    """Let somebody post; which post it was.

    Raises:
        KeyError: nobody is called so.
        AnswerError: the running sandbox did not say what came of it.
        AlreadyServedError: a process has the world open and does not answer.
    """
    wishes = {"username": username, "text": text, "photos": photos, "lang": lang}
    answer = _ask(place, "/console/api/post", wishes)
    if answer is not None:
        if "error" in answer:
            raise KeyError(answer["error"])
        return str(answer["said"])
    with open_world(place.folder) as world:
        return posted(world, username=username, text=text, photos=photos, lang=lang)


def play_folder(place: Place, folder: Path) -> str:
    """Take a folder of recordings of Meta's; how many were new, in a sentence.

    Raises:
        RecordingError: a file is no recording; nothing was taken.
        AnswerError: the running sandbox did not say what came of it.
        AlreadyServedError: a process has the world open and does not answer.
    """
    pairs = read_folder(folder)
    answer = _ask(place, "/console/api/play", {"pairs": pairs})
    if answer is not None:
        if "error" in answer:
            raise RecordingError(answer["error"])
        return str(answer["said"])
    with open_world(place.folder) as world:
        return played(world, pairs)


def played(world: World, pairs: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Take recordings into a world at hand; how many were new."""
    return f"{world.meta.take(pairs)} new recorded answers, {len(world.meta.player)} in all"


def posted(world: World, *, username: str, text: str, photos: int, lang: str) -> str:
    """Post in a world at hand; which post it was."""
    made = world.post(username, text, photos=photos, lang=lang)
    return f"{made.id} by @{username}"


def _ask(place: Place, path: str, wishes: dict[str, Any]) -> dict[str, Any] | None:
    """Ask the running sandbox; None if none answers at its address.

    Raises:
        AnswerError: it answered something that is no JSON, or stopped halfway.
    """
    request = urllib.request.Request(  # noqa: S310 - our own address
        place.network + path,
        data=json.dumps(wishes).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310
            return _read(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return _read(error.code, error.read())
    except urllib.error.URLError:
        return None
    except (OSError, http.client.HTTPException) as error:
        raise AnswerError(f"the running sandbox stopped answering: {error!r}") from error


def _read(status: int, raw: bytes) -> dict[str, Any]:
    """Read the answer's body: an object that says what was done, or what is wrong."""
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not {"said", "error"} & body.keys():
        raise AnswerError(f"the running sandbox answered HTTP {status} and did not say why")
    return body
