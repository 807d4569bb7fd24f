"""How a folder's time goes is said anew while it goes: by the control API, in Python, on the command line."""

from datetime import datetime, timedelta

import pytest

from aistudio_mock.control_client import ControlClient
from aistudio_mock.domain.errors import InvalidArgument, NotFound
from aistudio_mock.handles import MockFolder
from tests.wire import steps


@pytest.fixture(name="remote")
def _remote(mock, folder):
    return MockFolder(ControlClient(mock.http_url), folder.id, folder.api_key)


def shown(mock, folder):
    one = ControlClient(mock.http_url).folder(folder.id)
    return one.polling, one.rate


def test_time_that_stood_still_is_skipped_by_polls_from_then_on(mock, folder, client, remote):
    _, operation_id = steps.validating(client, folder)
    for _ in range(3):  # an answer that lasts, as long as time stands still
        assert not client.call("OperationService/Get", operation_id=operation_id).done
    before = folder.clock.now()
    assert remote.clock.mode("skip") >= before
    assert shown(mock, folder) == ("skip", 1)
    assert client.call("OperationService/Get", operation_id=operation_id).done
    stopped = remote.clock.mode("manual")
    assert (folder.clock.now(), shown(mock, folder)) == (stopped, ("keep", 0))
    assert stopped - before > timedelta(seconds=30)


def test_a_rate_is_told_with_the_clock(mock, folder, remote):
    remote.clock.mode("60x")
    clock = ControlClient(mock.http_url).clock(folder.id)
    assert (clock.rate, clock.polling) == (60, "keep")
    assert folder.clock.now() >= clock.now


def test_one_phase_a_poll_can_be_chosen_too(folder, client):
    _, operation_id = steps.validating(client, folder)
    folder.clock.mode("poll")
    folder.state(folder.clock.now() + timedelta(hours=1))  # the scan is over
    polls = 1
    while not client.call("OperationService/Get", operation_id=operation_id).done:
        polls += 1
    assert polls > 1


def test_the_folder_of_calls_that_name_none_can_be_changed_and_stays_the_default(mock):
    mock.default_folder.clock.mode("10x")
    assert shown(mock, mock.default_folder) == ("keep", 10)
    mock.default_folder.clock.mode("manual")
    mock.default_folder.delete()  # which empties it only
    assert shown(mock, mock.default_folder) == ("keep", 0)


def test_what_is_no_mode_is_refused_and_changes_nothing(mock, folder, remote):
    for word in ("fast", "", "-1x", "0x"):
        with pytest.raises(InvalidArgument, match="use skip, poll, real, manual"):
            remote.clock.mode(word)
    assert shown(mock, folder) == ("keep", 0)
    with pytest.raises(NotFound):
        ControlClient(mock.http_url).set_mode("b1gnobody", "skip")


def test_a_mode_that_was_chosen_later_is_there_after_a_restart(running):
    with running() as here:
        folder_id, before = here.folder.id, here.folder.clock.now()
        here.folder.clock.mode("poll")
        assert here.server.control.folder(folder_id).polling == "poll"
    with running() as here:
        assert here.folder.id == folder_id
        there = here.server.control.folder(folder_id)
        assert (there.polling, there.rate) == ("poll", 1)
        assert there.now >= before


def test_an_operation_tells_what_polls_found_until_then(folder, client, remote):
    dataset_id = steps.validated(client, folder)
    task = client.call("TuningService/Tune", **steps.order(folder, dataset_id))
    tuning, validation = remote.state(folder.clock.now() + timedelta(days=1)).operations
    assert validation.history[0].status == "RUNNING"
    assert [one.history[-1].status for one in (tuning, validation)] == ["DONE", "DONE"]
    assert [mark.status for mark in tuning.history][:2] == ["CREATED", "PENDING"]
    assert tuning.history[-1].at == tuning.modified_at
    [now, _] = remote.state().operations
    assert [mark.status for mark in now.history] == ["CREATED"]
    client.call("TuningService/Cancel", tuning_task_id=task.id)
    assert [mark.status for mark in remote.state().operations[0].history] == ["CREATED", "ERROR"]


def test_the_metrics_of_a_tuning_are_where_the_control_api_says(mock, folder, client):
    control = ControlClient(mock.http_url)
    dataset_id = steps.validated(client, folder)
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
    with pytest.raises(NotFound, match="no metrics yet"):
        control.metrics(folder.id, task_id)
    folder.clock.advance(hours=9)
    archive = steps.requests.get(control.metrics(folder.id, task_id).url, timeout=20)
    assert archive.content.startswith(b"PK")
    for folder_id, other in ((folder.id, "ftnnobody"), (mock.default_folder.id, task_id)):
        with pytest.raises(NotFound, match="not found in folder"):
            control.metrics(folder_id, other)


def test_a_watcher_is_told_of_a_new_mode(folder, mock):
    from tests.wire.event_parts import begun, watching

    with watching(mock.http_url, folder.id) as stream:
        events = iter(stream)
        begun(events)
        folder.clock.mode("60x")
        told = next(events)
    assert (told.name, told.data["rate"], told.data["polling"]) == ("clock", 60, "keep")
    assert datetime.fromisoformat(told.data["now"]) <= folder.clock.now()
