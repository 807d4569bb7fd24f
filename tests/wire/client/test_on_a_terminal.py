"""What people see: progress bars on a terminal, none elsewhere; a shell that completes."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.wire.client.parts import ROWS
from tests.wire.client.terminals import Terminal

pytestmark = pytest.mark.all
UPLOAD = [sys.executable, "-m", "aistudio_client", "datasets", "upload"]


@pytest.fixture
def env(mock, folder):
    own = {"YC_FOLDER_ID": folder.id, "YC_API_KEY": folder.api_key, "YC_API_ENDPOINT": mock.endpoint}
    return {**os.environ, **own}


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return str(path)


def screen(shown):
    """What is left on the screen in the end: the few moves that programs make, played."""
    lines, row = [""], 0
    for move, count, kind, text in re.findall(r"(\x1b\[([0-9;?]*)([A-Za-z])|\r|\n)|([^\x1b\r\n]+)", shown):
        if move == "\n":
            row += 1
            lines += [""] * (row - len(lines) + 1)
        elif kind == "A":
            row -= int(count or 1)
        elif kind == "K":
            lines[row] = ""
        elif text:
            lines[row] += text
    return "\n".join(lines)


def test_a_terminal_shows_bars_that_go_when_the_work_is_over(folder, env, train):
    folder.faults.add(object="PUT", latency=0.5)  # as long as a bar takes to be seen
    with Terminal([*UPLOAD, train, "--plaintext"], env) as client:
        assert client.ended() == 0
    (dataset,) = folder.state().datasets
    assert re.search(rf"upload {dataset.id}.*━.*/", client.shown), "a bar, with bytes"
    assert f"validation {dataset.id}" in client.shown
    left = screen(client.shown)
    assert "READY" in left
    assert "━" not in left
    assert "validation" not in left
    assert client.shown.count("\x1b[?25l") == client.shown.count("\x1b[?25h"), "the cursor is back"


def test_nothing_but_the_answer_is_printed_where_there_is_no_terminal(env, train):
    done = subprocess.run(
        [*UPLOAD, train, "--plaintext"], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "READY" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_on_a_terminal_is_json_alone(env, train):
    with Terminal([*UPLOAD, train, "--plaintext", "--json"], env) as client:
        assert client.ended() == 0
    assert json.loads(client.shown)["status"] == "READY"


COMPLETES = """
source <("$PYTHON" -m aistudio_client --print-completion bash)
COMP_WORDS=($WORDS "$LAST") COMP_CWORD=$WORD
"$(complete -p aistudio-client | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("words", "last", "completed"),
    [
        ("aistudio-client", "t", {"tunings"}),
        ("aistudio-client datasets", "", {"validate", "upload", "list", "show", "download", "delete"}),
        ("aistudio-client tunings start", "--val", {"--validation"}),
    ],
)
def test_bash_completes(words, last, completed):
    variables = {"PYTHON": sys.executable, "WORDS": words, "LAST": last, "WORD": str(len(words.split()))}
    done = subprocess.run(
        ["bash", "-c", COMPLETES],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed <= set(done.stdout.split()), done.stderr
    assert last or not set(done.stdout.split()) & {"complete", "start"}
