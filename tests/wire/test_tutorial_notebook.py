"""The tutorial notebook, cell by cell, in a real kernel under `aistudio-mock run`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aistudio_formats.examples import EXAMPLES

NOTEBOOK = Path(__file__).parents[2] / "examples/tuning-notebook/tuning.ipynb"
EXECUTE = """
import nbclient, nbformat
notebook = nbformat.read("tuning.ipynb", as_version=4)
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
said = (output for cell in notebook.cells for output in cell.get("outputs", ()))
print("".join(output["text"] for output in said if output.get("name") == "stdout"))
"""


@pytest.mark.all
@pytest.mark.timeout(300)
def test_the_tutorial_notebook_runs_offline_with_no_line_about_endpoints(tmp_path):
    shutil.copy(NOTEBOOK, tmp_path)
    (tmp_path / "generations.jsonlines").write_text(EXAMPLES["TextToTextGeneration"], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "aistudio_mock", "run", "--", sys.executable, "-c", EXECUTE],
        cwd=tmp_path,
        # The page's first cell upgrades the SDK: no index, so that it is content with what is installed.
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "JUPYTER_PLATFORM_DIRS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert "Евгений Нейроныч" in done.stdout
    assert "Из Перми" in done.stdout
    assert "tensorboard/train/events.out.tfevents." in done.stdout


def test_the_notebook_has_no_endpoint_tls_or_credential_code():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert not any(word in text for word in ("localhost", "127.0.0.1", "endpoint=", "verify", ".pem", "AQVN"))
