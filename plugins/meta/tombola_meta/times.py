"""Times as Meta writes them. Pure."""

from datetime import UTC, datetime
from typing import Any, Final

#: From here on a number counts milliseconds: as seconds it would be the year 5138.
_MILLISECONDS: Final = 10**11


def time_from(value: Any) -> datetime | None:
    """Read a time in any of Meta's forms.

    Args:
        value: ``2026-11-20T10:00:00+0000`` (no colon in the offset), Unix seconds (webhooks,
            token debugging), Unix milliseconds (messaging), each as a number or a text.

    Returns:
        Aware UTC; None where it is missing, zero (“never”) or no time.

    Source: Meta, Graph API reference, and recorded answers; read 2026-11-21.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return _written(str(value))
    except OverflowError:
        return None
    return _counted(number)


def _counted(number: float) -> datetime | None:
    try:
        return (
            datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)
            if number > 0
            else None
        )
    except (ValueError, OverflowError, OSError):
        return None


def _written(value: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
