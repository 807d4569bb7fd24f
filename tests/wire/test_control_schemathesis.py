"""The control API keeps its own document: schemathesis makes requests of it, and looks at every answer."""

import subprocess
import sys
from pathlib import Path

import pytest

from aistudio_mock import MockServer

_EXAMPLES = "10"


@pytest.mark.all
@pytest.mark.timeout(300)
def test_every_answer_is_as_the_document_says(tmp_path):
    with MockServer() as mock:
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                *("run", f"{mock.http_url}/_mock/v1/openapi.json", "--url", f"{mock.http_url}/_mock/v1"),
                *(
                    "--max-examples",
                    _EXAMPLES,
                    "--phases",
                    "examples,coverage,fuzzing,stateful",
                    "--seed",
                    "7",
                ),
                *("--exclude-path-regex", "/events$"),  # which never ends: test_control_events has it
                # What makes sense is more than types say; and the default folder is emptied, not deleted.
                *("--exclude-checks", "positive_data_acceptance,use_after_free"),
                *("--generation-database", "none", "--no-color"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
            cwd=tmp_path,
        )
        assert mock.folder().clock.now()
    assert done.returncode == 0, done.stdout + done.stderr
