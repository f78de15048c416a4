"""A real little mail server on this machine: takes every mail, delivers none (RFC 5321).

No TLS and no log-in, since it only listens on the loopback interface.
"""

import contextlib
import re
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

HOST = "127.0.0.1"
#: Bytes of a mail; more are refused, and of a line of the dialogue.
MOST_BYTES = 1024 * 1024
LONGEST_LINE = 4096
#: Seconds that a silent client is waited for.
PATIENCE_S = 60.0
_PATH = re.compile(r"^(?:FROM|TO):\s*<([^<>\s]*)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it came.

    Attributes:
        sender: the envelope's sender, empty for a bounce.
        recipients: the envelope's recipients.
        data: headers and body, with CRLF.
    """

    sender: str
    recipients: tuple[str, ...]
    data: bytes


class Server(socketserver.ThreadingTCPServer):
    """The server; listens when it is made.

    Attributes:
        troubles: what to answer instead, by verb (``MAIL``, ``RCPT``, ``DATA``; ``.`` for the end
            of the mail); None drops the connection there.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, take: Callable[[Letter], None], port: int = 0) -> None:
        self.take = take
        self.troubles: dict[str, str | None] = {}
        super().__init__((HOST, port), _Dialogue)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Its address as ``TOMBOLA_SMTP_URL`` takes it."""
        return f"smtp://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        """Serve in a thread of its own."""
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.shutdown()
        self.server_close()


class _Dropped(Exception):
    """The connection ends here, without a word."""


class _Dialogue(socketserver.StreamRequestHandler):
    """One client."""

    server: Server
    timeout = PATIENCE_S

    def handle(self) -> None:
        """Talk until the client leaves."""
        self._sender: str | None = None
        self._recipients: list[str] = []
        with contextlib.suppress(OSError, _Dropped):
            self._say("220 tombola.test ready")
            while self._turn():
                pass

    def _turn(self) -> bool:
        line = self.rfile.readline(LONGEST_LINE + 1)
        if not line or len(line) > LONGEST_LINE:
            return False
        verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
        verb = verb.upper()
        if verb == "QUIT":
            self._say("221 bye")
            return False
        if verb in self.server.troubles:
            self._trouble(verb)
        else:
            self._say(self._answer(verb, rest))
        return True

    def _answer(self, verb: str, rest: str) -> str:
        known: dict[str, Callable[[str], str]] = {
            "HELO": lambda _: "250 ok",
            "NOOP": lambda _: "250 ok",
            "EHLO": lambda _: f"250-tombola.test\r\n250-SIZE {MOST_BYTES}\r\n250 8BITMIME",
            "RSET": self._reset,
            "MAIL": self._from,
            "RCPT": self._to,
            "DATA": self._data,
        }
        answer = known.get(verb)
        return answer(rest) if answer else "502 not here"

    def _reset(self, _rest: str) -> str:
        self._sender, self._recipients = None, []
        return "250 ok"

    def _from(self, rest: str) -> str:
        path = _PATH.match(rest)
        if path is None:
            return "501 MAIL FROM:<address>"
        self._sender, self._recipients = path[1], []
        return "250 ok"

    def _to(self, rest: str) -> str:
        path = _PATH.match(rest)
        if self._sender is None:
            return "503 MAIL first"
        if path is None or "@" not in path[1]:
            return "501 RCPT TO:<address>"
        self._recipients.append(path[1])
        return "250 ok"

    def _data(self, _rest: str) -> str:
        if self._sender is None or not self._recipients:
            return "503 RCPT first"
        self._say("354 end with a dot on a line of its own")
        data = self._text()
        if "." in self.server.troubles:
            return self._troubled(".")
        if len(data) > MOST_BYTES:
            return "552 too large"
        self.server.take(Letter(self._sender, tuple(self._recipients), data))
        self._reset("")
        return "250 taken"

    def _text(self) -> bytes:
        """Read up to the dot; what is too much is read and forgotten."""
        kept = bytearray()
        while (line := self.rfile.readline()) not in {b".\r\n", b".\n"}:
            if not line:
                raise _Dropped
            if len(kept) <= MOST_BYTES:
                kept += line[1:] if line.startswith(b".") else line
        return bytes(kept)

    def _trouble(self, verb: str) -> None:
        self._say(self._troubled(verb))

    def _troubled(self, verb: str) -> str:
        said = self.server.troubles[verb]
        if said is None:
            raise _Dropped
        return said

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
