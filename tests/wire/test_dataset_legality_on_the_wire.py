"""Every status that a dataset can be brought to, with every command, as a client meets them."""

from functools import partial

import grpc
import pytest
import requests
from msgspec.structs import replace

from aistudio_mock.domain.dataset import LEGAL, DatasetCommand, DatasetState, DatasetStatus
from tests.wire import batch_parts, steps

COMMANDS = {
    DatasetCommand.UPLOAD: ("DatasetService/GetUploadDraftUrl", {"size_bytes": 5}),
    DatasetCommand.VALIDATE: ("DatasetService/Validate", {}),
    DatasetCommand.DOWNLOAD: ("DatasetService/GetDownloadUrls", {}),
    DatasetCommand.PREVIEW: ("DatasetService/GetPreview", {}),
    DatasetCommand.UPDATE: ("DatasetService/Update", {"name": "new", "update_mask": {"paths": ["name"]}}),
    DatasetCommand.DELETE: ("DatasetService/Delete", {}),
}
REACHED_BY = {
    DatasetStatus.DRAFT: steps.uploaded,
    DatasetStatus.VALIDATING: lambda client, folder: steps.validating(client, folder)[0],
    DatasetStatus.READY: steps.validated,
    DatasetStatus.INVALID: partial(steps.validated, body=steps.BAD),
}
ELSEWHERE = DatasetCommand.INFER_ON
"""Of another task type: see test_batches."""
PAIRS = [
    (status, command) for status in DatasetStatus for command in DatasetCommand if command is not ELSEWHERE
]


def command(client, folder, dataset_id, wanted):
    if wanted is DatasetCommand.TUNE_ON:
        return client.call("TuningService/Tune", **steps.order(folder, dataset_id))
    if wanted is ELSEWHERE:
        return client.call(batch_parts.START, **batch_parts.order(folder, dataset_id))
    rpc, fields = COMMANDS[wanted]
    return client.call(rpc, dataset_id=dataset_id, **fields)


def status_of(client, dataset_id):
    shown = client.call("DatasetService/Describe", dataset_id=dataset_id).dataset
    return DatasetStatus(shown.status)


def test_every_command_is_one_rpc():
    assert {*COMMANDS, DatasetCommand.TUNE_ON, ELSEWHERE} == set(DatasetCommand)


def test_the_one_status_that_cannot_be_reached_is_deleting():
    assert set(DatasetStatus) - REACHED_BY.keys() == {DatasetStatus.DELETING}


@pytest.fixture
def reached(mock, client, folder):
    """Brings a new dataset to a status; its id. To DELETING no call leads, so that is written by hand."""

    def reach(status):
        if status in REACHED_BY:
            return REACHED_BY[status](client, folder)
        dataset_id = steps.draft(client, folder)
        datasets = mock._server.backend.store.datasets
        record = datasets.get(dataset_id)
        timeline = record.timeline.then(record.created_at, DatasetState(status))
        datasets.put(replace(record, timeline=timeline))
        return dataset_id

    return reach


@pytest.mark.parametrize(("status", "wanted"), PAIRS)
def test_a_command_is_allowed_exactly_where_the_table_says_so(client, folder, reached, status, wanted):
    dataset_id = reached(status)
    assert status_of(client, dataset_id) is status
    if wanted in LEGAL[status]:
        command(client, folder, dataset_id, wanted)
        return
    code, message = steps.refused(command, client, folder, dataset_id, wanted)
    said, _, advice = message.partition("; ")
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert said == f"dataset {dataset_id} is {status.name} and cannot {wanted.value}"
    assert advice
    assert status_of(client, dataset_id) is status


def test_a_deleted_dataset_is_gone_for_every_command(client, folder):
    for wanted in DatasetCommand:
        dataset_id = steps.draft(client, folder)
        client.call("DatasetService/Delete", dataset_id=dataset_id)
        code, message = steps.refused(command, client, folder, dataset_id, wanted)
        assert (code, message) == (grpc.StatusCode.NOT_FOUND, f"dataset {dataset_id} not found")


def test_a_draft_without_a_file_cannot_be_validated_and_is_told_how(client, folder):
    dataset_id = steps.draft(client, folder)
    code, message = steps.refused(client.call, "DatasetService/Validate", dataset_id=dataset_id)
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert "PUT the file to the URL of GetUploadDraftUrl first" in message


def test_a_url_given_in_time_does_not_open_a_dataset_that_is_no_draft_any_more(client, folder):
    dataset_id = steps.uploaded(client, folder)
    url = steps.upload_url(client, dataset_id, 3)
    client.call("DatasetService/Validate", dataset_id=dataset_id)
    answer = steps.put(url, b"abc")
    assert answer.status_code == 403
    assert f"dataset {dataset_id} is VALIDATING and cannot be uploaded to" in answer.text


@pytest.mark.parametrize(("body", "becomes"), [(steps.GOOD, "READY"), (steps.BAD, "INVALID")])
def test_the_status_follows_the_folder_s_clock(client, folder, body, becomes):
    dataset_id, operation_id = steps.validating(client, folder, body)
    folder.clock.advance(seconds=33)
    assert status_of(client, dataset_id) is DatasetStatus.VALIDATING
    folder.clock.advance(seconds=70 - 33)
    assert status_of(client, dataset_id) is DatasetStatus[becomes]
    folder.clock.advance(seconds=66)
    assert client.call("OperationService/Get", operation_id=operation_id).done
    assert status_of(client, dataset_id) is DatasetStatus[becomes]


def test_what_a_deleted_dataset_stored_is_gone_and_its_urls_say_so(client, folder):
    dataset_id = steps.validated(client, folder)
    url = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls[0].url
    assert requests.get(url, timeout=20).status_code == 200
    client.call("DatasetService/Delete", dataset_id=dataset_id)
    gone = requests.get(url, timeout=20)
    assert gone.status_code == 404
    assert "<Code>NoSuchKey</Code>" in gone.text
