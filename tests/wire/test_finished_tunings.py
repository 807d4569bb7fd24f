"""What can be done with a tuning once its run is over: Archive, EnableBilling, ListErrors; and the drafts."""

import grpc
import pytest

from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import Client, unpack
from tests.wire.tuning_parts import errors, operation, order, ready, task, tune

STATUS = TuningTask.Status
CODE = grpc.StatusCode
TEXT = "text_to_text_completion"
RPCS = {"Archive": "ARCHIVED", "EnableBilling": "PAID"}
"""What each makes of a task."""

ENDS = {"COMPLETED": "complete", "FAILED": "fail", "CANCELED": "cancel"}


@pytest.fixture
def begin(client, folder):
    """Starts a tuning; its id."""
    fields = order(folder, TEXT, ready(client, folder, TEXT))
    return lambda: tune(client, fields)


@pytest.fixture
def ended(folder, begin):
    """A tuning that has ended so; its id."""

    def end(status):
        folder.plan.add(ENDS[status])
        task_id = begin()
        folder.clock.advance(hours=1)
        return task_id

    return end


def ask(client, rpc, task_id):
    return client.call(f"TuningService/{rpc}", tuning_task_id=task_id)


def status(client, task_id):
    return STATUS.Name(task(client, task_id).status)


@pytest.mark.parametrize(("rpc", "becomes"), RPCS.items())
def test_the_operation_has_empty_metadata_and_its_response_names_the_task(
    client, folder, ended, rpc, becomes
):
    task_id = ended("COMPLETED")
    begun = ask(client, rpc, task_id)
    metadata, response = (
        f"type.googleapis.com/yandex.cloud.ai.tuning.v1.{rpc}{'Tuning' if rpc == 'Archive' else ''}{part}"
        for part in ("Metadata", "Response")
    )
    assert begun.id.startswith("ftn")
    assert begun.id != task_id
    assert begun.created_at == begun.modified_at
    assert (begun.done, begun.metadata.type_url, begun.metadata.value) == (False, metadata, b"")
    assert status(client, task_id) == "COMPLETED"
    folder.clock.advance(seconds=0.9)
    assert not operation(client, begun.id).done
    folder.clock.advance(seconds=2.1)
    done = operation(client, begun.id)
    assert (done.done, done.metadata.type_url, done.response.type_url) == (True, metadata, response)
    assert unpack(done.response).tuning_task_id == task_id
    assert status(client, task_id) == becomes


@pytest.mark.parametrize("rpc", RPCS)
def test_the_task_keeps_everything_but_its_status(client, folder, ended, rpc):
    task_id = ended("COMPLETED")
    before, tuning = task(client, task_id), operation(client, task_id)
    ask(client, rpc, task_id)
    folder.clock.advance(minutes=1)
    after = task(client, task_id)
    after.status = before.status
    assert after == before
    assert operation(client, task_id) == tuning
    assert client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url
    assert client.call("TuningService/GetOptions", task_id=task_id).base_model_uri
    question = {"model_uri": before.target_model_uri, "messages": [{"role": "user", "text": "?"}]}
    assert list(client.stream("TextGenerationService/Completion", **question))


def test_a_paid_task_can_be_archived(client, folder, ended):
    task_id = ended("COMPLETED")
    for rpc, becomes in (("EnableBilling", "PAID"), ("Archive", "ARCHIVED")):
        ask(client, rpc, task_id)
        folder.clock.advance(minutes=1)
        assert status(client, task_id) == becomes


@pytest.mark.parametrize("end", ["FAILED", "CANCELED"])
def test_a_task_that_ended_badly_can_be_archived_and_keeps_its_errors(client, folder, ended, end):
    task_id = ended(end)
    listed = errors(client, task_id)
    assert bool(listed) is (end == "FAILED")
    ask(client, "Archive", task_id)
    folder.clock.advance(minutes=1)
    assert status(client, task_id) == "ARCHIVED"
    assert errors(client, task_id) == listed


@pytest.mark.parametrize(
    ("rpc", "cannot"),
    [
        ("Archive", "be archived; wait until it is finished, or cancel it"),
        ("EnableBilling", "be paid for; only what a COMPLETED task made can be"),
    ],
)
@pytest.mark.parametrize(("seconds", "state"), [(0, "CREATED"), (7, "PENDING"), (80, "IN_PROGRESS")])
def test_a_task_that_is_not_finished_is_refused(client, folder, begin, seconds, state, rpc, cannot):
    task_id = begin()
    folder.clock.advance(seconds=seconds)
    message = f"tuning task {task_id} is {state} and cannot {cannot}"
    assert steps.refused(ask, client, rpc, task_id) == (CODE.FAILED_PRECONDITION, message)


