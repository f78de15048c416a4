"""Public names of rows: UUIDs of version 7, which sort by their time (RFC 9562, section 5.7)."""

import os
from datetime import datetime


def new_uid(now: datetime) -> str:
    """A fresh UUIDv7 for the moment ``now``, as 36 lower-case characters."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
