"""Hundreds of reads that are held until a scan is over do not keep anybody else waiting."""

import threading
from concurrent.futures import Future

import pytest

from aistudio_formats.examples import generation, json_lines
from aistudio_mock import MockServer
from aistudio_protos.yandex.cloud.operation.operation_pb2 import Operation
from aistudio_protos.yandex.cloud.operation.operation_service_pb2 import GetOperationRequest
from tests.wire import steps
from tests.wire.stubs import Client

HELD = 300
BIG = 60_000_000


class Gate:
    """Stands before a server's scans; none begins until it is opened."""

    def __init__(self, mock):
        validations = mock._server.backend.validations
        self._scan, validations._scan = validations._scan, self
        self._opened = threading.Event()

    def __call__(self, *args):
        outcome = Future()

        def begin():
            self._opened.wait()
            scanned = self._scan(*args)
            if problem := scanned.exception():
                outcome.set_exception(problem)
            else:
                outcome.set_result(scanned.result())

        threading.Thread(target=begin, daemon=True).start()
        return outcome

    def open(self):
        self._opened.set()


@pytest.fixture
def mock():
    with MockServer(time="skip") as running:
        yield running


@pytest.fixture
def client(mock):
    with Client(mock.endpoint, timeout=100) as connected:
        yield connected


def polls(client, operation_id, number):
    """That many reads of one operation, all at once; their futures."""
    rpc = client.channel.unary_unary(
        "/yandex.cloud.operation.OperationService/Get",
        request_serializer=GetOperationRequest.SerializeToString,
        response_deserializer=Operation.FromString,
    )
    request = GetOperationRequest(operation_id=operation_id)
    return [rpc.future(request, metadata=client.metadata, timeout=100) for _ in range(number)]


def threads_at_work():
    return sum(thread.name.startswith("aistudio-mock-grpc") for thread in threading.enumerate())


def finished(mock, client):
    """Another folder's tuning; polled, it is done at once."""
    folder = mock.folder()
    dataset_id, operation_id = steps.validating(client, folder)
    assert client.call("OperationService/Get", operation_id=operation_id).done
    return client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id


def test_others_are_answered_while_hundreds_are_held(mock, client):
    tuning = finished(mock, client)
    gate = Gate(mock)
    _, held_operation = steps.validating(client, mock.folder())
    held = polls(client, held_operation, HELD)
    with Client(mock.endpoint) as other:
        # Every held read has a thread of its own; until all have one, others are served in between.
        while threads_at_work() < HELD:
            assert other.call("OperationService/Get", operation_id=tuning).done
        fresh = mock.folder()
        for _ in range(100):
            assert other.call("OperationService/Get", operation_id=tuning).done
            assert steps.uploaded(other, fresh)
            assert other.call("DatasetService/List", folder_id=fresh.id, page_size=1).datasets
    assert not any(poll.done() for poll in held)
    gate.open()
    assert all(poll.result().done for poll in held)


def test_the_held_folder_itself_goes_on_working(mock, client):
    gate, folder = Gate(mock), mock.folder()
    dataset_id, operation_id = steps.validating(client, folder)
    held = polls(client, operation_id, 50)
    assert client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.status == 2
    assert steps.draft(client, folder)
    client.call("DatasetService/Delete", dataset_id=dataset_id)
    assert not any(poll.done() for poll in held)
    gate.open()
    assert all(poll.result().done for poll in held)


def test_a_caller_is_held_for_half_its_deadline_and_then_told_the_truth(mock, client):
    gate, folder = Gate(mock), mock.folder()
    _, operation_id = steps.validating(client, folder)
    with Client(mock.endpoint, timeout=3) as hasty:
        assert not hasty.call("OperationService/Get", operation_id=operation_id).done
    gate.open()
    assert client.call("OperationService/Get", operation_id=operation_id).done


def test_a_hundred_polls_of_a_big_file_get_the_final_answer_and_keep_nobody_waiting(mock, client):
    tuning, folder = finished(mock, client), mock.folder()
    row = json_lines([generation("Как тебя зовут?", "Женя. " * 100)]).encode()
    dataset_id, operation_id = steps.validating(client, folder, body=row * (BIG // len(row)))
    held = polls(client, operation_id, 100)
    with Client(mock.endpoint) as other:
        assert other.call("OperationService/Get", operation_id=tuning).done
        assert steps.draft(other, mock.folder())
    assert all(poll.result().done for poll in held)
    assert client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.rows == BIG // len(row)
