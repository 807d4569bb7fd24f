"""Delete on the wire: what becomes of the operation, the files and the tunings of a dataset."""

import grpc
import pytest
import requests

from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.stubs import Client

NOT_FOUND = grpc.StatusCode.NOT_FOUND


def delete(client, dataset_id):
    return client.call("DatasetService/Delete", dataset_id=dataset_id)


def operation(client, operation_id):
    return client.call("OperationService/Get", operation_id=operation_id)


def tune(client, folder, *dataset_ids, **more):
    return client.call("TuningService/Tune", **steps.order(folder, *dataset_ids, **more)).id


def answer(client, folder, task_id):
    """What the model says that a task has made."""
    folder.clock.advance(hours=1)
    task = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task
    messages = [{"role": "user", "text": "Как тебя зовут?"}]
    (reply,) = client.stream(
        "TextGenerationService/Completion", model_uri=task.target_model_uri, messages=messages
    )
    return reply.alternatives[0].message.text


@pytest.mark.parametrize(
    "made", [steps.draft, steps.uploaded, lambda *where: steps.validating(*where)[0], steps.validated]
)
def test_a_deleted_dataset_is_gone_from_everywhere(client, folder, made):
    dataset_id = made(client, folder)
    assert delete(client, dataset_id).ByteSize() == 0
    gone = (NOT_FOUND, f"dataset {dataset_id} not found")
    assert steps.refused(client.call, "DatasetService/Describe", dataset_id=dataset_id) == gone
    assert steps.refused(delete, client, dataset_id) == gone
    assert steps.stored(client, folder) == []
    ids = client.call("DatasetService/ListOperationsIds", dataset_id=[dataset_id])
    assert not ids.dataset_id_to_operation_id


def test_a_validation_that_runs_ends_with_its_dataset(client, folder):
    dataset_id, operation_id = steps.validating(client, folder)
    folder.clock.advance(seconds=5)
    delete(client, dataset_id)
    ended = operation(client, operation_id)
    assert (ended.done, ended.error.code) == (True, 1)
    assert ended.error.message == f"Operation was cancelled: dataset {dataset_id} was deleted"
    assert ended.modified_at.seconds - ended.created_at.seconds == 5
    folder.clock.advance(hours=1)
    assert operation(client, operation_id) == ended


def test_a_validation_that_is_done_keeps_its_verdict(client, folder):
    dataset_id, operation_id = steps.validating(client, folder)
    folder.clock.advance(hours=1)
    before = operation(client, operation_id)
    assert before.done
    delete(client, dataset_id)
    assert operation(client, operation_id) == before


def test_where_polling_moves_the_clock_a_poll_after_the_deletion_says_that_it_was_cancelled(mock):
    folder = mock.folder(time="skip")
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id, operation_id = steps.validating(client, folder)
        delete(client, dataset_id)
        assert operation(client, operation_id).error.code == 1


def test_the_urls_of_a_deleted_dataset_lead_to_nothing(client, folder):
    draft_id, ready_id = steps.draft(client, folder), steps.validated(client, folder)
    put = steps.upload_url(client, draft_id, 3)
    get = client.call("DatasetService/GetDownloadUrls", dataset_id=ready_id).download_urls[0].url
    delete(client, draft_id)
    delete(client, ready_id)
    for gone in (steps.put(put, b"abc"), requests.get(get, timeout=20)):
        assert (gone.status_code, "<Code>NoSuchKey</Code>" in gone.text) == (404, True)


def test_a_running_tuning_goes_on_without_its_dataset_and_its_model_knows_the_data(client, folder):
    ready = steps.validated(client, folder)
    task_id = tune(client, folder, ready)
    delete(client, ready)
    assert answer(client, folder, task_id) == "Меня зовут Женя. Полностью - Евгений Нейроныч."


def test_a_model_outlives_the_dataset_that_it_was_tuned_on(client, folder):
    ready = steps.validated(client, folder)
    task_id = tune(client, folder, ready)
    folder.clock.advance(hours=1)
    delete(client, ready)
    assert answer(client, folder, task_id) == "Меня зовут Женя. Полностью - Евгений Нейроныч."


def test_a_deleted_dataset_can_not_be_tuned_on(client, folder):
    ready = steps.validated(client, folder)
    delete(client, ready)
    refusal = steps.refused(tune, client, folder, ready)
    assert refusal == (NOT_FOUND, f"dataset {ready} not found")


@pytest.fixture(scope="module")
def careful():
    with MockServer(time="manual", settings={"dataset-delete-in-use": "refuse"}) as running:
        yield running


@pytest.mark.parametrize("role", ["train", "validation", "validation of old", "test"])
def test_where_so_set_a_dataset_cannot_be_deleted_while_a_tuning_reads_it(careful, role):
    folder = careful.folder()
    with Client(careful.endpoint, f"Api-Key {folder.api_key}") as client:
        ready, other = steps.validated(client, folder), steps.validated(client, folder)
        more = {
            "train": {},
            "validation": {"validation_dataset": {"dataset_id": ready}},
            "validation of old": {"validation_datasets": [{"dataset_id": ready}]},
            "test": {"test_datasets": [{"dataset_id": ready}]},
        }[role]
        task_id = tune(client, folder, ready if role == "train" else other, **more)
        code, message = steps.refused(delete, client, ready)
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert message == (
            f"dataset {ready} is used by tuning task {task_id}; wait until that is finished, or cancel it"
        )
        client.call("TuningService/Cancel", tuning_task_id=task_id)
        delete(client, ready)
