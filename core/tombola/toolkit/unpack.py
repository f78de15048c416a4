"""Unpacks bodies of answers piece by piece, and notices when one breaks off."""

import zlib
from collections.abc import Callable

from tombola.api import HttpFailed, HttpRefused

PLAIN = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})
#: What zlib calls its three wrappings.
_GZIP_BITS, _ZLIB_BITS, _RAW_BITS = 31, 15, -15
#: Bytes that tell zlib's wrapping, which the standard means by "deflate", from none, which some
#: servers send.
_HEAD = 2


class Unpacker:
    """The bytes of one body, unpacked.

    Args:
        encoding: Of the header ``Content-Encoding``.

    Raises:
        HttpRefused: It is packed in a way that nobody asked for.
    """

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in PLAIN | _GZIP | {"deflate"}:
            raise HttpRefused(f"the answer is packed as {name!r}, which nobody asked for")
        self._feed: Callable[[bytes, int], bytes] = {
            **dict.fromkeys(PLAIN, _cut),
            **dict.fromkeys(_GZIP, self._gunzip),
            "deflate": self._inflate,
        }[name]
        self._stream: zlib._Decompress | None = None
        self._head = b""

    def feed(self, chunk: bytes, room: int) -> bytes:
        """Take a piece; gives at most ``room`` bytes, after which nothing more may be fed.

        Raises:
            HttpFailed: This is no packing of that kind.
        """
        try:
            return self._feed(chunk, room)
        except zlib.error as error:
            raise HttpFailed(f"the answer's packing is broken: {error}") from error

    def end(self) -> None:
        """Say that no more pieces come. Raises HttpFailed when the packing goes on."""
        if self._head or (self._stream is not None and not self._stream.eof):
            raise HttpFailed("the answer broke off in the middle of its packing")

    def _gunzip(self, chunk: bytes, room: int) -> bytes:
        """A body of gzip may have several members, and zeros behind them."""
        found = b""
        while chunk and len(found) < room:
            if self._stream is None or self._stream.eof:
                chunk = chunk.lstrip(b"\x00") if self._stream is not None else chunk
                if not chunk:
                    break
                self._stream = zlib.decompressobj(_GZIP_BITS)
            found += self._stream.decompress(chunk, room - len(found))
            chunk = self._stream.unused_data
        return found

    def _inflate(self, chunk: bytes, room: int) -> bytes:
        if self._stream is None:
            self._head += chunk
            if len(self._head) < _HEAD:
                return b""
            chunk, self._head = self._head, b""
            self._stream = zlib.decompressobj(_ZLIB_BITS if _is_zlib(chunk) else _RAW_BITS)
        return b"" if self._stream.eof else self._stream.decompress(chunk, room)


def _cut(chunk: bytes, room: int) -> bytes:
    return chunk[:room]


def _is_zlib(data: bytes) -> bool:
    """RFC 1950: method 8, and both bytes together a multiple of 31."""
    return data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:_HEAD]) % 31 == 0
