"""`aistudio-mock ctl`: a running mock is asked and told what to do from the command line."""

import json
import os
import subprocess
import sys

import pytest

from aistudio_mock.cli import main
from aistudio_mock.environment import CONTROL_TOKEN
from tests.wire import steps


@pytest.fixture(name="ctl")
def _ctl(mock, folder, monkeypatch, capsys):
    monkeypatch.setenv("AISTUDIO_MOCK_HTTP", mock.http_url)
    monkeypatch.setenv("YC_FOLDER_ID", folder.id)
    monkeypatch.delenv(CONTROL_TOKEN, raising=False)

    def ctl(*words):
        code = main(["ctl", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ctl


def test_what_is_in_a_folder_is_shown_as_tables_and_as_json(ctl, client, folder):
    dataset = steps.validated(client, folder)
    code, shown, _ = ctl("state")
    assert code == 0
    assert [line.split()[:3] for line in shown.splitlines() if dataset in line] == [
        [dataset, "mine", "READY"]
    ]
    state = json.loads(ctl("--json", "state")[1])
    assert [one["id"] for one in state["datasets"]] == [dataset]
    past = json.loads(ctl("--json", "state", "at", "2000-01-01T00:00:00Z")[1])
    assert past["datasets"] == []


def test_clocks_faults_plans_and_the_journal_are_reached(ctl, client, folder):
    before = folder.clock.now()
    assert ctl("clock", "advance", "90")[0] == 0
    assert (folder.clock.now() - before).total_seconds() == 90
    assert ctl("clock", "set", "2100-01-01T00:00:00Z")[1].split() == ["NOW", "2100-01-01T00:00:00Z"]
    assert "UNAVAILABLE" in ctl("faults", "add", '{"method": "*/List", "status": "UNAVAILABLE"}')[1]
    assert "fault-1" in ctl("faults")[1]
    assert ctl("faults", "clear")[1] == "nothing\n"
    assert "never" in ctl("plan", "add", '{"outcome": "never"}')[1]
    assert ctl("plan", "clear")[1] == "nothing\n"
    steps.draft(client, folder)
    assert "DatasetService/Create" in ctl("journal")[1]
    assert ctl("reset")[0] == 0
    assert folder.state().datasets == []


def test_folders_are_made_and_deleted(ctl, mock):
    made = json.loads(ctl("--json", "folders", "new", '{"seed": 7, "time": "poll"}')[1])
    assert (made["seed"], made["polling"]) == (7, "poll")
    assert made["id"] in ctl("folders")[1]
    assert ctl("--folder", made["id"], "folders", "delete")[0] == 0
    assert made["id"] not in ctl("folders")[1]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "say what to do"),
        (("clock", "back"), 2, "there is no `ctl clock back`"),
        (("clock", "advance", "soon"), 2, "no number"),
        (("clock", "set", "2100-01-01"), 2, "2025-12-11T02:18:54Z"),
        (("faults", "add", "{"), 2, "not JSON"),
        (("faults", "add", "[]"), 2, "no JSON object"),
        (("folders", "new", '{"tim": 1}'), 2, "unknown field `tim`"),
        (("clock", "set", "2001-01-01T00:00:00Z"), 1, "never goes back"),
        (("faults", "add", "{}"), 1, ""),
        (("--folder", "b1gnobody", "state"), 1, "b1gnobody not found"),
        (("shutdown",), 1, "lives as long as the program"),
        (("--url", "http://127.0.0.1:1", "state"), 3, "aistudio-mock serve"),
        (("--url", "nonsense", "state"), 3, "is no address"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_with_its_exit_code(ctl, words, code, says):
    ended, out, err = ctl(*words)
    assert (ended, out, err.count("\n")) == (code, "", 1)
    assert says in err


def test_a_server_is_stopped_as_by_ctrl_c(tmp_path):
    ports = (f"--{name}-port=0" for name in ("grpc", "tls", "http"))
    served = subprocess.Popen(
        [sys.executable, "-m", "aistudio_mock", "serve", "--json", *ports],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
        cwd=tmp_path,
    )
    try:
        url = json.loads(served.stdout.readline())["http"]
        assert main(["ctl", "--url", url, "shutdown"]) == 0
        assert served.wait(60) == 0
    finally:
        served.kill()
        served.stdout.close()
        served.wait()
