"""The client's notebook, cell by cell, in a real kernel under `aistudio-mock run`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[3] / "examples/client-notebook/client.ipynb"
EXECUTE = """
import nbclient, nbformat
notebook = nbformat.read("client.ipynb", as_version=4)
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
for cell in notebook.cells:
    for output in cell.get("outputs", ()):
        print(output.get("text", ""), output.get("data", {}).get("text/html", ""))
"""


@pytest.mark.all
@pytest.mark.timeout(300)
def test_the_clients_notebook_runs_offline_and_shows_its_values(tmp_path):
    shutil.copy(NOTEBOOK, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "aistudio_mock", "run", "--", sys.executable, "-c", EXECUTE],
        cwd=tmp_path,
        env={**os.environ, "JUPYTER_PLATFORM_DIRS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert "<caption>Dataset</caption>" in done.stdout
    assert "<svg" in done.stdout
    assert "\n14\n" in done.stdout
