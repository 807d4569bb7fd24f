"""The client of grpcurl, curl and jq, on the command line as a person uses it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from aistudio_mock.cli import main
from tests.wire.client.terminals import Hole, Terminal
from tests.wire.grpcurl import GRPCURL, PATH

ROOT = Path(__file__).parents[2]
SHELL = ROOT / "clients/shell"
SCRIPT = str(SHELL / "aistudio.sh")
PAGE = ROOT / "docs/how-to/use-the-shell-client.md"
ROW = '{"request": [{"role": "user", "text": "q"}], "response": "a"}'

pytestmark = GRPCURL


@pytest.fixture(scope="module")
def mock():
    with MockServer(auth="strict") as mock:
        yield mock


@pytest.fixture(params=[{}])
def folder(mock, request):
    return mock.folder(**request.param)


standing_still = pytest.mark.parametrize("folder", [{"time": "manual"}], indirect=True, ids=["manual"])


@pytest.fixture
def env(mock, folder):
    return {
        **os.environ,
        **mock.env,
        "PATH": PATH,
        "YC_FOLDER_ID": folder.id,
        "YC_API_KEY": folder.api_key,
    }


@pytest.fixture
def run(env):
    def command(*arguments, **variables):
        done = subprocess.run(
            [SCRIPT, *arguments],
            env={**env, **variables},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=100,
        )
        return done.returncode, done.stdout, done.stderr

    return command


@pytest.fixture
def told(run):
    """What a command that succeeds prints as JSON."""

    def command(*arguments):
        code, out, err = run(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return command


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "my data.jsonl"
    path.write_text(EXAMPLES["TextToTextGeneration"], encoding="utf-8")
    return str(path)


def test_the_page_runs_from_top_to_bottom(env, tmp_path):
    assert main(["examples", str(tmp_path / "data")]) == 0
    (tmp_path / "clients").symlink_to(ROOT / "clients")
    blocks = re.findall(r"(?ms)^```bash\n(.*?)^```", PAGE.read_text(encoding="utf-8"))
    done = subprocess.run(
        ["bash", "-euc", "".join(blocks)],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Евгений Нейроныч") == 3
    assert "ended with 1" in done.stdout
    assert ZipFile(tmp_path / "metrics.zip").testzip() is None


def test_a_file_in_parts_is_the_same_dataset(told, folder, tmp_path):
    path = tmp_path / "big.jsonl"
    line = ROW.ljust(1 << 10) + "\n"
    count = 11 << 10
    path.write_text(line * count, encoding="utf-8")
    folder.faults.add(object="PUT", where={"query.partNumber": "2"}, status="SlowDown")
    dataset = told("upload", str(path), "--part-size", "5")
    assert (dataset["status"], dataset["rows"], dataset["name"]) == ("READY", count, "big")
    puts = folder.journal.calls("PUT")
    assert [one.body["bytes"] for one in puts if one.status == "200"] == [
        5 << 20,
        5 << 20,
        len(line) * count - (10 << 20),
    ]
    assert len(puts) == 4


def test_bytes_that_arrived_changed_are_sent_again(told, folder, train):
    folder.faults.add(object="PUT", headers={"ETag": f'"{"0" * 32}"'})
    assert told("upload", train)["status"] == "READY"
    assert len(folder.journal.calls("PUT")) == 2


def test_wrong_rows_are_a_failure_that_names_them(run, folder, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text(f'{ROW}\n{{"response": "?"}}\n', encoding="utf-8")
    code, _, err = run("upload", str(bad))
    assert code == 1
    assert re.search(r"dataset fds\w+ is not valid", err)
    assert "rows 2" in err


def test_a_refusal_has_status_request_id_and_what_to_do(run, folder):
    folder.faults.add(method="DatasetService/List", status="PERMISSION_DENIED", message="not yours")
    code, _, err = run("datasets")
    (refused,) = folder.journal.calls("DatasetService/List")
    first, request_id, hint = err.splitlines()
    assert (code, first) == (3, "aistudio.sh: PERMISSION_DENIED: not yours")
    assert request_id == f"request id: {dict(refused.metadata)['x-client-request-id']}"
    assert "needs a role" in hint


@pytest.mark.parametrize(
    ("method", "command", "left"),
    [
        ("DatasetService/Create", "upload", "a draft mine may have been made"),
        ("TuningService/Tune", "tune", "look before you start another"),
    ],
)
def test_what_makes_something_is_not_repeated_and_its_loss_is_told(
    run, told, folder, train, method, command, left
):
    subject = told("upload", train)["dataset_id"] if command == "tune" else train
    before = len(folder.journal.calls(method))
    folder.faults.add(method=method, lost=True)
    code, _, err = run(command, subject, "--name", "mine")
    assert (code, left in err) == (3, True), err
    assert len(folder.journal.calls(method)) == before + 1


def test_a_validate_and_a_delete_whose_answers_are_lost_are_done(told, folder, train):
    folder.faults.add(method="DatasetService/Validate", lost=True)
    dataset = told("upload", train)
    assert dataset["status"] == "READY"
    folder.faults.add(method="DatasetService/Delete", lost=True)
    assert told("delete", dataset["dataset_id"]) == {}
    assert len(folder.journal.calls("DatasetService/Validate")) == 1
    assert len(folder.journal.calls("DatasetService/Delete")) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["paint"], "there is no command paint"),
        (["upload"], "upload takes FILE"),
        (["upload", "/nowhere"], "/nowhere cannot be read"),
        (["upload", SCRIPT, "--part-size", "4"], "--part-size takes MiB, 5 to 5000"),
        (["upload", SCRIPT, "--label", "x"], "write KEY=VALUE"),
        (["tune", "fds1", "--stream"], "tune has no option --stream"),
        (["tune", "fds1", "--name"], "--name needs a value"),
        (["datasets", "--plaintext", "--endpoint", "example.com:443"], "--plaintext is for localhost only"),
    ],
)
def test_wrong_usage_says_what_would_be_right(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.endswith("see aistudio.sh --help\n")


def test_who_and_where_are_checked_first(run):
    assert "set YC_FOLDER_ID" in run("datasets", YC_FOLDER_ID="")[2]
    assert "set YC_API_KEY or YC_IAM_TOKEN" in run("datasets", YC_API_KEY="")[2]
    assert "begins with AQVN" in run("datasets", YC_API_KEY="aje00000000000000000")[2]
    code, _, err = run("datasets", "--plaintext", "--endpoint", "127.0.0.1:1")
    assert (code, "the service may be down" in err) == (3, True)


def test_help_needs_nothing(run):
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert "Example:" in out
    assert run("upload", "--help") == (code, out, err)
    assert run() == (2, "", out)


def test_an_iam_token_over_plaintext_will_do(run, mock, folder):
    own = {"YC_API_KEY": "", "YC_IAM_TOKEN": folder.iam_token()}
    assert run("datasets", "--plaintext", "--endpoint", mock.endpoint, **own) == (0, "", "")


@pytest.fixture
def witnesses(tmp_path):
    """grpcurl, curl and jq that write down how they were started, and then are what they are."""
    place = tmp_path / "bin"
    place.mkdir()
    for name in ("grpcurl", "curl", "jq"):
        program = shutil.which(name, path=PATH)
        (place / name).write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" >>"{place}/started"\nexec "{program}" "$@"\n',
            encoding="utf-8",
        )
        (place / name).chmod(0o755)
    return place


def test_no_secret_is_on_a_command_line_in_the_output_or_at_the_storage(
    run, told, folder, train, witnesses, tmp_path
):
    path = f"{witnesses}{os.pathsep}{PATH}"
    code, out, err = run("upload", train, "--json", PATH=path)
    assert code == 0, err
    tuning = told("tune", json.loads(out)["dataset_id"], "--wait")["tuning_id"]
    assert run("metrics", tuning, str(tmp_path / "m.zip"), PATH=path)[0] == 0
    started = (witnesses / "started").read_text(encoding="utf-8")
    assert started.count("/curl\n") == 2
    for text in (started, out, err):
        assert folder.api_key not in text
        assert "X-Amz" not in text
    requests = [*folder.journal.calls("PUT"), *folder.journal.calls("GET")]
    assert [one.method for one in requests] == ["PUT", "GET"]
    assert not {"authorization", "cookie"} & {name for one in requests for name, _ in one.metadata}


def test_ctrl_c_during_an_upload_leaves_nothing(env, folder, train):
    with Hole() as hole:
        folder.faults.add(method="DatasetService/GetUploadDraftUrl", set={"upload_url": hole.url})
        with Terminal([SCRIPT, "upload", train], env) as client:
            hole.request()
            client.ctrl_c()
            assert client.ended() == 130
    assert re.search(r"interrupted; the dataset fds\w+ was deleted", client.shown)
    assert folder.state().datasets == []


@standing_still
def test_ctrl_c_during_a_validation_leaves_nothing(env, folder, train):
    with Terminal([SCRIPT, "upload", train], env) as client:
        client.until("waiting, ")
        client.ctrl_c()
        assert client.ended() == 130
    assert folder.state().datasets == []


@standing_still
def test_ctrl_c_says_that_a_tuning_goes_on(env, folder, run, told, train):
    draft = told("upload", train, "--draft")["dataset_id"]
    with Terminal([SCRIPT, "validate", draft], env) as client:
        client.until("waiting, ")
        folder.clock.advance(hours=1)
        assert client.ended() == 0
    tuning = told("tune", draft)["tuning_id"]
    with Terminal([SCRIPT, "wait", tuning], env) as client:
        client.until("waiting, ")
        client.ctrl_c()
        assert client.ended() == 130
    assert f"interrupted; tuning {tuning} goes on" in client.shown


def test_shellcheck_finds_nothing():
    scripts = [SCRIPT, *map(str, (SHELL / "lib").iterdir())]
    adapters = ROOT.glob("conformance/aistudio_conformance/adapters/shell/*.sh")
    examples = ROOT.glob("examples/**/*.sh")
    done = subprocess.run(
        ["shellcheck", "--external-sources", *scripts, *map(str, adapters), *map(str, examples)],
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
