import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tombola.api import Busy
from tombola.widget.writer import Writer


class Gate:
    """A commit that waits until it is let through, and notes the sets."""

    def __init__(self):
        self.sets = []
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def __call__(self, parts):
        self.begun.release()
        assert self.go.acquire(timeout=10)
        self.sets.append(list(parts))


def queued(writer, count):
    """Wait until so many parts stand in the queue."""
    with writer._changed:
        assert writer._changed.wait_for(lambda: len(writer._waiting) >= count, timeout=10)


def test_answer_comes_after_the_commit():
    gate = Gate()
    writer = Writer(gate, largest=10)
    with ThreadPoolExecutor() as pool:
        done = pool.submit(writer.write, 1)
        assert gate.begun.acquire(timeout=10)
        assert not done.done()
        gate.go.release()
        assert done.result(timeout=10) is None
    writer.close()


def test_what_came_while_a_set_was_committing_is_the_next_set():
    gate = Gate()
    writer = Writer(gate, largest=10)
    with ThreadPoolExecutor(max_workers=8) as pool:
        first = pool.submit(writer.write, 0)
        assert gate.begun.acquire(timeout=10)
        rest = [pool.submit(writer.write, n) for n in range(1, 6)]
        queued(writer, 5)
        gate.go.release(2)
        for each in (first, *rest):
            each.result(timeout=10)
    assert gate.sets[0] == [0]
    assert sorted(gate.sets[1]) == [1, 2, 3, 4, 5]
    writer.close()


def test_sets_are_bounded_and_a_full_queue_is_busy():
    gate = Gate()
    writer = Writer(gate, largest=2, room=3)
    with ThreadPoolExecutor(max_workers=8) as pool:
        waiting = [pool.submit(writer.write, 0)]
        assert gate.begun.acquire(timeout=10)
        for n in range(1, 4):
            waiting.append(pool.submit(writer.write, n))
            queued(writer, n)
        with pytest.raises(Busy) as refused:
            writer.write(4)
        assert refused.value.retry_after.total_seconds() > 0
        gate.go.release(3)
        for each in waiting:
            each.result(timeout=10)
    assert [len(parts) for parts in gate.sets] == [1, 2, 1]
    writer.close()


def test_one_part_that_cannot_be_written_takes_no_other_with_it():
    kept = []

    def commit(parts):
        if "bad" in parts:
            raise ValueError("bad")
        kept.extend(parts)

    gate = threading.Event()
    writer: Writer[str] = Writer(lambda parts: (gate.wait(10), commit(parts))[1], largest=10)
    with ThreadPoolExecutor(max_workers=8) as pool:
        results = [pool.submit(writer.write, part) for part in ("a", "bad", "b")]
        gate.set()
        for part, result in zip(("a", "bad", "b"), results, strict=True):
            if part == "bad":
                with pytest.raises(ValueError, match="bad"):
                    result.result(timeout=10)
            else:
                result.result(timeout=10)
    assert sorted(kept) == ["a", "b"]
    writer.close()


def test_closed_writer_has_written_everything_and_takes_no_more():
    kept: list[int] = []
    writer = Writer(kept.extend, largest=10)
    writer.write(1)
    writer.close()
    assert kept == [1]
    with pytest.raises(Busy):
        writer.write(2)


def test_a_heavy_part_goes_alone_and_light_ones_together():
    sets = []
    entered, go_on = threading.Event(), threading.Event()

    def commit(parts):
        sets.append(list(parts))
        entered.set()
        assert go_on.wait(10)

    writer = Writer(commit, largest=10, weigh=lambda part: part)
    threads = []
    for part in (1, 4, 4, 25, 3):
        threads.append(threading.Thread(target=writer.write, args=(part,)))
        threads[-1].start()
        entered.wait(10)
        until(lambda: len(sets[0]) + len(writer._waiting) == len(threads))
    go_on.set()
    for thread in threads:
        thread.join(10)
    writer.close()
    assert sets == [[1], [4, 4], [25], [3]]


def until(true):
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
