"""A program on Node's gRPC library, unmodified, under `run`."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.wire.run_parts import environment, run

__all__ = ["environment", "run"]  # fixtures

pytestmark = [pytest.mark.all, pytest.mark.skipif(not shutil.which("npm"), reason="no npm here")]
PROGRAM = Path(__file__).with_name("node")


@pytest.fixture(scope="module", name="installed")
def _installed(tmp_path_factory):
    """The program with its library installed beside it."""
    place = tmp_path_factory.mktemp("node")
    for name in ("package.json", "call.cjs"):
        shutil.copy(PROGRAM / name, place)
    npm = [shutil.which("npm"), "install", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(npm, cwd=place, check=True, timeout=100)
    return place / "call.cjs"


def test_grpc_js_reaches_the_mock(installed, run):
    assert run("--", "node", installed, "api.cloud.yandex.net:443").stdout == "OK true\n"


def test_grpc_js_is_refused_another_yandex_host_and_told_its_name(installed, run):
    done = run("--", "node", installed, "grpc.yandex.cloud:443")
    assert not done.stdout.startswith("OK"), done.stdout
    assert "grpc.yandex.cloud" in done.stdout
    assert "aistudio-mock: refuses grpc.yandex.cloud" in done.stderr
