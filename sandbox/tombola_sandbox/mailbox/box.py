"""The mails that came, kept as lines of a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

from tombola.testing.network import Clock, Ledger, Line
from tombola.testing.smtp import Letter

FILE = "mails.jsonl"
CAME, EMPTIED = "mail.came", "mailbox.emptied"
SHOWN_HEADERS: Final = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, read.

    Attributes:
        number: counts from 1 as they came.
        headers: the few that people look at, in order.
    """

    number: int
    at: datetime
    to: str
    sender: str
    subject: str
    text: str
    headers: tuple[tuple[str, str], ...]

    @property
    def opening(self) -> str:
        """The first line of its text."""
        return next((line for line in self.text.splitlines() if line.strip()), "")


class Mailbox:
    """The mails of everybody, newest first. Safe to use from many threads.

    Args:
        folder: where they are kept; in memory alone if not given.
        clock: the time.
    """

    def __init__(self, folder: Path | None = None, clock: Clock = _now) -> None:
        self._ledger = Ledger(folder / FILE if folder is not None else None)
        self._clock = clock

    def take(self, letter: Letter) -> None:
        """Keep a mail as it came, byte by byte."""
        body = {
            "sender": letter.sender,
            "recipients": list(letter.recipients),
            "data": letter.data.decode("latin-1"),
        }
        self._ledger.append(CAME, ", ".join(letter.recipients), body, self._clock())

    def empty(self) -> None:
        """Show none of those that came so far any more."""
        self._ledger.append(EMPTIED, "", {}, self._clock())

    def newest(self, most: int) -> list[Mail]:
        """The newest mails."""
        lines = list(self._lines())[-most:]
        return [_read(line) for line in reversed(lines)]

    def get(self, number: int) -> Mail | None:
        """One mail, or None."""
        return next((_read(line) for line in self._lines() if line.number == number), None)

    def close(self) -> None:
        """Let go of the file."""
        self._ledger.close()

    def _lines(self) -> Iterator[Line]:
        lines = list(self._ledger)
        emptied = max((line.number for line in lines if line.kind == EMPTIED), default=0)
        return (line for line in lines if line.kind == CAME and line.number > emptied)


def _read(line: Line) -> Mail:
    message = message_from_bytes(line.body["data"].encode("latin-1"), policy=default)
    return Mail(
        number=line.number,
        at=line.at,
        to=", ".join(line.body["recipients"]),
        sender=str(message.get("From", line.body["sender"])),
        subject=str(message.get("Subject", "")) or "(no subject)",
        text=_text(message),
        headers=tuple((name, str(message[name])) for name in SHOWN_HEADERS if name in message),
    )


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):  # a character set that nobody knows
        return bytes(part.get_payload(decode=True) or b"").decode("latin-1")
