"""What is in a folder, as the control API tells it at any moment; clocks that are set; replays."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import json

from aistudio_mock import MockServer, RemoteServer
from aistudio_mock.config import ConfigError
from aistudio_mock.control_client import ControlClient
from aistudio_mock.domain.errors import FailedPrecondition, InvalidArgument
from aistudio_mock.handles import MockFolder
from tests.wire import steps
from tests.wire.stubs import Client

BEGIN = datetime(2025, 12, 11, 2, 18, 54, tzinfo=UTC)


@pytest.fixture(name="remote")
def _remote(mock, folder):
    return MockFolder(ControlClient(mock.http_url), folder.id, folder.api_key)


def test_every_object_is_seen_as_it_is_now(mock, folder, client, remote):
    dataset = steps.validated(client, folder)
    operation = client.call("TuningService/Tune", **steps.order(folder, dataset), name="mine")
    seen = remote.state()
    assert seen == folder.state()
    assert (seen.folder_id, seen.at) == (folder.id, folder.clock.now())
    assert [(one.id, one.status, one.name) for one in seen.datasets] == [(dataset, "READY", "mine")]
    assert [mark.status for mark in seen.datasets[0].history] == ["DRAFT", "VALIDATING", "READY"]
    assert [file.bucket for file in seen.datasets[0].files] == [
        "ai-fomo-drafts-prod",
        "ai-fomo-datasets-prod",
    ]
    assert seen.datasets[0].files[0].size_bytes == len(steps.GOOD)
    assert [(one.id, one.status) for one in seen.tunings] == [(operation.id, "CREATED")]
    assert [one.done for one in seen.operations] == [False, True]
    assert seen.operations[1].response["dataset_id"] == dataset
    assert seen.models == []


def test_another_moment_is_read_by_the_same_records(folder, client, remote):
    dataset = steps.uploaded(client, folder)
    created = folder.clock.now()
    folder.clock.advance(seconds=1)
    client.call("DatasetService/Validate", dataset_id=dataset)
    folder.clock.advance(hours=1)
    client.call("TuningService/Tune", **steps.order(folder, dataset))
    later = remote.state(folder.clock.now() + timedelta(days=1))
    assert [one.status for one in later.tunings] == ["COMPLETED"]
    assert later.models == [later.tunings[0].target_model_uri]
    draft = remote.state(created)
    assert [one.status for one in draft.datasets] == ["DRAFT"]
    assert (draft.tunings, draft.operations, draft.datasets[0].rows) == ([], [], 0)
    assert remote.state(created - timedelta(seconds=1)).datasets == []
    assert [one.status for one in folder.state().tunings] == ["CREATED"]  # looking moves nothing


def test_what_a_running_scan_will_show_is_waited_for(folder, client):
    dataset, _ = steps.validating(client, folder, steps.BAD)
    [seen] = folder.state(folder.clock.now() + timedelta(hours=1)).datasets
    assert (seen.id, seen.status, seen.validation_errors[0].rows) == (dataset, "INVALID", [1])


def test_a_clock_is_set_forward_and_never_back(folder, remote):
    there = folder.clock.now() + timedelta(days=2, microseconds=1)
    assert remote.clock.set(there) == there == folder.clock.now()
    with pytest.raises(FailedPrecondition, match="never goes back"):
        remote.clock.set(there - timedelta(microseconds=1))
    with pytest.raises(InvalidArgument, match="1970"):
        remote.clock.set(datetime(1969, 1, 1, tzinfo=UTC))


def test_a_folder_begins_at_the_moment_that_it_is_given(mock):
    with RemoteServer(mock.http_url) as remote:
        for server in (mock, remote):
            assert server.folder(now=BEGIN).clock.now() == BEGIN
            with pytest.raises(ConfigError, match="timezone"):
                server.folder(now=BEGIN.replace(tzinfo=None))
            with pytest.raises(ConfigError, match="1970"):
                server.folder(now=datetime(1960, 1, 1, tzinfo=UTC))


def test_the_same_calls_in_the_same_folder_have_the_same_answers_byte_for_byte(mock):
    assert _played(mock) == _played(mock)
    with MockServer() as another:
        assert _played(another) == _played(mock)


def _played(server):
    """Every answer of a whole flow in a folder of one's own choosing, which is deleted afterwards."""
    folder = server.folder(id="b1greplayed", seed=7, now=BEGIN, time="manual")
    answers = []
    with Client(server.endpoint, f"Api-Key {folder.api_key}") as client:
        # What others do in between makes no difference.
        steps.draft(client, server.folder())
        dataset, validation = steps.validating(client, folder)
        folder.clock.advance(hours=1)
        operation = client.call("TuningService/Tune", **steps.order(folder, dataset)).id
        folder.clock.advance(hours=1)
        for method, fields in (
            ("DatasetService/Describe", {"dataset_id": dataset}),
            ("OperationService/Get", {"operation_id": validation}),
            ("OperationService/Get", {"operation_id": operation}),
            ("TuningService/Describe", {"tuning_task_id": operation}),
        ):
            answers.append(client.call(method, **fields).SerializeToString(deterministic=True))
    answers.append(json.encode(folder.state()))
    answers.append(folder.api_key)
    folder.delete()
    return answers
