"""What polling an unfinished operation does to the clock, in each mode of time."""

import pytest

from aistudio_mock import MockServer
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import Client

STATUS = TuningTask.Status


@pytest.fixture(scope="module")
def mock():
    with MockServer() as running:
        yield running


@pytest.fixture
def client(mock):
    with Client(mock.endpoint) as connected:
        yield connected


def poll(client, operation_id):
    return client.call("OperationService/Get", operation_id=operation_id)


def task(client, task_id):
    return client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task


def ready(client, folder):
    dataset_id, operation_id = steps.validating(client, folder)
    while not poll(client, operation_id).done:
        pass
    return dataset_id


def tune(client, folder):
    return client.call("TuningService/Tune", **steps.order(folder, ready(client, folder))).id


def test_in_skip_mode_the_first_poll_has_the_final_answer_with_realistic_dates(mock, client):
    folder = mock.folder(time="skip")
    _, operation_id = steps.validating(client, folder)
    validation = poll(client, operation_id)
    assert validation.done
    assert 50 <= validation.modified_at.seconds - validation.created_at.seconds <= 137
    tuning = poll(client, tune(client, folder))
    assert tuning.done
    assert 164 <= tuning.modified_at.seconds - tuning.created_at.seconds <= 356


def test_in_skip_mode_a_second_poll_changes_nothing(mock, client):
    folder = mock.folder(time="skip")
    operation_id = tune(client, folder)
    first = poll(client, operation_id)
    now = folder.clock.now()
    assert poll(client, operation_id) == first
    assert (folder.clock.now() - now).total_seconds() < 30


def test_in_poll_mode_every_phase_of_a_tuning_is_seen_one_a_poll(mock, client):
    folder = mock.folder(time="poll")
    task_id = tune(client, folder)
    seen = [task(client, task_id).status]
    while not poll(client, task_id).done:
        seen.append(task(client, task_id).status)
    assert seen == [STATUS.CREATED, STATUS.PENDING, STATUS.IN_PROGRESS, STATUS.COMPLETED]


def test_in_poll_mode_every_phase_of_a_validation_is_seen_one_a_poll(mock, client):
    folder = mock.folder(time="poll")
    dataset_id, operation_id = steps.validating(client, folder)
    seen = []
    while not seen or not seen[-1][0]:
        operation = poll(client, operation_id)
        status = client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.status
        seen.append((operation.done, operation.HasField("metadata"), status))
    # In some validations, the date alone moves first.
    assert seen[-2:] == [(False, True, 3), (True, True, 3)]
    assert seen[:-2] in ([], [(False, False, 2)])


def test_in_poll_mode_a_finished_operation_moves_nothing(mock, client):
    folder = mock.folder(time="poll")
    operation_id = tune(client, folder)
    while not (done := poll(client, operation_id)).done:
        pass
    now = folder.clock.now()
    assert poll(client, operation_id) == done
    assert (folder.clock.now() - now).total_seconds() < 30


@pytest.mark.parametrize("time", ["skip", "poll"])
def test_only_polling_moves_the_clock(mock, client, time):
    folder = mock.folder(time=time)
    task_id = tune(client, folder)
    before = folder.clock.now()
    for rpc, fields in (
        ("TuningService/GetOptions", {"task_id": task_id}),
        ("TuningService/List", {"folder_id": folder.id}),
        ("DatasetService/List", {"folder_id": folder.id}),
    ):
        client.call(rpc, **fields)
    assert task(client, task_id).status == STATUS.CREATED
    assert (folder.clock.now() - before).total_seconds() < 3


def test_in_manual_mode_nothing_moves_the_clock_but_the_test(mock, client):
    folder = mock.folder(time="manual")
    _, operation_id = steps.validating(client, folder)
    before = folder.clock.now()
    assert not poll(client, operation_id).done
    assert folder.clock.now() == before
    assert (folder.clock.advance(hours=1) - before).total_seconds() == 3600
    assert poll(client, operation_id).done


def test_in_real_time_an_operation_is_not_done_at_once(mock, client):
    folder = mock.folder(time="real")
    _, operation_id = steps.validating(client, folder)
    assert not poll(client, operation_id).done
    folder.clock.advance(minutes=3)
    assert poll(client, operation_id).done


def test_at_a_high_rate_polling_alone_sees_the_end(mock, client):
    folder = mock.folder(time="100000x")
    task_id = tune(client, folder)
    while not poll(client, task_id).done:
        pass
    assert task(client, task_id).status == STATUS.COMPLETED


def test_instant_durations_are_done_at_once_in_any_mode(mock, client):
    folder = mock.folder(time="manual", durations="instant")
    dataset_id, operation_id = steps.validating(client, folder)
    folder.clock.advance(seconds=0)
    assert poll(client, operation_id).done
    operation = client.call("TuningService/Tune", **steps.order(folder, dataset_id))
    assert operation.done
    assert task(client, operation.id).status == STATUS.COMPLETED
