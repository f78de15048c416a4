"""What checks signatures leaves the process as it was."""

import subprocess
import sys

DEEP = """
import json, sys
from tombola.fairness.beacons import library

before = sys.getrecursionlimit()
library()
assert sys.getrecursionlimit() == before
try:
    json.loads("[" * 100_000)
except RecursionError:
    print("refused")
"""


def test_deep_json_is_refused_and_does_not_end_the_process_once_it_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", DEEP], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr
