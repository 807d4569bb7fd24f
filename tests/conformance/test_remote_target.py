"""Any server as a target: a second mock plays the cloud, with TLS and strict credentials."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from aistudio_conformance.cli import main
from aistudio_mock import MockServer

FREE = ("DS-07", "DS-08", "UP-01", "AU-02")
CLIENT = ("--client", "raw-stubs")


@contextmanager
def cloud(monkeypatch, **settings):
    with MockServer(auth="strict", **settings) as mock:
        folder = mock.folder()
        monkeypatch.setenv("YC_FOLDER_ID", folder.id)
        monkeypatch.setenv("YC_API_KEY", folder.api_key)
        yield mock, folder


@pytest.fixture(name="run")
def _run(capfd, tmp_path):
    """Runs a command line: exit code, stdout, stderr, and the findings of its checks, monitors aside."""

    def run(*arguments):
        findings = tmp_path / "findings.jsonl"
        code = main(["run", *map(str, arguments), "--jsonl", str(findings), "--bundle", str(tmp_path / "b")])
        told = capfd.readouterr()
        return code, told.out, told.err, [*map(json.loads, findings.read_bytes().splitlines())]

    return run


def only(*cases):
    return [word for case in cases for word in ("--only", case)]


def test_a_server_at_an_address_is_judged_as_our_own_mock_is(monkeypatch, run):
    with cloud(monkeypatch) as (mock, _):
        server = ("--target", mock.tls_endpoint, "--ca", mock.env["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"])
        code, out, _, there = run(*CLIENT, *server, *only(*FREE), "--seed", 3)
    assert code == 0, out
    assert there[0]["target"] == {"kind": "remote", "address": mock.tls_endpoint}
    assert {one["outcome"] for one in there if one.get("check")} <= {"pass", "not applicable"}


def test_a_broken_client_is_as_red_there(monkeypatch, run):
    with cloud(monkeypatch) as (mock, _):
        client = ("--client", "python:aistudio_conformance.broken.clients:RewritesLineEnds")
        code, *_, there = run(*client, "--target", mock.endpoint, "--plaintext", *only("UP-01"))
    assert code == 1
    assert [one["check"] for one in there if one.get("outcome") == "fail"] == ["UP-01/body-is-the-file"]


def test_what_cases_made_is_deleted_in_the_end(monkeypatch, run):
    with cloud(monkeypatch) as (mock, folder):
        run(*CLIENT, "--target", mock.endpoint, "--plaintext", *only("UP-01", "DS-07"))
        made = [call for call in folder.journal.calls() if call.method == "DatasetService/Create"]
        gone = [call for call in folder.journal.calls() if call.method == "DatasetService/Delete"]
    assert len(made) == len(gone) > 0


def test_cases_that_need_a_mock_or_money_are_left_out_with_their_reason(monkeypatch, run):
    with cloud(monkeypatch) as (mock, _):
        server = ("--target", mock.endpoint, "--plaintext")
        _, _, err, _ = run(*CLIENT, *server, *only("DS-08", "UP-05", "OP-04", "AU-01"))
    assert "UP-05 does not run there: it relies on faults, which only a mock has" in err
    assert "OP-04 does not run there: it costs money; --may-cost runs it" in err
    assert "AU-01 does not run there: it needs an IAM token; set YC_IAM_TOKEN" in err


def test_no_secret_is_in_the_bundle_of_a_real_account(monkeypatch, run, tmp_path):
    with cloud(monkeypatch) as (mock, folder):
        run(*CLIENT, "--target", mock.endpoint, "--plaintext", *only("UP-01"))
        key = folder.api_key
    kept = b"".join(path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file())
    assert key.encode() not in kept
    assert b"X-Amz-Signature=[redacted" in kept


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--target", "nowhere"], "--target nowhere: use mock, real, or HOST:PORT"),
        (["--target", "real", "--plaintext"], "the cloud has TLS and a public CA"),
        (["--target", "localhost:1", "--parallel", "2"], "cases run one by one"),
        (["--target", "localhost:1", "--ca", "/nowhere"], "--ca /nowhere: No such file"),
    ],
)
def test_a_target_that_cannot_work_is_refused_in_one_line(monkeypatch, capfd, arguments, told):
    monkeypatch.setenv("YC_FOLDER_ID", "b1g")
    monkeypatch.setenv("YC_API_KEY", "k")
    assert main(["run", *CLIENT, *arguments]) == 2
    assert told in capfd.readouterr().err


def test_without_a_folder_or_credentials_nothing_is_run(monkeypatch, capfd):
    for name in ("YC_FOLDER_ID", "YC_API_KEY", "YC_IAM_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert main(["run", *CLIENT, "--target", "real"]) == 2
    monkeypatch.setenv("YC_FOLDER_ID", "b1g")
    assert main(["run", *CLIENT, "--target", "real"]) == 2
    err = capfd.readouterr().err
    assert "set YC_FOLDER_ID" in err
    assert "set YC_API_KEY or YC_IAM_TOKEN" in err


def test_a_server_that_is_not_there_is_the_harness_trouble(monkeypatch, capfd):
    monkeypatch.setenv("YC_FOLDER_ID", "b1g")
    monkeypatch.setenv("YC_API_KEY", "k")
    assert main(["run", *CLIENT, "--target", "127.0.0.1:9", "--plaintext", *only("UP-01")]) == 3
    assert "127.0.0.1:9 does not list its endpoints" in capfd.readouterr().err


@pytest.mark.all
def test_the_cloud_itself_is_reached_by_its_own_names():
    """`aistudio-mock run` stands where the cloud would be; the suite does not know."""
    suite = [sys.executable, "-m", "aistudio_conformance", "run", *CLIENT, "--target", "real", *only(*FREE)]
    mock = [str(Path(sys.executable).with_name("aistudio-mock")), "run", "--auth", "strict", "--"]
    ended = subprocess.run([*mock, *suite], capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "against real, api.cloud.yandex.net:443: 4 cases" in ended.stdout
