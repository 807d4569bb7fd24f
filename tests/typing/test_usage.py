"""Type checkers see the client as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

USAGE = Path(__file__).with_name("client_usage.py")
ROOT = USAGE.parents[2]


def mypy(file, cache):
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(cache), str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.all
def test_the_client_is_typed_as_it_is_used():
    # The cache that `make lint` keeps as well: without it this takes half a minute.
    done = mypy(USAGE, ROOT / ".mypy_cache")
    assert done.returncode == 0, done.stdout
