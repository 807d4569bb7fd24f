"""Programs on the official SDK, redirected by `MockServer.env` alone, live through the published flow."""

import json
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from tests.wire.sdk_parts import quiet, run_program

LINES = EXAMPLES["TextToTextGeneration"]
ROWS = [json.loads(line) for line in LINES.splitlines()]
ANSWER = "Меня зовут Женя. Полностью - Евгений Нейроныч."

PROGRAMS = [
    ("yandex_ai_studio_sdk.AIStudio", ("train", "validation")),
    ("yandex_ai_studio_sdk.AsyncAIStudio", ("train",)),
    ("yandex_cloud_ml_sdk.YCloudML", ("train", "validation")),
    ("yandex_cloud_ml_sdk.AsyncYCloudML", ("train",)),
]


@pytest.fixture(scope="module", name="ca_directory")
def _ca_directory(tmp_path_factory):
    return tmp_path_factory.mktemp("ca")


@pytest.fixture(
    scope="module", params=PROGRAMS, ids=lambda program: program[0].rpartition(".")[2], name="seen"
)
def _program(request, tmp_path_factory, ca_directory):
    """One program that has run, and what it saw."""
    class_name, runs = request.param
    work = tmp_path_factory.mktemp("work")
    for name in runs:
        (work / f"{name}.jsonl").write_bytes(LINES.encode())
    with quiet(ca_directory), MockServer() as mock:
        return run_program("sdk_program", class_name, work, variables=mock.env) | {"runs": runs}


def test_the_dataset_becomes_ready_with_its_rows_counted(seen):
    assert (seen["dataset"]["status"], seen["dataset"]["rows"]) == ("READY", len(ROWS))


def test_the_tuned_model_answers_from_the_uploaded_file(seen):
    assert seen["answers"][0] == ANSWER


def test_the_tuned_model_is_reached_by_its_uri(seen):
    assert seen["answers"][1] == ANSWER
    assert seen["tuned"].startswith("gpt://b1g")
    assert "/yandexgpt-lite/latest@tamr" in seen["tuned"]


def test_a_finished_task_is_found_again_by_its_id(seen):
    first, again = seen["infos"]
    assert seen["tasks"][0] == seen["tasks"][1] == first["task_id"] == first["operation_id"]
    assert again == first


def test_task_info_names_the_source_and_the_tuned_model(seen):
    info = seen["infos"][0]
    assert info["status"] == "COMPLETED"
    assert info["source"] == "gpt://yandexgpt-lite/latest"
    assert info["target"] == seen["tuned"]


def test_get_result_gives_the_tuned_model_of_both_handles(seen):
    assert seen["results"] == [seen["tuned"], seen["tuned"]]


def test_reading_the_dataset_gives_the_uploaded_rows(seen):
    assert seen["read"] == ROWS


def test_the_download_is_one_parquet_file_of_the_announced_size(seen):
    (path,) = map(Path, seen["downloaded"])
    content = path.read_bytes()
    assert (path.name, len(content)) == ("main", seen["dataset"]["size_bytes"])
    assert content[:4] == content[-4:] == b"PAR1"


def test_no_poll_finds_an_operation_unfinished(seen):
    assert [operation for operation, done in seen["polls"] if not done] == []
    uploads = Counter(operation for operation, _ in seen["polls"] if operation.startswith("fds"))
    assert list(uploads.values()) == [1] * len(seen["runs"])  # no cached status: the wait did ask


def test_the_metrics_are_read_by_tensorboard(seen, tmp_path):
    with ZipFile(seen["metrics"]) as archive:
        archive.extractall(tmp_path)
    assert {run.name for run in tmp_path.iterdir() if run.is_dir()} == set(seen["runs"])
    for run in seen["runs"]:
        accumulator = EventAccumulator(str(tmp_path / run)).Reload()
        losses = [event.value for event in accumulator.Scalars("loss")]
        assert 0 < losses[-1] < losses[0]
    rates = EventAccumulator(str(tmp_path / "train")).Reload().Scalars("learning_rate")
    assert any(event.value > 0 for event in rates)
