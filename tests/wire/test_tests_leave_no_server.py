"""A server that a test started goes with the test's process, however that ends."""

import subprocess
import sys

import pytest

from tests.wire.run_parts import BOUND, ROOT, environment

__all__ = ["environment"]  # a fixture

PROGRAM = """
import signal, subprocess, sys
from tests.wire.run_parts import serve_command

subprocess.Popen(serve_command("--json"))
signal.pause()
"""


@pytest.mark.skipif(not BOUND, reason="needs setpriv")
def test_a_killed_test_process_leaves_no_server(environment):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    ) as tests:
        assert tests.stdout.readline(), "the server does not start"
        tests.kill()
        # The server holds the other end of the pipe for as long as it lives.
        assert tests.stdout.read() == b""
