"""What the operator reads: each child's lines behind its name, and the supervisor's own."""

import contextlib
import os
from collections.abc import Callable
from typing import IO

#: Bytes of one read of what a child prints.
CHUNK = 65536
#: Bytes after which a line without an end is printed all the same.
LONGEST_LINE = 1 << 20

#: Takes one line without its end.
TakesLine = Callable[[bytes], None]


class Console:
    """Writes whole lines to one stream; a terminal that went away is no error.

    Args:
        out: where to write.
        width: of the longest name, so that lines stand in columns.
    """

    def __init__(self, out: IO[bytes], *, width: int) -> None:
        self._out = out
        self._width = width

    def writer(self, name: str) -> TakesLine:
        """A function that prints a line behind ``name``."""
        prefix = f"{name:<{self._width}} | ".encode()
        return lambda line: self._write(prefix + line + b"\n")

    def note(self, text: str) -> None:
        """A line of the supervisor's own."""
        self.writer("tombola")(text.encode())

    def say(self, text: str) -> None:
        """Lines for the operator, without a name before them."""
        self._write(text.encode() + b"\n")

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._out.write(data)
            self._out.flush()


class LineReader:
    """Cuts what a child prints into lines; a selector can wait for it."""

    def __init__(self, stream: IO[bytes], take: TakesLine) -> None:
        self._stream = stream
        self._take = take
        self._begun = b""
        os.set_blocking(stream.fileno(), False)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._stream.fileno()

    def read(self) -> bool:
        """Pass on what has come; False when nothing more ever will."""
        while True:
            try:
                data = os.read(self.fileno(), CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            *lines, self._begun = (self._begun + data).split(b"\n")
            for line in lines:
                self._take(line.rstrip(b"\r"))
            if len(self._begun) > LONGEST_LINE:
                self._finish()

    def close(self) -> None:
        """Pass on a last line without an end, and close the stream."""
        self._finish()
        self._stream.close()

    def _finish(self) -> None:
        if self._begun:
            self._take(self._begun)
            self._begun = b""
