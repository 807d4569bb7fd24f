"""What X-Amz-Expiration tells of an upload is kept: then it is gone, and its dataset takes another."""

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import grpc
import pytest

from aistudio_mock import MockServer
from tests.wire import multipart_steps, steps
from tests.wire.stubs import Client

GONE = grpc.StatusCode.FAILED_PRECONDITION


def kept_until(reply):
    """The moment that the answer to a PUT tells."""
    return parsedate_to_datetime(re.search('expiry-date="(.*?)"', reply.headers["X-Amz-Expiration"])[1])


def uploaded(client, folder):
    dataset_id = steps.draft(client, folder)
    return dataset_id, steps.put(steps.upload_url(client, dataset_id, len(steps.GOOD)), steps.GOOD)


@pytest.mark.parametrize("early", [timedelta(0), timedelta(microseconds=1)])
def test_an_upload_is_there_until_the_moment_that_was_told(client, folder, early):
    dataset_id, reply = uploaded(client, folder)
    folder.clock.set(kept_until(reply) - early)
    if early:
        assert client.call("DatasetService/Validate", dataset_id=dataset_id).id
    else:
        code, said = steps.refused(client.call, "DatasetService/Validate", dataset_id=dataset_id)
        assert (code, "has no data; PUT the file" in said) == (GONE, True)


def test_a_dataset_whose_upload_is_gone_takes_another(mock, client, folder):
    before = multipart_steps.files(mock)
    dataset_id, _ = uploaded(client, folder)
    folder.clock.advance(days=32)
    steps.refused(client.call, "DatasetService/Validate", dataset_id=dataset_id)
    assert multipart_steps.files(mock) == before
    reply = steps.put(steps.upload_url(client, dataset_id, len(steps.GOOD)), steps.GOOD)
    assert kept_until(reply) > folder.clock.now()
    assert client.call("DatasetService/Validate", dataset_id=dataset_id).id


def test_a_dataset_that_was_validated_in_time_stays(client, folder):
    dataset_id = steps.validated(client, folder)
    folder.clock.advance(days=400)
    assert client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.status == 3
    assert client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id


def test_time_that_was_skipped_does_not_count():
    with MockServer(durations="documented") as mock, Client(mock.endpoint) as client:
        folder = mock.default_folder
        waiting, reply = uploaded(client, folder)
        dataset_id = steps.uploaded(client, folder)
        operation_id = client.call("DatasetService/Validate", dataset_id=dataset_id).id
        client.call("OperationService/Get", operation_id=operation_id)
        folder.plan.add(seconds={"run": 86_400}, times=None)
        while folder.clock.now() < kept_until(reply):
            tuning = client.call("TuningService/Tune", **steps.order(folder, dataset_id))
            assert client.call("OperationService/Get", operation_id=tuning.id).done
        assert client.call("DatasetService/Validate", dataset_id=waiting).id
