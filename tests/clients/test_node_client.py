"""The Node client's own tests, against a mock; `make node-client` builds it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aistudio_mock import MockServer
from tests.wire.client.parts import ROWS
from tests.wire.client.terminals import Hole, Terminal
from tests.wire.sdk_parts import is_foreign

NODE = Path(__file__).parents[2] / "clients" / "node"
CLIENT = ["node", str(NODE / "dist/src/cli.js")]

pytestmark = [pytest.mark.all, pytest.mark.skipif(not shutil.which("npm"), reason="no npm here")]


def test_the_node_client_s_own_tests_pass():
    with MockServer() as mock:
        kept = {name: value for name, value in os.environ.items() if not is_foreign(name)}
        own = {"AISTUDIO_MOCK_GRPC": mock.endpoint, "AISTUDIO_MOCK_HTTP": mock.http_url, "no_proxy": "*"}
        done = subprocess.run(
            ["npm", "test", "--silent"],
            cwd=NODE,
            env={**kept, **own},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout


@pytest.fixture(scope="module")
def mock():
    with MockServer(auth="strict") as mock:
        yield mock


@pytest.fixture
def folder(mock):
    return mock.folder()


@pytest.fixture
def env(mock, folder):
    kept = {name: value for name, value in os.environ.items() if not is_foreign(name)}
    own = {"YC_FOLDER_ID": folder.id, "YC_API_KEY": folder.api_key, "YC_API_ENDPOINT": mock.endpoint}
    return {**kept, **own, "no_proxy": "*"}


@pytest.fixture
def run(env):
    def command(*arguments, **variables):
        own = {**env, **variables}
        done = subprocess.run(
            [*CLIENT, *arguments], env=own, capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    return command


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return ["datasets", "upload", str(path), "--name", "mine"]


def test_exit_codes_tell_whose_trouble_it_is(run, upload):
    assert run(*upload, "--plaintext")[0] == 0
    code, _, err = run("datasets", "show", "fds00000000000000000", "--plaintext")
    assert (code, "NOT_FOUND" in err) == (1, True), err
    assert run("datasets", "paint", "--plaintext")[0] == 2
    assert run("datasets", "list", "--plaintext", YC_API_KEY="AQVNwrong")[0] == 3
    code, _, err = run("datasets", "list", "--plaintext", "--endpoint", "127.0.0.1:9")
    assert (code, "at " in err.partition("\n")[2]) == (3, False), "a sentence, and no stack"


def test_a_certificate_authority_is_trusted_when_it_is_named(run, mock, upload):
    tls = ("--endpoint", mock.tls_endpoint)
    code, out, err = run(*upload, *tls, "--ca", mock.env["NODE_EXTRA_CA_CERTS"], "--json")
    assert code == 0, err
    assert json.loads(out)["status"] == "READY"
    assert run("datasets", "list", *tls)[0] == 3


def test_ctrl_c_leaves_no_draft(env, folder, upload):
    with Hole() as hole:
        folder.faults.add(method="DatasetService/GetUploadDraftUrl", set={"upload_url": hole.url})
        with Terminal([*CLIENT, *upload, "--plaintext"], env) as client:
            hole.request()
            client.ctrl_c()
            assert client.ended() == 130
    assert folder.state().datasets == []
    assert "secret" not in client.shown


def test_ctrl_c_says_that_a_tuning_goes_on(mock, env, upload):
    folder = mock.folder(time="manual")
    own = {**env, "YC_FOLDER_ID": folder.id, "YC_API_KEY": folder.api_key}
    with Terminal([*CLIENT, *upload, "--plaintext", "--poll-interval", "0.1"], own) as client:
        client.until("goes on")
        folder.clock.advance(hours=1)
        assert client.ended() == 0
    dataset = folder.state().datasets[0].id
    with Terminal([*CLIENT, "tunings", "start", dataset, "--wait", "--plaintext"], own) as client:
        client.until("goes on")
        client.ctrl_c()
        assert client.ended() == 130
    tuning = folder.state().tunings[0].id
    assert f"interrupted; operation {tuning} goes on: tunings wait {tuning}" in client.shown
