"""grpcurl and curl behind the verbs: an adapter that is no Python."""

import json
import shutil
from zipfile import ZipFile

import pytest

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from tests.conformance.talking import ROOT, case_of, environment, talking
from tests.wire.grpcurl import GRPCURL

LINES = EXAMPLES["TextToTextGeneration"]
SHELL = ["bash", str(ROOT / "conformance/aistudio_conformance/adapters/shell/adapter.sh")]

pytestmark = GRPCURL


@pytest.fixture(scope="module")
def mock():
    with MockServer(auth="strict") as mock:
        yield mock


@pytest.fixture(scope="module")
def adapter():
    with talking(SHELL) as adapter:
        yield adapter


@pytest.fixture
def given(tmp_path):
    file = tmp_path / "файл [1] {a,b}.jsonl"
    file.write_bytes(LINES.encode())
    return {"name": "моё имя", "task_type": "TextToTextGeneration", "file": str(file)}


def test_it_says_what_it_is():
    with talking(SHELL) as client:
        hello = client.ok("hello")
        assert (hello["name"], hello["language"], len(hello["verbs"])) == ("grpcurl and curl", "shell", 21)


@pytest.mark.parametrize("door", [{"tls": ""}, {"grpc": ""}], ids=["plaintext", "tls"])
def test_it_lives_through_the_published_flow(adapter, mock, folder, given, tmp_path, door):
    with case_of(adapter, mock, folder, kind="iam-token", **door) as client:
        dataset = client.ok("dataset.upload", **given, labels={"a": 'b"$(c)'}, description="d'")
        dataset_id = dataset["dataset_id"]
        assert (
            dataset.items()
            >= {
                "name": "моё имя",
                "status": "READY",
                "labels": {"a": 'b"$(c)'},
                "description": "d'",
                "rows": LINES.count("\n"),
            }.items()
        )
        tuning_id = client.ok("tuning.start", dataset_id=dataset_id, name="persona")["tuning_id"]
        done = client.ok("tuning.wait", tuning_id=tuning_id)
        assert done["status"] == "COMPLETED"
        assert client.ok("tuning.get", tuning_id=tuning_id) == done
        archive = tmp_path / "metrics.zip"
        assert client.ok("tuning.metrics", tuning_id=tuning_id, file=str(archive)) == {"found": True}
        assert ZipFile(archive).testzip() is None
        for verb in ("model.complete", "model.stream", "model.complete_async"):
            answer = client.ok(verb, model_uri=done["model_uri"], text="Как тебя зовут?")
            assert "Евгений Нейроныч" in answer["text"]
        assert client.ok("dataset.delete", dataset_id=dataset_id) == {}
        assert client.error("dataset.get", dataset_id=dataset_id)["code"] == "NOT_FOUND"


def test_the_file_is_sent_as_it_is_without_credentials(client, folder, given):
    client.ok("dataset.upload", **given)
    (put,) = folder.journal.calls("PUT")
    assert put.body["bytes"] == put.body["announced"] == len(LINES.encode())
    assert not put.body["chunked"]
    assert "authorization" not in dict(put.metadata)


def test_every_call_has_a_deadline(client, folder, given):
    client.ok("dataset.upload", **given)
    calls = [call for call in folder.journal.calls("*Service/*") if "Reflection" not in call.method]
    assert len(calls) > 3
    assert [call for call in calls if not 0 < (call.deadline or 0) < 22] == []


def test_an_update_names_what_is_given_and_nothing_else(client, folder, given):
    dataset_id = client.ok("dataset.upload", **given, labels={"a": "b"})["dataset_id"]
    assert client.ok("dataset.update", dataset_id=dataset_id, name="other")["labels"] == {"a": "b"}
    assert client.ok("dataset.update", dataset_id=dataset_id, labels={})["labels"] == {}
    assert client.ok("dataset.update", dataset_id=dataset_id)["name"] == "other"
    masks = [call.request["update_mask"] for call in folder.journal.calls("DatasetService/Update")]
    assert masks == ["name", "labels"]


