"""A folder is saved to a file and loaded elsewhere: the same objects and answers, other ids from then on."""

import json

import pytest
import requests

from aistudio_mock import MockServer, RemoteServer
from aistudio_mock.app import Server
from aistudio_mock.backend import saved
from aistudio_mock.cli import main
from aistudio_mock.config import ConfigError, ServerConfig
from aistudio_mock.domain.errors import AlreadyExists, FailedPrecondition, InvalidArgument
from tests.wire import steps
from tests.wire.state_parts import filled
from tests.wire.stubs import Client


@pytest.fixture(scope="module", name="other")
def _other():
    with MockServer(time="manual", edition="2024-12") as other:
        yield other


@pytest.fixture(name="full")
def _full(folder, client):
    return filled(client, folder)


@pytest.fixture(name="path")
def _path(full, folder, tmp_path):
    folder.save(tmp_path / "folder.json")
    return tmp_path / "folder.json"


def test_everything_is_as_it_was_when_it_was_saved(folder, path, other, full):
    loaded = other.load(path)
    try:
        assert loaded.state() == folder.state()
        later = folder.clock.now().replace(year=2100)
        assert loaded.state(later) == folder.state(later)
        assert [one.fields for one in loaded.plan.list()] == [one.fields for one in folder.plan.list()]
        with Client(other.endpoint, f"Api-Key {loaded.api_key}") as client:
            url = client.call("DatasetService/GetDownloadUrls", dataset_id=full).download_urls[0].url
            assert requests.get(url, timeout=20).content[:4] == b"PAR1"
            model = loaded.state().models[0]
            answered = client.stream(
                "TextGenerationService/Completion",
                model_uri=model,
                messages=[{"role": "user", "text": "Как тебя зовут?"}],
            )
            assert "Евгений Нейроныч" in [*answered][-1].alternatives[0].message.text
            (batch,) = loaded.state().batches
            assert batch.status == "COMPLETED"
            client.call("BatchInferenceService/Delete", task_id=batch.id)
            drawn = steps.draft(client, loaded)
        assert drawn not in path.read_text()
    finally:
        loaded.delete()


def test_what_is_saved_again_is_the_same_file(path, other, tmp_path):
    with RemoteServer(other.http_url) as remote:
        loaded = remote.load(path)
        loaded.save(tmp_path / "again.json")
        loaded.delete()
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_a_saved_folder_holds_no_key_and_its_texts_as_lines(path, folder):
    text = path.read_text()
    assert folder.api_key not in text
    assert json.loads(steps.GOOD.splitlines()[0]) in [
        json.loads(line)
        for file in json.loads(text)["files"].values()
        for line in file.get("lines", [])
        if line.startswith("{")
    ]


def test_the_files_of_a_folder_are_too_big_together(folder, client, monkeypatch, tmp_path):
    for _ in range(2):
        steps.uploaded(client, folder, bytes(60))
    monkeypatch.setattr(saved, "LARGEST", 120)
    folder.save(tmp_path / "folder.json")
    steps.uploaded(client, folder, b"x")
    with pytest.raises(FailedPrecondition, match="more than 120 bytes together"):
        folder.save(tmp_path / "folder.json")


def test_a_folder_of_format_1_has_no_batches(path, other):
    old = json.loads(path.read_text()) | {"format": 1}
    del old["batches"]
    path.write_text(json.dumps(old))
    loaded = other.load(path)
    assert loaded.state().batches == []
    loaded.delete()


def test_what_is_there_already_is_not_loaded_over(mock, path, folder):
    before = folder.state()
    with pytest.raises(AlreadyExists, match="delete"):
        mock.load(path)
    assert folder.state() == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 3}, "formats up to 2"),
        ({"format": "1"}, "no saved folder"),
        ({"datasets": 1}, "no saved folder"),
    ],
)
def test_what_is_no_saved_folder_is_refused(path, other, change, says):
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InvalidArgument, match=says):
        other.load(path)


def test_a_file_that_cannot_be_written_leaves_what_was_there(folder, tmp_path):
    with pytest.raises(OSError, match="No such file"):
        folder.save(tmp_path / "nowhere" / "folder.json")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        folder.save(tmp_path / "taken")
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]


def test_a_server_starts_with_a_saved_folder_as_its_own(folder, path):
    server = Server(ServerConfig(grpc_port=0, tls_port=0, http_port=0, load=(path,)))
    server.start()
    try:
        assert server.ready.folder_id == folder.id
        assert server.control.state(folder.id) == folder.state()
        with Client(server.ready.grpc) as client:
            assert len(client.call("DatasetService/List", folder_id=folder.id).datasets) == 5
        assert [one.id for one in server.control.list_folders().folders] == [folder.id]
    finally:
        server.stop()


def test_a_server_does_not_start_with_what_it_cannot_load(tmp_path):
    (tmp_path / "folder.json").write_text("{}")
    for name, says in (("folder.json", "no saved folder"), ("none.json", "ctl save")):
        server = Server(ServerConfig(grpc_port=0, tls_port=0, http_port=0, load=(tmp_path / name,)))
        with pytest.raises(ConfigError, match=says):
            server.start()


def test_the_command_line_saves_and_loads(path, other, folder, mock, monkeypatch, tmp_path):
    monkeypatch.setenv("YC_FOLDER_ID", folder.id)
    file = str(tmp_path / "saved.json")
    assert main(["ctl", "--url", mock.http_url, "save", file]) == 0
    assert main(["ctl", "--url", other.http_url, "load", file]) == 0
    assert main(["ctl", "--url", other.http_url, "load", file]) == 1
    assert main(["ctl", "--url", other.http_url, "load", str(tmp_path / "none")]) == 3
    assert main(["ctl", "--url", other.http_url, "folders", "delete"]) == 0
