"""`aistudio-mock ctl`: a running mock is asked and told what to do from the command line."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from aistudio_mock.cli import main
from aistudio_mock.commands.ctl_verbs import VERBS
from aistudio_mock.environment import CONTROL_TOKEN
from aistudio_mock.transport.http.control_table import PREFIX
from aistudio_mock.transport.http.openapi import rows
from tests.wire import steps
from tests.wire.run_parts import serve_command


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
    assert ctl("clock", "set", "2100-01-01T00:00:00Z")[1].split() == [
        *("now", "2100-01-01T00:00:00Z"),
        *("rate", "0.0", "polling", "keep"),
    ]
    assert "UNAVAILABLE" in ctl("faults", "add", '{"method": "*/List", "status": "UNAVAILABLE"}')[1]
    assert "fault-1" in ctl("faults")[1]
    assert ctl("faults", "clear")[1] == "nothing\n"
    assert "never" in ctl("plan", "add", '{"outcome": "never"}')[1]
    assert ctl("plan", "clear")[1] == "nothing\n"
    steps.draft(client, folder)
    assert "DatasetService/Create" in ctl("journal")[1]
    assert ctl("journal", "after", "1")[1] == "nothing\n"
    assert ctl("token")[1].split()[0] == "iam_token"
    assert folder.id in ctl("folder")[1]
    assert ctl("reset")[0] == 0
    assert folder.state().datasets == []


def test_a_preset_and_a_file_are_loaded_and_shown_by_what_they_do(ctl, folder, tmp_path):
    assert "lost-tune-reply" in ctl("presets")[1]
    file = tmp_path / "faults.yaml"
    file.write_text("- {method: '*/List', status: ABORTED, after: 2}\n- preset: lost-tune-reply\n")
    head, first, second = ctl("faults", "load", str(file))[1].splitlines()
    assert head.split() == ["ID", "ON", "DOES", "SEEN", "HITS"]
    assert first.split() == ["fault-1", "*/List", "after=2", "status=ABORTED", "0", "0"]
    assert second.split() == ["fault-2", "TuningService/Tune", "lost", "0", "0"]
    assert ctl("faults", "load", "lost-tune-reply")[1].split()[5] == "fault-3"
    assert [fault.id for fault in folder.faults.list()] == ["fault-1", "fault-2", "fault-3"]


def asked_by(mock, said):
    """Runs `ctl` once for each line of words; what it asked of the server, as VERB /path."""
    place = urlsplit(mock.http_url)
    asked = []

    def relay(listener):
        while True:
            try:
                caller = listener.accept()[0]
            except OSError:
                return
            with caller, socket.create_connection((place.hostname, place.port)) as server:
                head, _, body = caller.recv(65536).partition(b"\r\n\r\n")
                length = int(re.search(rb"Content-Length: (\d+)|$", head)[1] or 0)
                while len(body) < length:
                    body += caller.recv(65536)
                asked.append(" ".join(head.decode().split()[:2]))
                server.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
                while answer := server.recv(65536):
                    caller.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=relay, args=[listener])
        thread.start()
        url = "http://{}:{}".format(*listener.getsockname())
        for words in said:
            main(["ctl", "--url", url, *words])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    return asked


def test_whatever_the_control_api_answers_can_be_asked_in_words(mock, folder, monkeypatch, tmp_path):
    monkeypatch.setenv("YC_FOLDER_ID", folder.id)
    kept, moment = str(tmp_path / "kept.json"), "2101-01-01T00:00:00Z"
    word = {
        "MOMENT": moment,
        "SECONDS": "1",
        "FILE|PRESET": "flaky-network",
        "NUMBER": "0",
        "FILE": kept,
        "MODE": "manual",
        "TUNING": "ftnnobody",
    }
    json_of = {"faults add": '{"method": "*", "latency": 1}', "plan add": "{}", "folders new": "{}"}
    said = [
        [*name.split(), *(word.get(one, json_of.get(name)) for one in verb.words)]
        for name, verb in VERBS.items()
    ]
    last = ["folders delete", "watch"]  # nothing is left then to be watched for long
    said.sort(key=lambda words: last.index(" ".join(words)) if " ".join(words) in last else -1)
    asked = asked_by(mock, said)
    found = {
        row.name
        for row in rows()
        for one in asked
        if one.partition("?")[0] == f"{row.verb} {PREFIX}{row.path.replace('{id}', folder.id)}"
    }
    assert {row.name for row in rows()} - found == set()


def test_colours_are_for_terminals(mock, folder, client, ctl):
    steps.draft(client, folder)
    assert "\x1b" not in ctl("state")[1] + ctl("journal")[1]
    shown, _ = on_a_terminal("ctl", "--url", mock.http_url, "--folder", folder.id, "journal")
    assert "\x1b[32mOK" in shown
    assert "\x1b" not in on_a_terminal(
        "ctl", "--url", mock.http_url, "--folder", folder.id, "journal", NO_COLOR="1"
    )[0].replace("\x1b[1m", "").replace("\x1b[0m", "")


def on_a_terminal(*words, **variables):
    """What the command says on a terminal of 200 columns, and its exit code."""
    import pty

    ours, theirs = pty.openpty()
    usual = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    more = {"TERM": "xterm-256color", "COLUMNS": "200", **variables}
    with subprocess.Popen(
        [sys.executable, "-m", "aistudio_mock", *words], stdout=theirs, env=usual | more
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # Linux's end of a terminal
            while more := os.read(ours, 65536):
                shown += more
    os.close(ours)
    return shown.decode(), process.returncode


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
        (("faults", "load", "flaky-netwrk"), 2, "name a file, or one of flaky-network"),
        (("journal", "after", "x"), 2, "no number"),
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
    served = subprocess.Popen(
        serve_command("--json"),
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


def test_what_changes_is_said_line_by_line_until_the_folder_is_gone(mock, folder, client):
    command = [
        sys.executable,
        "-m",
        "aistudio_mock",
        "ctl",
        "--url",
        mock.http_url,
        "--folder",
        folder.id,
        "watch",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        events = map(json.loads, watching.stdout)
        assert [next(events)["event"] for _ in range(4)] == ["watching", "clock", "faults", "state"]
        steps.draft(client, folder)
        call = next(one["data"] for one in events if one["event"] == "call")
        assert call["method"] == "DatasetService/Create"
        folder.delete()
        assert [one["event"] for one in events][-1] == "gone"
    assert watching.returncode == 0
