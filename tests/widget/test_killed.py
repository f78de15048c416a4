"""A push that was answered is stored, whoever dies right after."""

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from tombola.testing.processes import wait_for
from tombola.testing.running import free_port

pytestmark = [pytest.mark.plugins("custom_tracking"), pytest.mark.slow, pytest.mark.timeout(240)]
KILLS = 4
SENDERS = 12


class Web:
    """The command ``tombola web`` on an installation's database, killed and started again."""

    def __init__(self, site: Any) -> None:
        self.port = free_port()
        settings = site.inst.settings
        self._environment = {
            **os.environ,
            "TOMBOLA_DATA_DIR": str(settings.data_dir),
            "TOMBOLA_DATABASE_URL": site.inst.db.url.render_as_string(hide_password=False),
            "TOMBOLA_PORT": str(self.port),
            "TOMBOLA_TRUSTED_PROXIES": "1",
        }

    def start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-m", "tombola", "web"], env=self._environment)
        wait_for(self._answers, 60)
        return process

    def _answers(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/s/y2sB7")
            return line.getresponse().status == 200
        except OSError:
            return False
        finally:
            line.close()


class Sender(threading.Thread):
    """Pushes one value after the other and keeps those that were answered with a yes."""

    numbers = itertools.count()

    def __init__(self, port: int) -> None:
        super().__init__()
        self.told: list[str] = []
        self._port = port

    def run(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            while True:
                number = next(self.numbers)
                body = {"v": f"visitor-{number}", "k": ["y2sB7"], "e": [["VIP", str(number)]]}
                sender = {"X-Forwarded-For": f"10.0.{number >> 8 & 255}.{number & 255}"}
                line.request("POST", "/t", json.dumps(body), sender)
                answer = line.getresponse()
                answer.read()
                if answer.status == 204:
                    self.told.append(str(number))
        except (OSError, http.client.HTTPException):
            line.close()


@contextmanager
def family_killed(process: "subprocess.Popen[bytes]") -> Iterator[list[int]]:
    """The process and its children, all killed at the end of the block at the latest."""
    everybody = [process.pid, *(c.pid for c in psutil.Process(process.pid).children())]
    try:
        yield everybody
    finally:
        for pid in everybody:
            if psutil.pid_exists(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait(30)


def test_no_answered_push_is_lost_when_the_server_is_killed(site):
    site.action("VIP", interval="unlimited")
    web, told = Web(site), []
    for _ in range(KILLS):
        process = web.start()
        senders = [Sender(web.port) for _ in range(SENDERS)]
        with family_killed(process) as everybody:
            for sender in senders:
                sender.start()
            wait_for(partial(has_answered, senders), 60)
            for pid in reversed(everybody):
                os.kill(pid, signal.SIGKILL)
        for sender in senders:
            sender.join(30)
        told += [number for sender in senders for number in sender.told]
        wait_until_gone(web.port)
    stored = [row["value"] for row in site.events()]
    assert len(told) >= 200 * KILLS
    assert set(told) - set(stored) == set()
    assert len(stored) == len(set(stored))


def has_answered(senders: list[Sender]) -> bool:
    """Whether enough pushes were answered for a kill to hurt."""
    return sum(len(each.told) for each in senders) > 200


def wait_until_gone(port: int) -> None:
    """Wait until nobody listens any more, so that the next one may."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            line.connect()
        except OSError:
            return
        finally:
            line.close()
    raise AssertionError("the killed server still listens")
