"""Operations of tunings: the window before their task, progress if asked for, cancelling, expiry."""

import grpc
import pytest

from aistudio_mock import MockServer
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import Client, unpack
from tests.wire.tuning_parts import operation, order, ready, task, tune

STATUS = TuningTask.Status
CODE = grpc.StatusCode
TEXT = "text_to_text_completion"
BY_TASK = {
    "Describe": "tuning_task_id",
    "Cancel": "tuning_task_id",
    "ListErrors": "tuning_task_id",
    "Archive": "tuning_task_id",
    "EnableBilling": "tuning_task_id",
    "GetOptions": "task_id",
    "GetMetricsUrl": "task_id",
}
"""Every method that is given a task, and the field that names it."""


@pytest.fixture
def begin(client, folder):
    """Starts a tuning; its id."""
    fields = order(folder, TEXT, ready(client, folder, TEXT))
    return lambda: tune(client, fields)


@pytest.fixture
def late(mock):
    """A client and a folder whose tasks are visible 2.5 s after their operations, and a tuning there."""
    folder = mock.folder(settings={"tuning-visible-after": "2.5"})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        yield client, folder, tune(client, order(folder, TEXT, ready(client, folder, TEXT)))


@pytest.mark.parametrize(("rpc", "field"), BY_TASK.items())
def test_a_new_task_is_not_found_before_it_is_visible(late, rpc, field):
    client, folder, task_id = late
    folder.clock.advance(seconds=2.499999)
    refusal = steps.refused(client.call, f"TuningService/{rpc}", **{field: task_id})
    assert refusal == (CODE.NOT_FOUND, f"tuning task {task_id} not found")
    assert unpack(operation(client, task_id).metadata).tuning_task_id == task_id


def test_a_new_task_is_listed_from_the_moment_on_at_which_it_is_visible(late):
    client, folder, task_id = late
    folder.clock.advance(seconds=2.499999)
    assert not client.call("TuningService/List", folder_id=folder.id).tuning_tasks
    folder.clock.advance(seconds=0.000001)
    assert [one.task_id for one in client.call("TuningService/List", folder_id=folder.id).tuning_tasks] == [
        task_id
    ]
    assert task(client, task_id).created_at.seconds == operation(client, task_id).created_at.seconds


def test_a_task_that_is_not_visible_yet_is_cancelled_through_its_operation(late):
    client, folder, task_id = late
    assert client.call("OperationService/Cancel", operation_id=task_id).error.code == 1
    folder.clock.advance(seconds=3)
    assert task(client, task_id).status == STATUS.CANCELED


def test_the_window_is_a_phase_of_its_own_in_poll_mode(mock):
    folder = mock.folder(time="poll", settings={"tuning-visible-after": "1"})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id, validation = steps.validating(client, folder)
        while not operation(client, validation).done:
            pass
        task_id = tune(client, order(folder, TEXT, dataset_id))
        assert unpack(operation(client, task_id).metadata).status == STATUS.CREATED
        assert task(client, task_id).status == STATUS.CREATED


def test_steps_grow_from_nothing_to_all_while_the_run_goes_on(mock):
    folder = mock.folder(settings={"tuning-operation-progress": "steps"})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        folder.plan.add(seconds={"start": 50, "run": 200, "close": 2})
        task_id = tune(client, order(folder, TEXT, ready(client, folder, TEXT), params={"n_samples": 8000}))
        seen = []
        for _ in range(14):
            metadata = unpack(operation(client, task_id).metadata)
            seen.append((STATUS.Name(metadata.status), metadata.current_step, metadata.total_steps))
            folder.clock.advance(seconds=20)
    assert seen[0] == ("CREATED", 0, 1000)
    assert seen[1:3] == [("PENDING", 0, 1000)] * 2
    assert seen[3:13] == [("IN_PROGRESS", step, 1000) for step in range(0, 1000, 100)]
    assert seen[13] == ("COMPLETED", 1000, 1000)


def test_a_run_that_fails_early_has_not_done_all_steps(mock):
    folder = mock.folder(settings={"tuning-operation-progress": "steps"})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        folder.plan.add("fail", after=0.4)
        task_id = tune(client, order(folder, TEXT, ready(client, folder, TEXT), params={"n_samples": 8000}))
        folder.clock.advance(hours=1)
        metadata = unpack(operation(client, task_id).metadata)
        assert (metadata.current_step, metadata.total_steps) == (400, 1000)


def test_an_operation_that_tells_the_status_of_the_run_shows_in_progress_from_its_start(mock):
    folder = mock.folder(settings={"tuning-operation-progress": "in-progress"})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        folder.plan.add(seconds={"start": 50, "run": 200})
        task_id = tune(client, order(folder, TEXT, ready(client, folder, TEXT)))
        folder.clock.advance(seconds=49)
        assert unpack(operation(client, task_id).metadata).status == STATUS.PENDING
        folder.clock.advance(seconds=1)
        shown = operation(client, task_id)
        assert unpack(shown.metadata).status == STATUS.IN_PROGRESS
        assert unpack(shown.metadata).total_steps == 0
        assert shown.modified_at.seconds == task(client, task_id).started_at.seconds


@pytest.mark.parametrize("service", ["OperationService", "TuningService"])
@pytest.mark.parametrize("outcome", ["complete", "fail", "cancel"])
def test_cancel_of_what_is_finished_is_refused_where_that_is_set(mock, service, outcome):
    folder = mock.folder(settings={"cancel-finished": "refuse"})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        folder.plan.add(outcome)
        task_id = tune(client, order(folder, TEXT, ready(client, folder, TEXT)))
        folder.clock.advance(hours=1)
        field = {"OperationService": "operation_id", "TuningService": "tuning_task_id"}[service]
        code, message = steps.refused(client.call, f"{service}/Cancel", **{field: task_id})
        assert code is CODE.FAILED_PRECONDITION
        assert task_id in message


FORTNIGHT = {"days": 13, "hours": 23, "minutes": 59, "seconds": 59}


@pytest.mark.parametrize("outcome", ["complete", "fail", "cancel"])
def test_an_operation_is_gone_two_weeks_after_it_was_done_and_its_task_is_not(client, folder, begin, outcome):
    folder.plan.add(outcome, seconds={"start": 10, "run": 10, "close": 0})
    task_id = begin()
    folder.clock.advance(seconds=20)
    done = operation(client, task_id)
    assert done.done
    folder.clock.advance(**FORTNIGHT)
    assert operation(client, task_id) == done
    folder.clock.advance(seconds=1)
    for method in ("Get", "Cancel"):
        refusal = steps.refused(client.call, f"OperationService/{method}", operation_id=task_id)
        assert refusal == (CODE.NOT_FOUND, f"operation {task_id} not found")
    assert task(client, task_id).task_id == task_id
    assert client.call("TuningService/Cancel", tuning_task_id=task_id).tuning_task_id == task_id


def test_a_validation_expires_as_well_and_its_dataset_does_not(client, folder):
    dataset_id, validation = steps.validating(client, folder)
    folder.clock.advance(days=15)
    assert steps.refused(client.call, "OperationService/Get", operation_id=validation)[0] is CODE.NOT_FOUND
    assert client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.status == 3


def test_an_operation_that_is_not_done_does_not_expire(client, folder, begin):
    folder.plan.add("never")
    task_id = begin()
    folder.clock.advance(days=300)
    assert not operation(client, task_id).done


def test_skipped_time_does_not_age_an_operation(mock):
    folder = mock.folder(time="skip")
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id, validation = steps.validating(client, folder)
        assert operation(client, validation).done
        folder.plan.add(seconds={"start": 30 * 86_400})
        task_id = tune(client, order(folder, TEXT, dataset_id))
        before = folder.clock.now()
        assert operation(client, task_id).done
        assert (folder.clock.now() - before).days >= 30
        # A month has gone by for the validation, and nobody has lived it.
        assert operation(client, validation).done
        folder.clock.advance(days=14)
        for old in (validation, task_id):
            assert steps.refused(client.call, "OperationService/Get", operation_id=old)[0] is CODE.NOT_FOUND


def test_two_tunings_side_by_side_in_skip_mode_end_each_at_its_own_time(mock):
    folder = mock.folder(time="skip")
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id, validation = steps.validating(client, folder)
        assert operation(client, validation).done
        folder.plan.add(seconds={"start": 1000, "run": 10, "close": 0})
        folder.plan.add(seconds={"start": 10, "run": 10, "close": 0})
        fields = order(folder, TEXT, dataset_id)
        slow, quick = tune(client, fields), tune(client, fields)
        assert operation(client, quick).done
        assert task(client, slow).status == STATUS.PENDING
        done = operation(client, slow)
        assert done.done
        assert 1010 <= done.modified_at.seconds - done.created_at.seconds <= 1011
        # The quick one was done long before, and keeps its date.
        assert operation(client, quick).modified_at.seconds < done.modified_at.seconds - 900


@pytest.mark.parametrize("edition", ["2024-12", "2025-01", "2025-12"])
def test_either_id_leads_to_the_same_tuning_in_every_edition(edition):
    with MockServer(time="manual", edition=edition) as mock, Client(mock.endpoint) as client:
        folder = mock.default_folder
        operation_id = tune(client, order(folder, TEXT, ready(client, folder, TEXT)))
        (listed,) = client.call("TuningService/List", folder_id=folder.id).tuning_tasks
        assert (listed.task_id == operation_id) is (edition != "2024-12")
        assert listed.operation_id == operation_id
        client.call("TuningService/Cancel", tuning_task_id=listed.task_id)
        cancelled = operation(client, operation_id)
        assert (cancelled.done, cancelled.error.code) == (True, 1)
        assert unpack(cancelled.metadata).tuning_task_id == listed.task_id
