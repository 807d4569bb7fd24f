"""The official SDK behind the verbs: its public API under both its names, its failures told as its own."""

import json
from zipfile import ZipFile

import pytest

from aistudio_formats.examples import EXAMPLES
from tests.conformance.talking import case_of, hosted, in_a_case, talking
from tests.wire import steps
from tests.wire.stubs import Client

LINES = EXAMPLES["TextToTextGeneration"]
SDK = "aistudio_conformance.adapters.official_sdk"


@pytest.fixture(scope="module")
def adapter():
    with talking(hosted(SDK)) as adapter:
        yield adapter


@pytest.fixture
def given(tmp_path):
    file = tmp_path / "train.jsonl"
    file.write_bytes(LINES.encode())
    return {"name": "mine", "task_type": "TextToTextGeneration", "file": str(file)}


def ready(folder, mock):
    """A dataset of a folder whose time stands still, validated by then; its id."""
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as raw:
        return steps.validated(raw, folder)


@pytest.mark.parametrize(
    ("factory", "name"), [("connect", "yandex-ai-studio-sdk"), ("connect_ml", "yandex-cloud-ml-sdk")]
)
def test_both_packages_live_through_the_published_flow(mock, folder, given, tmp_path, factory, name):
    with in_a_case(hosted(f"{SDK}:{factory}"), mock, folder) as client:
        hello = client.ok("hello")
        assert (hello["name"], len(hello["verbs"])) == (name, 19)
        assert hello["version"]
        dataset = client.ok("dataset.upload", **given, labels={"a": "b"}, description="d")
        dataset_id = dataset["dataset_id"]
        assert (dataset["status"], dataset["labels"], dataset["description"]) == ("READY", {"a": "b"}, "d")
        assert client.ok("dataset.get", dataset_id=dataset_id) == dataset
        assert client.ok("dataset.update", dataset_id=dataset_id, name="other")["name"] == "other"
        assert client.ok("dataset.list", name_contains="othe") == {"dataset_ids": [dataset_id]}
        tuning_id = client.ok("tuning.start", dataset_id=dataset_id, name="persona")["tuning_id"]
        done = client.ok("tuning.wait", tuning_id=tuning_id)
        assert done["status"] == "COMPLETED"
        assert client.ok("tuning.get", tuning_id=tuning_id)["model_uri"] == done["model_uri"]
        assert client.ok("tuning.list") == {"tuning_ids": [tuning_id]}
        archive = tmp_path / "metrics.zip"
        assert client.ok("tuning.metrics", tuning_id=tuning_id, file=str(archive)) == {"found": True}
        assert ZipFile(archive).testzip() is None
        for verb in ("model.complete", "model.stream", "model.complete_async"):
            answer = client.ok(verb, model_uri=done["model_uri"], text="Как тебя зовут?")
            assert "Евгений Нейроныч" in answer["text"]
        assert client.ok("dataset.delete", dataset_id=dataset_id) == {}
        assert client.ok("end") == {}


def test_a_case_gets_the_tasks_of_the_one_before_by_their_ids(adapter, mock, folder, given):
    with case_of(adapter, mock, folder) as client:
        dataset_id = client.ok("dataset.upload", **given)["dataset_id"]
        tuning_id = client.ok("tuning.start", dataset_id=dataset_id)["tuning_id"]
    with case_of(adapter, mock, folder) as client:
        assert client.ok("tuning.wait", tuning_id=tuning_id)["status"] == "COMPLETED"
        folder.journal.assert_called("TuningService/GetOptions", times=1)


@pytest.mark.parametrize("kind", ["api-key", "iam-token"])
def test_credentials_are_those_of_the_place(adapter, mock, kind):
    with case_of(adapter, mock, mock.folder(auth="strict"), kind=kind) as client:
        assert client.ok("dataset.list") == {"dataset_ids": []}


def test_without_credentials_it_looks_for_none_and_tells_the_refusal(adapter, mock, folder):
    with case_of(adapter, mock, folder, kind="none") as client:
        assert client.error("dataset.list")["code"] == "UNAUTHENTICATED"


def test_what_grpc_refuses_is_an_error_with_its_code_and_the_sdk_s_words(client):
    failure = client.error("dataset.get", dataset_id="nope")
    assert failure["code"] == "NOT_FOUND"
    assert "AioRpcError" in failure["message"]
    assert "dataset nope not found" in failure["message"]


def test_an_invalid_dataset_is_an_error_with_its_rows(client, given, tmp_path):
    good, bad = LINES.splitlines()[0], json.dumps({"response": "?"})
    (tmp_path / "train.jsonl").write_text(f"{good}\n{bad}\n{bad}\n", encoding="utf-8")
    failure = client.error("dataset.upload", **given)
    assert sorted(row for error in failure["errors"] for row in error["rows"]) == [2, 3]


def test_a_file_that_is_not_there_is_refused_by_the_sdk_itself(client, given):
    failure = client.error("dataset.upload", **given | {"file": given["file"] + ".gone"})
    assert failure == {"message": "path should exists and be a file"}


def test_a_failed_operation_is_an_error_with_its_code_and_a_status_it_does_not_know_is_its_own(client, given):
    dataset_id = client.ok("dataset.upload", **given)["dataset_id"]
    tuning_id = client.ok("tuning.start", dataset_id=dataset_id)["tuning_id"]
    assert client.ok("tuning.cancel", tuning_id=tuning_id) == {}
    assert client.error("tuning.wait", tuning_id=tuning_id)["code"] == "CANCELLED"
    assert client.error("tuning.get", tuning_id=tuning_id) == {
        "message": "6 is not a valid TuningTaskStatusEnum"
    }


def test_metrics_that_are_not_there_yet_are_an_answer(adapter, mock, given, tmp_path):
    folder = mock.folder(time="manual")
    with case_of(adapter, mock, folder) as client:
        file = tmp_path / "metrics.zip"
        tuning_id = client.ok("tuning.start", dataset_id=ready(folder, mock))["tuning_id"]
        assert client.ok("tuning.metrics", tuning_id=tuning_id, file=str(file)) == {"found": False}
        assert not file.exists()


@pytest.mark.parametrize(
    ("kind", "base_model", "field"),
    [
        ("multilabel", "yandexgpt-lite", "text_classification_multilabel"),
        ("multiclass", "yandexgpt-lite", "text_classification_multiclass"),
        ("pair", "text-embeddings", "text_embedding_pair_params"),
        ("triplet", "text-embeddings", "text_embedding_triplet_params"),
    ],
)
def test_every_kind_of_tuning_is_asked_for_by_its_own_model(client, folder, kind, base_model, field):
    failed = client.error("tuning.start", dataset_id="fdsnowhere", kind=kind, base_model=base_model)
    assert failed["code"]
    (tune,) = folder.journal.calls("TuningService/Tune")
    assert field in tune.request


def test_a_mistake_in_the_glue_is_trouble_and_not_the_sdk_s(mock, folder, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(
        f"from {SDK} import OfficialSdk, _asked\n"
        "class connect(OfficialSdk):\n"
        "    def dataset_get(self, ask): return _asked(self._sdk.datasets.get, datasetid=ask.dataset_id)\n"
    )
    with in_a_case(hosted(broken), mock, folder) as client:
        assert (
            "unexpected keyword argument 'datasetid'"
            in client.ask("dataset.get", dataset_id="fds")["trouble"]
        )
