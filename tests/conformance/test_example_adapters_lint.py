"""The skeletons in other languages than Python are adapters as they stand."""

import shutil
import subprocess
import sys

import pytest

from tests.conformance.talking import ROOT, environment

SKELETONS = ROOT / "examples" / "conformance-adapter"


@pytest.mark.all
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            ["node", "my_client.mjs"],
            marks=pytest.mark.skipif(not shutil.which("node"), reason="no Node here"),
        ),
        ["bash", "my_client.sh"],
    ],
    ids=["node", "bash"],
)
def test_the_skeleton_is_an_adapter_without_problems(command):
    program, file = command
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "aistudio_conformance",
            "adapter",
            "lint",
            "--",
            program,
            str(SKELETONS / file),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no problems" in done.stdout
