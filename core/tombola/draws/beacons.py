"""The beacons of this installation, and asking them for a round."""

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tombola.api import HttpFailed, HttpRefused
from tombola.fairness.beacons import LEAGUE, Chain, Round
from tombola.installation import Installation
from tombola.toolkit.fetch import Wanted

OK = 200
_LIST = TypeAdapter(list[Chain])


class NotThere(Exception):
    """The round cannot be had now. The message is for the team."""


def available(inst: Installation) -> list[Chain]:
    """The beacons that the operator has chosen, in their order; the public ones by default.

    None of them when their list cannot be read, which leaves grades C and D.
    """
    named = inst.settings.beacons
    if not named:
        return list(LEAGUE)
    try:
        if named.startswith(("http://", "https://")):
            answer = inst.fetcher.get(named, wanted=Wanted(size_bytes=100_000))
            return _LIST.validate_json(answer.body) if answer.status == OK else []
        return _LIST.validate_json(Path(named).read_bytes())
    except (HttpFailed, HttpRefused, OSError, ValidationError):
        return []


def fetch(inst: Installation, address: str, number: int) -> Round:
    """Ask a beacon for a round; nothing about the answer is believed yet.

    Raises:
        NotThere: It does not answer, has no such round yet, or makes no sense.
    """
    try:
        answer = inst.fetcher.get(f"{address}/public/{number}", wanted=Wanted(size_bytes=10_000))
    except (HttpFailed, HttpRefused) as error:
        raise NotThere(f"The beacon does not answer: {error}") from error
    if answer.status != OK:
        raise NotThere(f"The beacon answered with status {answer.status}.")
    try:
        said = json.loads(answer.body)
        given = Round(
            int(said["round"]),
            bytes.fromhex(said["signature"]),
            bytes.fromhex(said.get("previous_signature") or ""),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotThere("The beacon's answer makes no sense.") from error
    if given.number != number:
        raise NotThere("The beacon answered with another round.")
    return given
