"""A server on a bad disk, documents with bad names: told in one line, and nothing is written elsewhere."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests

from aistudio_mock import MockServer, RemoteServer
from aistudio_mock.domain.errors import InvalidArgument
from tests.wire import steps
from tests.wire.run_parts import environment, run, serve_command
from tests.wire.stubs import Client

__all__ = ["environment", "run"]  # fixtures

ESCAPES = ["../../evil", "/tmp/evil", "..\\evil", "C:evil", "fds1/../../../evil", "\0", ""]
posix = pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX")


@contextmanager
def serving_where_files_end_at(limit, environment, tmp_path):
    """A server on a disk that takes so many blocks of any file; its ready line, and later what it said."""
    said = []
    variables = environment | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "aistudio_mock", "ca"], env=variables, check=True, timeout=60)
    with subprocess.Popen(
        ["sh", "-c", f'ulimit -f {limit}; exec "$@"', "sh", *serve_command("--json", "--log-level", "error")],
        env=variables | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        try:
            yield json.loads(server.stdout.readline()), said
            server.send_signal(signal.SIGTERM)
            said.append(server.communicate(timeout=30)[1])
            assert server.returncode == 0
        finally:
            server.kill()


@posix
@pytest.mark.parametrize(
    ("limit", "says"),
    [(0, "No usable temporary directory"), (128, "File too large")],
    ids=["no directory can be written", "the disk is full"],
)
def test_a_body_that_cannot_be_kept_is_refused_and_the_log_says_what_to_do(
    environment, tmp_path, limit, says
):
    body = b"x" * (1 << 20)
    with serving_where_files_end_at(limit, environment, tmp_path) as (ready, said):
        folder = RemoteServer(ready["http"]).folder()
        with Client(ready["grpc"], f"Api-Key {folder.api_key}") as client:
            dataset_id = steps.draft(client, folder)
            refused = steps.put(steps.upload_url(client, dataset_id, len(body)), body)
            assert (refused.status_code, "<Code>InternalError</Code>" in refused.text) == (500, True)
            assert [*tmp_path.rglob("blob-*")] == [], "half a body stays"
            assert len(client.call("DatasetService/List", folder_id=folder.id).datasets) == 1
    (line,) = said[0].splitlines()
    assert says in line
    assert "$TMPDIR names a directory that has room and can be written" in line
    assert [*tmp_path.iterdir()] == []


def renamed(document, old, new):
    """The document with another name for a file, in its records and among its files."""
    text = json.dumps(document).replace(json.dumps(old), json.dumps(new))
    return json.loads(text)


@pytest.fixture(name="document")
def _document(mock, folder, client, tmp_path):
    steps.validated(client, folder)
    path = tmp_path / "folder.json"
    folder.save(path)
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_in_a_saved_folder_leads_to_a_file(document, tmp_path, name):
    path = tmp_path / "loaded.json"
    old = next(iter(document["files"]))
    path.write_text(json.dumps(renamed(document, old, name)), encoding="utf-8")
    before = everything(tmp_path.parent)
    with MockServer() as other:
        loaded = other.load(path)
        assert [one.name for one in loaded.state().datasets] == ["mine"]
        loaded.save(tmp_path / "again.json")
    assert everything(tmp_path.parent) - before == {tmp_path / "again.json"}
    assert name not in json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))["files"]


def everything(directory):
    return {path for path in directory.rglob("*") if path.is_file()}


def test_a_file_of_the_machine_is_not_read_by_naming_it(document, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    document = renamed(document, next(iter(document["files"])), str(secret))
    del document["files"][str(secret)]
    path = tmp_path / "loaded.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with MockServer() as other:
        with pytest.raises(InvalidArgument, match="that is not in it"):
            other.load(path)
        folders = requests.get(f"{other.http_url}/_mock/v1/folders", timeout=20).json()["folders"]
        assert document["id"] not in [one["id"] for one in folders], "half a folder stays"


@pytest.mark.parametrize(
    "name", ["../../evil", "a\r\nX-Evil: 1", "%2e%2e%2fevil", "\\..\\evil", "/etc/passwd"]
)
def test_no_name_of_a_dataset_leads_out_of_its_place_or_into_a_header(mock, folder, client, tmp_path, name):
    dataset_id = steps.draft(client, folder, name=name)
    url = steps.upload_url(client, dataset_id, len(steps.GOOD))
    answer = steps.put(url, steps.GOOD)
    assert answer.status_code == 200
    assert not any("evil" in header.lower() for header in answer.headers)
    (entry,) = folder.journal.calls("PUT")
    assert entry.key.partition("/")[2].startswith(folder.id + "/")
    assert ".." not in entry.key