def test_bad_rows_are_told_with_their_numbers(client, given):
    good, bad = LINES.splitlines()[0], json.dumps({"response": "?"})
    with open(given["file"], "w", encoding="utf-8") as file:  # noqa: PTH123 - a name in a mapping
        file.write(f"{good}\n{bad}\n{bad}\n")
    failure = client.error("dataset.upload", **given)
    assert sorted(row for error in failure["errors"] for row in error["rows"]) == [2, 3]
    (dataset_id,) = client.ok("dataset.list")["dataset_ids"]
    assert client.ok("dataset.get", dataset_id=dataset_id)["errors"] == failure["errors"]


def test_a_refused_upload_ends_there_and_the_draft_is_deleted(client, folder, given):
    folder.faults.add(object="PUT", status="SignatureDoesNotMatch", times=None)
    message = client.error("dataset.upload", **given)["message"]
    assert message == "the storage did not take the file: 403 SignatureDoesNotMatch"
    assert folder.journal.calls("DatasetService/Validate") == []
    folder.journal.assert_called("DatasetService/Delete", times=1, status="OK")


@pytest.mark.parametrize(("name", "problem"), [("empty", "is empty"), ("missing", "cannot be read")])
def test_a_file_without_rows_is_refused_before_any_call(client, folder, given, tmp_path, name, problem):
    (tmp_path / "empty").touch()
    assert problem in client.error("dataset.upload", **given | {"file": str(tmp_path / name)})["message"]
    assert folder.journal.calls("DatasetService/*") == []


def test_reads_are_tried_again_when_unavailable_and_what_creates_is_not(client, folder, given):
    dataset_id = client.ok("dataset.upload", **given)["dataset_id"]
    folder.faults.add(method="DatasetService/Describe", status="UNAVAILABLE", times=2)
    assert client.ok("dataset.get", dataset_id=dataset_id)["status"] == "READY"
    folder.faults.add(method="TuningService/Tune", status="UNAVAILABLE", message="no", times=None)
    refusal = client.error("tuning.start", dataset_id=dataset_id)
    assert (refusal["message"].splitlines()[0], refusal["code"]) == ("no", "UNAVAILABLE")
    folder.journal.assert_called("TuningService/Tune", times=1)


def test_a_cancelled_tuning_is_told_as_cancelled(client, given):
    dataset_id = client.ok("dataset.upload", **given)["dataset_id"]
    tuning_id = client.ok("tuning.start", dataset_id=dataset_id)["tuning_id"]
    assert client.ok("tuning.cancel", tuning_id=tuning_id) == {}
    assert client.ok("tuning.wait", tuning_id=tuning_id) == {"tuning_id": tuning_id, "status": "CANCELED"}


def test_a_list_without_a_last_token_ends_and_is_whole(adapter, mock, given):
    folder = mock.folder(settings={"tunings-last-page": "empty"})
    with case_of(adapter, mock, folder) as client:
        dataset_id = client.ok("dataset.upload", **given)["dataset_id"]
        started = [client.ok("tuning.start", dataset_id=dataset_id)["tuning_id"] for _ in range(4)]
        assert client.ok("tuning.list", page_size=2) == {"tuning_ids": started[::-1]}


def test_without_credentials_the_refusal_is_told(adapter, mock, folder):
    with case_of(adapter, mock, folder, kind="none") as client:
        assert client.error("dataset.list")["code"] == "UNAUTHENTICATED"


def test_bad_lines_and_what_it_does_not_know_get_an_answer():
    with talking(SHELL) as client:
        for line in (b"nonsense", b"[]", b'{"id": "x", "do": "hello"}', b'{"do": "hello"}'):
            assert client.say(line) == {"id": 0, "trouble": "this line is no ask of the protocol"}
        assert client.ask("dataset.paint") == {"unsupported": "this client has nothing for dataset.paint"}
        assert client.ask("dataset.list") == {"trouble": "dataset.list was asked for before begin"}
        assert client.end() == (0, "")


def test_a_tool_that_is_missing_is_named(tmp_path):
    bash = shutil.which("bash")
    with talking([bash, SHELL[1]], env=environment(PATH=str(tmp_path))) as client:
        code, stderr = client.end()
        assert (code, stderr) == (
            3,
            "this client is made of grpcurl, curl and jq; there is no grpcurl on PATH\n",
        )