@pytest.mark.parametrize("end", ["FAILED", "CANCELED"])
def test_nobody_pays_for_what_did_not_complete(client, ended, end):
    task_id = ended(end)
    message = f"tuning task {task_id} is {end} and cannot be paid for; only what a COMPLETED task made can be"
    assert steps.refused(ask, client, "EnableBilling", task_id) == (CODE.FAILED_PRECONDITION, message)


@pytest.mark.parametrize(("rpc", "becomes"), RPCS.items())
def test_twice_is_refused_while_the_first_is_under_way_and_after(client, folder, ended, rpc, becomes):
    task_id = ended("COMPLETED")
    first = ask(client, rpc, task_id)
    code, message = steps.refused(ask, client, rpc, task_id)
    assert code is CODE.FAILED_PRECONDITION
    assert f"is becoming {becomes} and cannot" in message
    folder.clock.advance(minutes=1)
    code, message = steps.refused(ask, client, rpc, task_id)
    assert code is CODE.FAILED_PRECONDITION
    assert "already" in message
    assert operation(client, first.id).done


@pytest.mark.parametrize("rpc", RPCS)
def test_its_operation_cannot_be_cancelled_while_it_runs(client, folder, ended, rpc):
    task_id = ended("COMPLETED")
    begun = ask(client, rpc, task_id)
    refusal = steps.refused(client.call, "OperationService/Cancel", operation_id=begun.id)
    message = f"operation {begun.id} takes seconds and cannot be cancelled; wait until it is done"
    assert refusal == (CODE.FAILED_PRECONDITION, message)
    folder.clock.advance(minutes=1)
    done = operation(client, begun.id)
    assert client.call("OperationService/Cancel", operation_id=begun.id) == done


@pytest.mark.parametrize("rpc", [*RPCS, "ListErrors", "Describe", "Cancel"])
@pytest.mark.parametrize("task_id", ["ftn00000000000000000", "no id at all"])
def test_an_unknown_task_is_not_found(client, rpc, task_id):
    refusal = steps.refused(ask, client, rpc, task_id)
    assert refusal == (CODE.NOT_FOUND, f"tuning task {task_id} not found")


def test_listing_the_errors_of_nothing_is_not_found(client):
    assert steps.refused(ask, client, "ListErrors", "")[0] is CODE.NOT_FOUND


@pytest.mark.parametrize("rpc", RPCS)
def test_an_id_is_required(client, rpc):
    refusal = steps.refused(ask, client, rpc, "")
    assert refusal == (CODE.INVALID_ARGUMENT, "Validation error:\ntuning_task_id: Field is required")


def test_a_completed_task_has_no_errors(client, ended):
    assert errors(client, ended("COMPLETED")) == []


def test_in_skip_mode_the_first_poll_shows_the_end(mock):
    folder = mock.folder(time="skip")
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id, validation = steps.validating(client, folder)
        assert operation(client, validation).done
        task_id = tune(client, order(folder, TEXT, dataset_id))
        assert operation(client, task_id).done
        assert operation(client, ask(client, "Archive", task_id).id).done
        assert status(client, task_id) == "ARCHIVED"


@pytest.mark.parametrize("rpc", RPCS)
def test_instant_means_done_in_the_reply(mock, rpc):
    folder = mock.folder(durations="instant")
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id = steps.validated(client, folder)
        task_id = tune(client, order(folder, TEXT, dataset_id))
        assert ask(client, rpc, task_id).done
        assert status(client, task_id) == RPCS[rpc]


@pytest.mark.parametrize("rpc", ["CreateDraft", "UpdateDraft", "DeleteDraft", "TuneDraft"])
def test_drafts_are_unimplemented_as_upstream_declares_them(client, rpc):
    refusal = steps.refused(client.call, f"TuningService/{rpc}")
    name = f"yandex.cloud.ai.tuning.v1.TuningService/{rpc}"
    assert refusal == (CODE.UNIMPLEMENTED, f"Method {name} is unimplemented")
