"""`aistudio-mock run` and `serve` as processes of their own, for tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wire.sdk_parts import is_foreign

ROOT = Path(__file__).parents[2]
FOREIGN = {"NODE_OPTIONS", "AISTUDIO_MOCK_ROUTER"}

BOUND = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
"""Before a command that goes on: it ends with the process that started it, however that ends (util-linux)."""


def serve_command(*options: object) -> list[str]:
    """The command line of a server on free ports."""
    ports = ("--grpc-port", "0", "--tls-port", "0", "--http-port", "0")
    return [*BOUND, sys.executable, "-m", "aistudio_mock", "serve", *ports, *map(str, options)]


def routed_command(*arguments: object) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "aistudio_mock", "run", *map(str, arguments)]


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """What a user's shell would have, and an endpoint that leads past the router."""
    ours = {
        "AISTUDIO_MOCK_CA_DIR": str(tmp_path_factory.mktemp("ca")),
        "PYTHONUTF8": "1",
        "YC_API_ENDPOINT": "127.0.0.1:1",
    }
    kept = {name: value for name, value in os.environ.items() if not is_foreign(name) and name not in FOREIGN}
    return kept | ours


@pytest.fixture
def run(environment):
    """Runs a command to its end: `run("--allow", "x", "--", "curl", …)`."""

    def run(*arguments, **variables):
        return subprocess.run(
            routed_command(*arguments),
            cwd=ROOT,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=50,
            check=False,
        )

    return run


@pytest.fixture
def python(run):
    """Runs a Python program: its text, its arguments."""
    return lambda text, *arguments: run("--", sys.executable, "-W", "error", "-c", text, *arguments)
