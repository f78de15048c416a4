"""The boundary at which whatever a plugin raises ends."""

import dis
import traceback


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
