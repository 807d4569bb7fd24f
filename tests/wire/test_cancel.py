"""Cancelling: at any time, by either method, and what everybody sees afterwards."""

import grpc
import pytest

from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import Client, unpack

MOMENTS = [0, 1, 4, 20, 80, 150]
"""Seconds after Tune: CREATED, PENDING and IN_PROGRESS, and none of a recorded tuning is over by then."""


@pytest.fixture
def operation_id(client, folder):
    return client.call("TuningService/Tune", **steps.order(folder, steps.validated(client, folder))).id


def by_operation(client, operation_id):
    return client.call("OperationService/Cancel", operation_id=operation_id)


def by_task(client, operation_id):
    assert client.call("TuningService/Cancel", tuning_task_id=operation_id).tuning_task_id == operation_id
    return client.call("OperationService/Get", operation_id=operation_id)


def task(client, operation_id):
    return client.call("TuningService/Describe", tuning_task_id=operation_id).tuning_task


@pytest.mark.parametrize("cancel", [by_operation, by_task])
@pytest.mark.parametrize("seconds", MOMENTS)
def test_a_running_tuning_ends_at_once_as_cancelled(client, folder, operation_id, cancel, seconds):
    folder.clock.advance(seconds=seconds)
    before = task(client, operation_id)
    operation = cancel(client, operation_id)
    after = task(client, operation_id)
    assert operation.done
    assert (operation.error.code, operation.error.message) == (1, "Operation was cancelled")
    assert unpack(operation.metadata).status == TuningTask.Status.CANCELED
    assert after.status == TuningTask.Status.CANCELED
    assert after.finished_at.ToMicroseconds() == round(folder.clock.now().timestamp() * 1_000_000)
    assert after.started_at == before.started_at
    assert after.target_model_uri == ""


@pytest.mark.parametrize("seconds", MOMENTS)
def test_a_cancelled_tuning_stays_cancelled(client, folder, operation_id, seconds):
    folder.clock.advance(seconds=seconds)
    operation = by_operation(client, operation_id)
    cancelled = task(client, operation_id)
    folder.clock.advance(days=3)
    assert client.call("OperationService/Get", operation_id=operation_id) == operation
    assert by_operation(client, operation_id) == operation
    assert by_task(client, operation_id) == operation
    assert task(client, operation_id) == cancelled
    if seconds < 80:  # before its first evaluation
        code, message = steps.refused(client.call, "TuningService/GetMetricsUrl", task_id=operation_id)
        assert code is grpc.StatusCode.NOT_FOUND
        assert message.endswith("is CANCELED and has no metrics")


@pytest.mark.parametrize("cancel", [by_operation, by_task])
def test_a_finished_tuning_stays_finished(client, folder, operation_id, cancel):
    folder.clock.advance(hours=1)
    finished = client.call("OperationService/Get", operation_id=operation_id)
    completed = task(client, operation_id)
    assert cancel(client, operation_id) == finished
    assert task(client, operation_id) == completed
    assert completed.status == TuningTask.Status.COMPLETED


def test_a_task_that_has_finished_is_not_cancelled_before_its_operation_closes(client, folder, operation_id):
    while task(client, operation_id).status != TuningTask.Status.COMPLETED:
        folder.clock.advance(seconds=0.5)
    by_operation(client, operation_id)
    folder.clock.advance(seconds=5)
    operation = client.call("OperationService/Get", operation_id=operation_id)
    assert operation.done
    assert operation.HasField("response")
    assert task(client, operation_id).target_model_uri == unpack(operation.response).target_model_uri


def test_a_running_validation_cannot_be_cancelled_and_goes_on(client, folder):
    dataset_id, operation_id = steps.validating(client, folder)
    code, message = steps.refused(client.call, "OperationService/Cancel", operation_id=operation_id)
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert message == f"operation {operation_id} is a validation and cannot be cancelled; delete its dataset"
    folder.clock.advance(hours=1)
    assert client.call("OperationService/Get", operation_id=operation_id).HasField("response")
    assert client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.status == 3


def test_a_finished_validation_is_unchanged_by_cancel(client, folder):
    _, operation_id = steps.validating(client, folder)
    folder.clock.advance(hours=1)
    finished = client.call("OperationService/Get", operation_id=operation_id)
    assert by_operation(client, operation_id) == finished


def test_cancel_in_skip_mode_does_not_move_the_clock(mock):
    folder = mock.folder(time="skip")
    with Client(mock.endpoint) as client:
        dataset_id, validation_id = steps.validating(client, folder)
        assert client.call("OperationService/Get", operation_id=validation_id).done
        operation = client.call("TuningService/Tune", **steps.order(folder, dataset_id))
        cancelled = by_operation(client, operation.id)
        assert cancelled.modified_at.seconds - operation.created_at.seconds < 30
        assert client.call("OperationService/Get", operation_id=operation.id) == cancelled
