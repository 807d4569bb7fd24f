"""The client made of the raw official stubs keeps the contract: against a mock, as a process of its own."""

import json
from zipfile import ZipFile

import pytest

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from tests.conformance.talking import RAW, case_of, hosted, in_a_case, talking

LINES = EXAMPLES["TextToTextGeneration"]
ROWS = LINES.count("\n")
ANSWER = "Меня зовут Женя. Полностью - Евгений Нейроныч."


@pytest.fixture(scope="module")
def adapter():
    with talking(hosted(RAW)) as adapter:
        yield adapter


@pytest.fixture
def train(tmp_path):
    file = tmp_path / "train.jsonl"
    file.write_bytes(LINES.encode())
    return file


def upload(client, file, **more):
    given = {"name": "My dataset", "task_type": "TextToTextGeneration", "file": str(file), **more}
    return client.ok("dataset.upload", **given)["dataset_id"]


def upload_fails(client, file, **more):
    given = {"name": "My dataset", "task_type": "TextToTextGeneration", "file": str(file), **more}
    return client.error("dataset.upload", **given)


def test_it_has_every_verb():
    with talking(hosted(RAW)) as client:
        hello = client.ok("hello")
        assert (hello["name"], len(hello["verbs"])) == ("raw official stubs", 21)


@pytest.mark.parametrize("factory", ["connect", "connect_plaintext"])
def test_it_lives_through_the_published_flow(mock, folder, train, tmp_path, factory):
    with in_a_case(hosted(f"{RAW}:{factory}"), mock, folder) as client:
        dataset_id = upload(client, train, labels={"a": "b"}, description="mine")
        shown = client.ok("dataset.get", dataset_id=dataset_id)
        assert (
            shown.items()
            >= {
                "name": "My dataset",
                "status": "READY",
                "rows": ROWS,
                "labels": {"a": "b"},
                "description": "mine",
            }.items()
        )
        tuning_id = client.ok(
            "tuning.start", dataset_id=dataset_id, validation_dataset_id=dataset_id, name="persona"
        )["tuning_id"]
        done = client.ok("tuning.wait", tuning_id=tuning_id)
        assert done["status"] == "COMPLETED"
        assert client.ok("tuning.get", tuning_id=tuning_id)["model_uri"] == done["model_uri"]
        archive = tmp_path / "metrics.zip"
        assert client.ok("tuning.metrics", tuning_id=tuning_id, file=str(archive)) == {"found": True}
        assert ZipFile(archive).testzip() is None
        for verb in ("model.complete", "model.stream", "model.complete_async"):
            answer = client.ok(verb, model_uri=done["model_uri"], text="Как тебя зовут?")
            assert answer == {"text": ANSWER}
        assert client.ok("dataset.delete", dataset_id=dataset_id) == {}


def test_the_doors_are_tls_and_plaintext(mock, folder):
    for factory, changed in (("connect", {"grpc": ""}), ("connect_plaintext", {"tls": ""})):
        with in_a_case(hosted(f"{RAW}:{factory}"), mock, folder, **changed) as client:
            assert client.ok("dataset.list") == {"dataset_ids": []}


@pytest.mark.parametrize("kind", ["api-key", "iam-token"])
def test_credentials_are_sent_by_their_scheme(adapter, mock, kind):
    with case_of(adapter, mock, mock.folder(auth="strict"), kind=kind) as client:
        assert client.ok("dataset.list") == {"dataset_ids": []}


def test_without_credentials_none_are_sent_and_the_refusal_is_told(adapter, mock, folder, train):
    with case_of(adapter, mock, folder, kind="none") as client:
        failure = upload_fails(client, train)
        assert failure["code"] == "UNAUTHENTICATED"
        assert failure["message"].startswith("IAM token or API key has to be passed in request\nrequest id: ")


def test_the_file_is_announced_and_sent_as_it_is_without_credentials(client, folder, tmp_path):
    file = tmp_path / "odd.jsonl"
    file.write_bytes(LINES.rstrip("\n").replace("\n", "\r\n").encode())
    upload(client, file)
    (asked,) = folder.journal.calls("DatasetService/GetUploadDraftUrl")
    (put,) = folder.journal.calls("PUT")
    assert (
        int(asked.request["size_bytes"]) == put.body["bytes"] == put.body["announced"] == file.stat().st_size
    )
    assert not put.body["chunked"]
    assert "authorization" not in dict(put.metadata)


