"""Places in lists sorted by time and number: an opaque text for "after this row"."""

import base64
import binascii
import json
from datetime import UTC, datetime

from tombola.api import Invalid

#: One more than the largest number of a row.
_MOST = 2**63
#: Years that have a time in every zone.
_YEARS = (2, 9998)


def encode(at: datetime, row_id: int) -> str:
    """The place just behind a row; ``at`` is aware, ``row_id`` tells rows of one instant apart."""
    text = json.dumps([at.astimezone(UTC).isoformat(), row_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(place: str | None) -> tuple[datetime, int] | None:
    """The row behind which to go on; ``None`` at the top of the list.

    Raises:
        Invalid: the text was not made by ``encode``.
    """
    if not place:
        return None
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)))
        moment = datetime.fromisoformat(at)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Invalid({"after": "This address is not one of ours."}) from None
    if not _YEARS[0] <= moment.year <= _YEARS[1]:  # their neighbours have no UTC time
        raise Invalid({"after": "This address is not one of ours."})
    if moment.tzinfo is None or type(row_id) is not int or not 0 <= row_id < _MOST:
        raise Invalid({"after": "This address is not one of ours."})
    return moment, row_id
