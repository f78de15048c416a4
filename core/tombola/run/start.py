"""The order of a start: Valkey, migrations, web, worker, reconciler and others, the demo, ready."""

import http.client
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tombola.run import valkey
from tombola.run.child import Program
from tombola.run.console import Console, TakesLine
from tombola.run.ports import first_taken
from tombola.run.supervisor import AlreadyRunning, Failed, Stopped, Supervisor
from tombola.settings import Settings

#: Seconds until a step of the start must be done.
PATIENCE = 120.0
#: Seconds that the worker gets to finish the page that it is importing.
WORKER_PATIENCE = 15.0
#: Ports beside Tombola's own that belong to the programs of ``--also``: two for browsers, then one
#: where a demo's mail is taken.
BESIDE = 2
MAIL = BESIDE + 1

#: Ports to propose when the chosen one is taken.
EXAMPLES = (9000, 8500)

#: The page on which the first operator is made.
FIRST_START = "/first-start"

#: Stopped in this order, whatever else runs between the reconciler and Valkey.
FIRST_TO_STOP = ("web", "worker", "reconciler")
#: Work once, before or beside the others.
ONCE = ("migrate", "seed")
VALKEY = "valkey"


def run(
    settings: Settings,
    *,
    also: Mapping[str, Sequence[str]],
    seed: Path | None,
    out: IO[bytes],
) -> str | None:
    """Run an installation until the operator stops it.

    Args:
        settings: of this installation.
        also: further programs to keep alive, by name.
        seed: a document to load when it is not there yet; its sayings are printed when ready.
        out: the operator's terminal.

    Returns:
        None after an orderly stop, else why it did not start, in one line.
    """
    names = [*FIRST_TO_STOP, *also, *ONCE, VALKEY]
    console = Console(out, width=max(map(len, ("tombola", *names))))
    data = settings.data_dir.resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    listen = None if settings.redis_url else valkey.socket_path(data)
    environment = children_environment(settings, listen, demo=seed is not None)
    try:
        with Supervisor(data / "run", environment, names=names, console=console) as supervisor:
            _check_ports(settings.port, MAIL if also else 0)
            if listen is not None:
                _start_valkey(supervisor, data, listen)
            _start_programs(supervisor, settings, also, seed)
            while True:
                supervisor.serve()
    except Stopped:
        console.say("Tombola has stopped.")
    except (AlreadyRunning, Failed, valkey.ValkeyMissing) as error:
        return str(error)
    return None


def children_environment(settings: Settings, listen: Path | None, *, demo: bool) -> dict[str, str]:
    """The environment of every child: ours, with what the supervisor decides.

    Args:
        settings: of this installation.
        listen: the embedded Valkey's socket, or None when the operator names a server.
        demo: the programs beside play the outside world, so their ports may be reached; mail
            goes there and beacons are there unless the operator names others.
    """
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "TOMBOLA_DATA_DIR": str(settings.data_dir.resolve()),
        "TOMBOLA_PORT": str(settings.port),
    }
    if listen is not None:
        environment["TOMBOLA_REDIS_URL"] = valkey.url(listen)
    if demo:
        beside = [f"127.0.0.1:{settings.port + step}" for step in range(1, BESIDE + 1)]
        allowed = ",".join(filter(None, (settings.fetch_allow, *beside)))
        environment |= {"TOMBOLA_DEMO": "true", "TOMBOLA_FETCH_ALLOW": allowed}
        mail = settings.smtp_url or f"smtp://127.0.0.1:{settings.port + MAIL}"
        environment["TOMBOLA_SMTP_URL"] = mail
        beacons = settings.beacons or f"http://127.0.0.1:{settings.port + BESIDE}/beacons"
        environment["TOMBOLA_BEACONS"] = beacons
    if platform.system() == "Darwin":
        # RQ forks, and macOS ends a forked child that touches its frameworks or asks them for
        # a proxy.
        environment |= {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES", "no_proxy": "*"}
    return environment


def _check_ports(port: int, beside: int) -> None:
    taken = first_taken(range(port, port + beside + 1))
    if taken is not None:
        raise Failed(
            f"Port {taken} is taken by another program. Stop it, or put another port before "
            f"your command, for example: TOMBOLA_PORT={EXAMPLES[port == EXAMPLES[0]]} tombola run "
            "(or make run)"
        )


def _start_valkey(supervisor: Supervisor, data: Path, listen: Path) -> None:
    folder = data / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    command = valkey.command(valkey.find_server(), folder, listen)
    supervisor.start(Program(VALKEY, command))
    supervisor.until(
        lambda: valkey.answers(listen),
        patience=PATIENCE,
        failure=f"Valkey does not answer; it says why in {folder / 'valkey.log'}.",
    )


def _start_programs(
    supervisor: Supervisor,
    settings: Settings,
    also: Mapping[str, Sequence[str]],
    seed: Path | None,
) -> None:
    sayings: list[str] = []
    _finish(supervisor, Program("migrate", tombola("migrate"), once=True))
    supervisor.start(Program("web", tombola("web")))
    supervisor.start(Program("worker", tombola("worker"), patience=WORKER_PATIENCE))
    supervisor.start(Program("reconciler", tombola("reconcile")))
    for name, command in also.items():
        supervisor.start(Program(name, command))
    if seed is not None:
        command = tombola("seed", str(seed))
        hear = _collect(sayings)
        _finish(supervisor, Program("seed", command, once=True, says=hear))
    supervisor.until(
        lambda: is_healthy(settings.port),
        patience=PATIENCE,
        failure="The web server does not answer; its lines above say why.",
    )
    supervisor.console.say(_ready(sayings or _first_words(settings)))


def tombola(*words: str) -> list[str]:
    """The command line of one of our own commands, run by this Python."""
    return [sys.executable, "-m", "tombola", *words]


def _finish(supervisor: Supervisor, program: Program) -> None:
    child = supervisor.start(program)
    supervisor.until(
        lambda: child.exit_code is not None,
        patience=PATIENCE,
        failure=f"`tombola {program.name}` takes longer than {PATIENCE:.0f} seconds.",
    )
    if child.exit_code:
        raise Failed(f"`tombola {program.name}` failed; its lines above say why.")


def _collect(sayings: list[str]) -> TakesLine:
    return lambda line: sayings.append(line.decode(errors="replace"))


def is_healthy(port: int) -> bool:
    """Whether the web server answers its health page."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def lacks_operator(port: int) -> bool:
    """Whether the log-in page leads on to the first start; opening that makes its file."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/log-in")
        answer = line.getresponse()
        answer.read()
        if not str(answer.headers["Location"]).endswith(FIRST_START):
            return False
        line.request("GET", FIRST_START)
        return line.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _first_words(settings: Settings) -> list[str]:
    """Where to go on; without an operator, the two ways to become it."""
    if not lacks_operator(settings.port):
        return [f"Admin: {settings.address}/log-in"]
    return [
        "No operator yet: make yourself one, in a browser or in a terminal.",
        f"Browser: {settings.address}{FIRST_START}",
        f"Its set-up text: {settings.first_start_token}",
        "Terminal: tombola operator create",
    ]


def _ready(sayings: Sequence[str]) -> str:
    """The last word of a start; what follows the labels stands in a column."""
    pairs = [saying.partition(": ") for saying in sayings]
    width = max(len(label) for label, _, _ in pairs)
    lines = "\n".join(f"  {label:<{width}}  {text}" for label, _, text in pairs)
    return f"\nTombola is ready\n\n{lines}\n\nCtrl-C ends it.\n"
