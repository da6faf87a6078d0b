"""The process's own settings."""

import subprocess
import sys

import pytest

DEPTH = 9_999  # the API server's JSON decoder stops at 10,000 levels


def reads_deep_json(limit: str) -> int:
    program = (
        "import json, sys\n"
        "from flowrun_operator import main\n"
        f"sys.setrecursionlimit({limit})\n"
        f"json.loads('[' * {DEPTH} + ']' * {DEPTH})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    return done.returncode


@pytest.mark.timeout(60)
def test_json_as_deep_as_the_api_server_takes_it_is_read() -> None:
    assert reads_deep_json("main.RECURSION_LIMIT") == 0
    assert reads_deep_json("1000") == 1  # Python's default would not do
