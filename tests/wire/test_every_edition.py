"""The whole flow in each edition: what differs is what the pages of its time show, and nothing else."""

import grpc
import pytest

from aistudio_mock import MockServer
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import Client, unpack
from tests.wire.tuning_parts import DATA as FILES
from tests.wire.tuning_parts import KINDS, errors, operation, order, task, tune

STATUS = TuningTask.Status
EDITIONS = ("2024-12", "2025-01", "2025-12")
TEXT = "text_to_text_completion"
REPLIES = {
    "2024-12": ["id"],
    "2025-01": ["id", "created_at", "modified_at", "metadata"],
    "2025-12": ["id", "created_at", "modified_at", "metadata"],
}
"""Fields of Tune's answer (e.2)."""

TOLD = {
    "2024-12": ["PENDING", "PENDING", "COMPLETED", "COMPLETED"],
    "2025-01": ["STATUS_UNSPECIFIED", "STATUS_UNSPECIFIED", "COMPLETED", "COMPLETED"],
    "2025-12": ["PENDING", "PENDING", "COMPLETED", "COMPLETED"],
}
"""The status in the operation's metadata, at PENDING, while the task runs, and after it."""

MOMENTS = [7, 80, 400, 500]


@pytest.fixture(params=EDITIONS, scope="module")
def edition(request):
    with MockServer(time="manual", edition=request.param) as running:
        yield request.param, running


@pytest.fixture
def at(edition):
    """The edition's name, a client, and a folder."""
    name, mock = edition
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        yield name, client, folder


def ready(client, folder, kind=TEXT):
    task_type = KINDS[kind][0]
    return steps.validated(client, folder, body=FILES[task_type], task_type=task_type)


def task_of(client, folder, operation_id):
    (found,) = (
        one.task_id
        for one in client.call("TuningService/List", folder_id=folder.id).tuning_tasks
        if one.operation_id == operation_id
    )
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_goes_from_data_to_a_model(at, kind):
    edition, client, folder = at
    reply = client.call("TuningService/Tune", **order(folder, kind, ready(client, folder, kind)))
    assert [field.name for field, _ in reply.ListFields()] == REPLIES[edition]
    task_id = task_of(client, folder, reply.id)
    assert (task_id == reply.id) is (edition != "2024-12")
    told, passed = [], 0
    for moment in MOMENTS:
        folder.clock.advance(seconds=moment - passed)
        passed = moment
        told.append(STATUS.Name(unpack(operation(client, reply.id).metadata).status))
    assert told == TOLD[edition]
    done, shown = operation(client, reply.id), task(client, task_id)
    assert shown.status == STATUS.COMPLETED
    assert unpack(done.response).tuning_task_id == unpack(done.metadata).tuning_task_id == task_id
    assert unpack(done.response).target_model_uri == shown.target_model_uri != ""
    assert client.call("TuningService/GetOptions", task_id=task_id).HasField(kind)
    assert client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url


@pytest.mark.parametrize("service", ["OperationService", "TuningService"])
def test_a_tuning_is_cancelled(at, service):
    _, client, folder = at
    operation_id = tune(client, order(folder, TEXT, ready(client, folder)))
    task_id = task_of(client, folder, operation_id)
    if service == "OperationService":
        client.call("OperationService/Cancel", operation_id=operation_id)
    else:
        client.call("TuningService/Cancel", tuning_task_id=task_id)
    assert operation(client, operation_id).error.code == 1
    assert task(client, task_id).status == STATUS.CANCELED


def test_a_tuning_fails_with_reasons(at):
    _, client, folder = at
    folder.plan.add("fail", errors=["no memory"])
    operation_id = tune(client, order(folder, TEXT, ready(client, folder)))
    task_id = task_of(client, folder, operation_id)
    folder.clock.advance(hours=1)
    assert operation(client, operation_id).error.code == 13
    assert errors(client, task_id) == [("no memory", 1)]


@pytest.mark.parametrize("rpc", ["Archive", "EnableBilling"])
def test_archiving_and_billing_came_in_july_2025(at, rpc):
    edition, client, folder = at
    operation_id = tune(client, order(folder, TEXT, ready(client, folder)))
    task_id = task_of(client, folder, operation_id)
    folder.clock.advance(hours=1)
    if edition == "2025-12":
        assert client.call(f"TuningService/{rpc}", tuning_task_id=task_id).id
        return
    refusal = steps.refused(client.call, f"TuningService/{rpc}", tuning_task_id=task_id)
    name = f"yandex.cloud.ai.tuning.v1.TuningService/{rpc}"
    assert refusal == (grpc.StatusCode.UNIMPLEMENTED, f"Method {name} is unimplemented")


def test_llama_lite_was_tuned_until_it_was_retired(at):
    edition, client, folder = at
    base = f"gpt://{folder.id}/llama-lite/latest"
    fields = order(folder, TEXT, ready(client, folder), base_model_uri=base)
    if edition != "2025-12":
        operation_id = tune(client, fields)
        folder.clock.advance(hours=1)
        shown = task(client, task_of(client, folder, operation_id))
        assert shown.target_model_uri.startswith(f"{base}@tamr")
        return
    code, message = steps.refused(client.call, "TuningService/Tune", **fields)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "no tunable model gpt://llama-lite/latest" in message
