"""Logs: an event a line, ``time level event key=value …``, on the error stream."""

import json
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure() -> None:
    """Write events to standard error, since what a command prints is its answer. Idempotent."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
            structlog.processors.format_exc_info,
            as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        # Asked for each event, since the stream may be another one by then.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def as_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """The event as text; a traceback follows on lines of its own."""
    words = [str(event.pop(key, "-")) for key in ("timestamp", "level", "event")]
    trace = event.pop("exception", None)
    words += [f"{key}={_word(value)}" for key, value in event.items()]
    return " ".join(words) + (f"\n{trace}" if trace else "")


def _word(value: Any) -> str:
    """A value in one word; what has spaces or quotes is written as JSON text."""
    text = str(value)
    return text if text and text.isprintable() and not set(text) & set(' "=') else json.dumps(text)
