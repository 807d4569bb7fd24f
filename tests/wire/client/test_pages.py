"""The pages about the client are run as they stand, under the environment that the mock prints."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aistudio_mock.cli import main

PAGES = Path(__file__).parents[3] / "docs/how-to"


def blocks(name, language):
    return "".join(re.findall(rf"(?ms)^```{language}\n(.*?)^```", (PAGES / name).read_text(encoding="utf-8")))


def run(command, mock, folder, place):
    assert main(["examples", str(place / "data")]) == 0
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    own = {"YC_FOLDER_ID": folder.id, "YC_API_KEY": folder.api_key, "PATH": path}
    done = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, **mock.env, **own},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("topic", ["datasets", "tunings", "models", "credentials", "errors"])
def test_a_page_runs_from_top_to_bottom(topic, mock, folder, tmp_path):
    assert run([sys.executable, "-c", blocks(f"client-{topic}.md", "python")], mock, folder, tmp_path)


@pytest.mark.all
@pytest.mark.timeout(300)
def test_the_page_about_the_command_line_runs(mock, folder, tmp_path):
    said = run(["bash", "-euc", blocks("client-command-line.md", "bash")], mock, folder, tmp_path)
    assert "Евгений Нейроныч" in said
