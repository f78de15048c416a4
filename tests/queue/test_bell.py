import json
import socket
import threading
import time

import pytest
from redis import Redis
from rq import Queue

from tombola.queue import bell
from tombola.queue.bell import Bell


@pytest.fixture
def line(valkey_url):
    with Redis.from_url(valkey_url) as line:
        yield line


def jobs(line):
    return Queue(bell.QUEUE, connection=line, serializer="json").jobs


def test_ring_puts_one_job_with_a_kind_and_nothing_else(valkey_url, line):
    assert Bell(valkey_url).ring("import")

    (job,) = jobs(line)
    assert job.func_name == "tombola.queue.job.wake"
    assert [json.loads(arg) for arg in job.args] == [{"v": 1, "kind": "import"}]
    assert job.id.startswith("wake-import-")
    assert (job.ttl, job.result_ttl, job.failure_ttl) == (60, 0, 300)
    assert job.retries_left is None
    assert not any(b"\x80" in line.hget(job.key, field) for field in (b"data",)), "no pickle"


def test_kind_is_rung_once_until_a_worker_answers(valkey_url, line):
    doorbell = Bell(valkey_url)
    for _ in range(20):
        assert doorbell.ring("import")
    doorbell.ring("media")

    assert sorted(job.id.split("-")[1] for job in jobs(line)) == ["import", "media"]
    line.delete(bell.rung("import"))
    doorbell.ring("import")
    assert len(jobs(line)) == 3


def test_flushed_redis_is_rung_anew(valkey_url, line):
    doorbell = Bell(valkey_url)
    doorbell.ring("import")
    line.flushall()
    doorbell.ring("import")

    assert len(jobs(line)) == 1


def test_no_address_is_no_error():
    assert Bell("").ring("import") is False


def test_redis_away_is_no_error_and_asked_rarely(tmp_path):
    now = [100.0]
    doorbell = Bell(f"unix://{tmp_path}/nobody.sock", clock=lambda: now[0])
    tries = [doorbell.ring("import")]
    assert doorbell._silent_until == 101.0

    now[0] += 0.9
    tries.append(doorbell.ring("import"))
    assert doorbell._silent_until == 101.0, "not asked while it rests"

    now[0] += 0.2
    tries.append(doorbell.ring("import"))
    assert doorbell._silent_until == pytest.approx(103.1), "the rest doubles"
    assert tries == [False, False, False]


def test_redis_that_hangs_costs_the_caller_little():
    with socket.create_server(("127.0.0.1", 0)) as server:
        doorbell = Bell(f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        doorbell._open()  # the import of RQ is not what is measured
        started = time.monotonic()
        heard = [doorbell.ring("import") for _ in range(50)]
        took = time.monotonic() - started

    assert not any(heard)
    assert took < 1.0, "fifty rings cost one time-out"


def test_redis_comes_back(valkey_url, line):
    now = [0.0]
    doorbell = Bell(valkey_url, clock=lambda: now[0])
    line.config_set("maxmemory", "1")
    try:
        assert doorbell.ring("import") is False
    finally:
        line.config_set("maxmemory", "0")
    now[0] += 2

    assert doorbell.ring("import") is True


def test_rings_from_many_threads_are_one_job(valkey_url, line):
    doorbell = Bell(valkey_url)
    ringing = [threading.Thread(target=doorbell.ring, args=("import",)) for _ in range(8)]
    for one in ringing:
        one.start()
    for one in ringing:
        one.join(30)

    assert len(jobs(line)) == 1


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", '{"v": 2, "kind": "import"}', '{"v": 1}', '{"v": 1, "kind": 7}', "null"],
)
def test_envelope_that_is_not_understood_has_no_kind(text):
    assert bell.kind_of(text) is None


def test_envelope_round_trip():
    assert bell.kind_of(bell.envelope("import")) == "import"