def test_every_call_has_a_deadline(client, folder, train):
    dataset_id = upload(client, train)
    client.ok("tuning.wait", tuning_id=client.ok("tuning.start", dataset_id=dataset_id)["tuning_id"])
    calls = [call for call in folder.journal.calls() if call.leg == "grpc"]
    assert len(calls) > 5
    assert [call for call in calls if not 0 < (call.deadline or 0) < 22] == []  # gRPC rounds up


def test_bad_rows_are_told_with_their_numbers(client, tmp_path):
    good, bad = LINES.splitlines()[0], json.dumps({"response": "?"})
    file = tmp_path / "bad.jsonl"
    file.write_text(f"{good}\n{bad}\n{good}\n{good}\n{bad}", encoding="utf-8")
    failure = upload_fails(client, file)
    assert sorted(row for error in failure["errors"] for row in error["rows"]) == [2, 5]
    assert "is not valid: " in failure["message"]
    (dataset_id,) = client.ok("dataset.list")["dataset_ids"]
    shown = client.ok("dataset.get", dataset_id=dataset_id)
    assert (shown["status"], shown["errors"]) == ("INVALID", failure["errors"])
    assert client.ok("dataset.delete", dataset_id=dataset_id) == {}


@pytest.mark.parametrize(("name", "problem"), [("empty", "is empty"), ("missing", "cannot be read")])
def test_a_file_without_rows_is_refused_before_any_call(client, folder, tmp_path, name, problem):
    (tmp_path / "empty").touch()
    assert problem in upload_fails(client, tmp_path / name)["message"]
    assert folder.journal.calls() == []


def test_what_the_service_refuses_is_told_in_its_words(client, train):
    failure = upload_fails(client, train, name="x" * 64)
    assert failure["code"] == "INVALID_ARGUMENT"
    assert "Validation error:\nname: Length must be less than or equal to 63" in failure["message"]


def test_a_refused_upload_ends_there_and_the_draft_is_deleted(client, folder, train):
    folder.faults.add(object="PUT", status="SignatureDoesNotMatch", times=None)
    failure = upload_fails(client, train)
    assert "the storage did not take the file: 403 SignatureDoesNotMatch" in failure["message"]
    assert "X-Amz" not in failure["message"]
    assert folder.journal.calls("DatasetService/Validate") == []
    folder.journal.assert_called("PUT", times=1)
    folder.journal.assert_called("DatasetService/Delete", times=1, status="OK")
    assert client.ok("dataset.list") == {"dataset_ids": []}


def test_a_storage_that_is_busy_is_tried_again(client, folder, train):
    folder.faults.add(object="PUT", status="SlowDown", times=2)
    upload(client, train)
    assert [put.status for put in folder.journal.calls("PUT")] == ["503", "503", "200"]


def test_a_draft_that_cannot_be_deleted_is_told(client, folder, train):
    folder.faults.add(object="PUT", status="AccessDenied", times=None)
    folder.faults.add(method="DatasetService/Delete", status="INTERNAL", message="no")
    (dataset_id,) = [
        word for word in upload_fails(client, train)["message"].split() if word.startswith("fds")
    ]
    assert client.ok("dataset.list") == {"dataset_ids": [dataset_id]}


def test_an_update_names_what_is_given_and_nothing_else(client, folder, train):
    dataset_id = upload(client, train, labels={"a": "b"})
    assert client.ok("dataset.update", dataset_id=dataset_id, name="other")["labels"] == {"a": "b"}
    assert client.ok("dataset.update", dataset_id=dataset_id, labels={})["labels"] == {}
    assert client.ok("dataset.update", dataset_id=dataset_id)["name"] == "other"
    masks = [call.request["update_mask"] for call in folder.journal.calls("DatasetService/Update")]
    assert masks == ["name", "labels"]


def test_reads_are_tried_again_when_unavailable(client, folder, train):
    dataset_id = upload(client, train)
    folder.faults.add(method="DatasetService/Describe", status="UNAVAILABLE", times=2)
    seen = folder.journal.calls()[-1].number
    client.ok("dataset.get", dataset_id=dataset_id)
    calls = folder.journal.calls("DatasetService/Describe", after=seen)
    assert [call.status for call in calls] == ["UNAVAILABLE", "UNAVAILABLE", "OK"]


