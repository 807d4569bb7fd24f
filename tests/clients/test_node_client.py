"""The Node client's own tests, against a mock; `make node-client` builds it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aistudio_mock import MockServer
from tests.wire.sdk_parts import is_foreign

NODE = Path(__file__).parents[2] / "clients" / "node"

pytestmark = [pytest.mark.all, pytest.mark.skipif(not shutil.which("npm"), reason="no npm here")]


def test_the_node_client_s_own_tests_pass():
    with MockServer() as mock:
        kept = {name: value for name, value in os.environ.items() if not is_foreign(name)}
        own = {"AISTUDIO_MOCK_GRPC": mock.endpoint, "AISTUDIO_MOCK_HTTP": mock.http_url, "no_proxy": "*"}
        done = subprocess.run(
            ["npm", "test", "--silent"],
            cwd=NODE,
            env={**kept, **own},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout
