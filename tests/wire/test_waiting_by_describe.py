"""Clients that wait by Describe alone: they come to an end as those do that ask for the operation."""

import pytest

from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.stubs import Client

VALIDATING, READY, INVALID = 2, 3, 4
CREATED, PENDING, IN_PROGRESS, COMPLETED = 1, 2, 3, 4


@pytest.fixture(params=["skip", "poll"])
def pace(request):
    return request.param


@pytest.fixture
def mock(pace):
    with MockServer(time=pace) as running:
        yield running


@pytest.fixture
def folder(mock):
    return mock.folder()


def dataset(client, dataset_id):
    return client.call("DatasetService/Describe", dataset_id=dataset_id).dataset


def task(client, task_id):
    return client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task


def statuses(look, *args, until):
    """What a client sees that looks until it sees that; no more than ten times."""
    seen = []
    while not seen or seen[-1] != until:
        assert len(seen) < 10, seen
        seen.append(look(*args).status)
    return seen


@pytest.mark.parametrize(("body", "end"), [(steps.GOOD, READY), (steps.BAD, INVALID)])
def test_a_validation_comes_to_its_end(client, folder, body, end):
    dataset_id, _ = steps.validating(client, folder, body)
    seen = statuses(dataset, client, dataset_id, until=end)
    assert seen[0] == VALIDATING
    assert set(seen[1:-1]) <= {VALIDATING}


def test_a_tuning_comes_to_its_end_status_by_status(client, folder, pace):
    dataset_id, _ = steps.validating(client, folder)
    statuses(dataset, client, dataset_id, until=READY)
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
    seen = statuses(task, client, task_id, until=COMPLETED)
    shown = sorted(set(seen))
    assert shown == ([CREATED, COMPLETED] if pace == "skip" else [CREATED, PENDING, IN_PROGRESS, COMPLETED])
    assert seen == sorted(seen)
    finished = task(client, task_id)
    assert finished.target_model_uri
    assert client.call("OperationService/Get", operation_id=task_id).done


def test_one_look_moves_nothing(client, folder):
    dataset_id, _ = steps.validating(client, folder)
    before = folder.clock.now()
    assert dataset(client, dataset_id).status == VALIDATING
    assert (folder.clock.now() - before).total_seconds() < 20


def polls_until_done(*, looks):
    """How many polls it takes, with as many looks at the dataset before each."""
    with MockServer(time="poll", seed=7) as mock, Client(mock.endpoint) as client:
        dataset_id, operation_id = steps.validating(client, mock.default_folder)
        for polls in range(1, 10):
            for _ in range(looks):
                dataset(client, dataset_id)
            if client.call("OperationService/Get", operation_id=operation_id).done:
                return polls
    raise AssertionError("it does not end")


def test_looks_between_polls_use_up_no_phase_but_repeated_ones_do():
    alone = polls_until_done(looks=0)
    assert alone == polls_until_done(looks=1) > polls_until_done(looks=3)


def test_a_list_moves_nothing_however_often(client, folder):
    dataset_id, _ = steps.validating(client, folder)
    for _ in range(5):
        (listed,) = client.call("DatasetService/List", folder_id=folder.id).datasets
        assert (listed.dataset_id, listed.status) == (dataset_id, VALIDATING)


def test_where_time_stands_still_describe_moves_nothing():
    with MockServer(time="manual") as still, Client(still.endpoint) as client:
        folder = still.default_folder
        dataset_id, _ = steps.validating(client, folder)
        assert [dataset(client, dataset_id).status for _ in range(5)] == [VALIDATING] * 5


def test_what_is_deleted_while_it_is_waited_for_is_not_found(client, folder):
    dataset_id, _ = steps.validating(client, folder)
    dataset(client, dataset_id)
    client.call("DatasetService/Delete", dataset_id=dataset_id)
    code, _ = steps.refused(client.call, "DatasetService/Describe", dataset_id=dataset_id)
    assert code.name == "NOT_FOUND"