@pytest.mark.parametrize("code", ["NOT_FOUND", "INVALID_ARGUMENT", "PERMISSION_DENIED", "INTERNAL"])
def test_other_refusals_are_not_tried_again(client, folder, code):
    folder.faults.add(method="DatasetService/Describe", status=code, times=None)
    assert client.error("dataset.get", dataset_id="fds")["code"] == code
    folder.journal.assert_called("DatasetService/Describe", times=1)


@pytest.mark.parametrize("method", ["DatasetService/Create", "TuningService/Tune"])
def test_what_creates_is_called_once_and_the_doubt_is_told(client, folder, train, method):
    dataset_id = upload(client, train)
    folder.faults.add(method=method, status="UNAVAILABLE", times=None)
    seen = folder.journal.calls()[-1].number
    if method == "TuningService/Tune":
        failure = client.error("tuning.start", dataset_id=dataset_id)
    else:
        failure = upload_fails(client, train)
    assert failure["code"] == "UNAVAILABLE"
    assert "was carried out is not known" in failure["message"]
    assert len(folder.journal.calls(method, after=seen)) == 1


def test_a_list_without_a_last_token_ends_and_is_whole(adapter, mock, train):
    folder = mock.folder(settings={"tunings-last-page": "empty"})
    with case_of(adapter, mock, folder) as client:
        dataset_id = upload(client, train)
        started = [client.ok("tuning.start", dataset_id=dataset_id)["tuning_id"] for _ in range(4)]
        assert client.ok("tuning.list", page_size=2) == {"tuning_ids": started[::-1]}
        folder.journal.assert_called("TuningService/List", times=2)


def test_the_service_filters_the_list_of_datasets(client, folder, train):
    upload(client, train, name="one")
    wanted = upload(client, train, name="another")
    assert client.ok("dataset.list", name_contains="noth") == {"dataset_ids": [wanted]}
    (listed,) = folder.journal.calls("DatasetService/List")
    assert listed.request["dataset_name_pattern"] == "noth"


@pytest.mark.parametrize("edition", ["2024-12", "2025-01", "2025-12"])
def test_it_understands_every_form_of_the_answer_to_tune(adapter, train, tmp_path, edition):
    with MockServer(edition=edition) as mock:
        folder = mock.default_folder
        with case_of(adapter, mock, folder) as client:
            tuning_id = client.ok("tuning.start", dataset_id=upload(client, train))["tuning_id"]
            done = client.ok("tuning.wait", tuning_id=tuning_id)
            shown = client.ok("tuning.get", tuning_id=tuning_id)
            assert shown["status"] == done["status"] == "COMPLETED"
            assert shown["model_uri"] == done["model_uri"]
            metrics = client.ok("tuning.metrics", tuning_id=tuning_id, file=str(tmp_path / "m.zip"))
            assert metrics == {"found": True}


def test_a_tuning_carries_one_empty_kind_and_nothing_invented(client, folder, train):
    dataset_id = upload(client, train)
    client.ok("tuning.start", dataset_id=dataset_id, name="persona", validation_dataset_id=dataset_id)
    (tune,) = folder.journal.calls("TuningService/Tune")
    weighted = {"dataset_id": dataset_id, "weight": 1.0}
    assert tune.request == {
        "base_model_uri": f"gpt://{folder.id}/yandexgpt-lite/latest",
        "train_datasets": [weighted],
        "validation_dataset": weighted,
        "text_to_text_completion": {},
        "name": "persona",
    }


def test_a_cancelled_tuning_is_told_as_cancelled(client, folder, train):
    tuning_id = client.ok("tuning.start", dataset_id=upload(client, train))["tuning_id"]
    assert client.ok("tuning.cancel", tuning_id=tuning_id) == {}
    assert client.ok("tuning.wait", tuning_id=tuning_id) == {"tuning_id": tuning_id, "status": "CANCELED"}
    assert client.ok("tuning.get", tuning_id=tuning_id)["status"] == "CANCELED"
    folder.journal.assert_called("*Service/Cancel", times=1)


def test_that_there_are_no_metrics_yet_is_an_answer_and_other_refusals_are_not(
    client, folder, train, tmp_path
):
    file = tmp_path / "m.zip"
    tuning_id = client.ok("tuning.start", dataset_id=upload(client, train))["tuning_id"]
    assert client.ok("tuning.metrics", tuning_id=tuning_id, file=str(file)) == {"found": False}
    assert not file.exists()
    folder.faults.add(method="TuningService/GetMetricsUrl", status="PERMISSION_DENIED")
    assert client.error("tuning.metrics", tuning_id=tuning_id, file=str(file))["code"] == "PERMISSION_DENIED"
