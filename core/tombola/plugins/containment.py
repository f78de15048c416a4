"""The boundary at which whatever a plugin raises ends, and its time too."""

import contextvars
import dis
import threading
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


class TooSlow(Exception):
    """A plugin's code was given up at its deadline."""


def timed(work: Callable[[], T], deadline: timedelta) -> T:
    """Run ``work`` in a thread of its own and give up on it at the deadline.

    A thread cannot be killed: an abandoned one lives on until its code returns.

    Raises:
        TooSlow: no answer in time.
        BaseException: whatever ``work`` raised.
    """
    result: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - judged by the caller, who waits for it
            raised.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name="plugin-call", daemon=True)
    thread.start()
    thread.join(deadline.total_seconds())
    if raised:
        raise raised[0]
    if not result:
        raise TooSlow(f"no answer within {deadline.total_seconds():g} s")
    return result[0]


def is_user_interrupt(error: BaseException) -> bool:
    """Tell a person's Ctrl-C from a plugin's own ``raise KeyboardInterrupt``.

    The former strikes at any instruction, the latter at a ``raise``.
    """
    if not isinstance(error, KeyboardInterrupt) or error.__traceback__ is None:
        return False
    last = error.__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    instruction = last.tb_frame.f_code.co_code[last.tb_lasti]
    return dis.opname[instruction] not in {"RAISE_VARARGS", "RERAISE"}


def summary(error: BaseException) -> str:
    """Give one line, ``Kind: message``, even of an exception that cannot be printed."""
    try:
        lines = traceback.format_exception_only(error)
        return lines[-1].strip() if lines else type(error).__name__
    except Exception:  # noqa: BLE001 - its __str__ is a plugin's code too
        return type(error).__name__


def full(error: BaseException) -> str:
    """Give the traceback as text, or what can be said of it."""
    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001 - as above
        return type(error).__name__
