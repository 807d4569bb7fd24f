"""The examples of both READMEs are run as they stand, against a server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aistudio_mock import MockServer
from aistudio_mock.cli import main

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ru.md")


def blocks(language: str) -> list[object]:
    """Every fenced block of that language, as test parameters."""
    return [
        pytest.param(code, id=f"{name}-{number}")
        for name in READMES
        for number, code in enumerate(
            re.findall(rf"(?ms)^```{language}\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"))
        )
    ]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    os_environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with MockServer() as mock:
        yield {**os_environment, **mock.env}


@pytest.fixture
def folder_with_examples(tmp_path):
    assert main(["examples", str(tmp_path / "data")]) == 0
    return tmp_path


@pytest.mark.parametrize("code", blocks("python"))
def test_a_python_example_runs(code, environment, folder_with_examples):
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=folder_with_examples,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    if ".run(" in code:
        assert "Евгений Нейроныч" in done.stdout


@pytest.mark.all
@pytest.mark.parametrize("code", blocks("bash"))
def test_a_shell_example_runs(code, environment, folder_with_examples):
    done = subprocess.run(
        ["bash", "-euc", code],
        env=environment,
        cwd=folder_with_examples,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
