"""A folder's plan: its next tunings fail, wait, never end, or end oddly, exactly as was written."""

import http.client
import json
from urllib.parse import urlsplit

import grpc
import pytest

from aistudio_mock import MockServer, RemoteServer
from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.domain.plan import PlanError
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import Client, unpack
from tests.wire.tuning_parts import errors, operation, order, ready, task, tune

STATUS = TuningTask.Status
TEXT = "text_to_text_completion"
SPANS = {"pending": 4, "start": 50, "run": 200, "close": 2}
PUBLIC, INTERNAL = 1, 2
DAY = 86_400


@pytest.fixture
def begin(client, folder):
    """Starts a tuning; its id."""
    fields = order(folder, TEXT, ready(client, folder, TEXT))
    return lambda: tune(client, fields)


def shown(client, task_id):
    """Task status, operation's metadata status, done, and which result it has."""
    seen = operation(client, task_id)
    result = "+".join(name for name in ("error", "response") if seen.HasField(name))
    status = unpack(seen.metadata).status
    return (STATUS.Name(task(client, task_id).status), STATUS.Name(status), seen.done, result)


def story(client, folder, task_id, *moments):
    """What is shown at each moment, in seconds after Tune."""
    seen, before = [], 0
    for moment in moments:
        folder.clock.advance(seconds=moment - before)
        before = moment
        seen.append(shown(client, task_id))
    return seen


def test_a_tuning_fails_after_a_share_of_its_run_with_what_was_written(client, folder, begin):
    folder.plan.add(
        "fail",
        after=0.4,
        status="RESOURCE_EXHAUSTED",
        message="no hardware left",
        errors=["the queue is full", {"message": "node 7 is down", "type": "INTERNAL"}],
        seconds=SPANS,
    )
    task_id = begin()
    assert story(client, folder, task_id, 129, 130, 133) == [
        ("IN_PROGRESS", "PENDING", False, ""),
        ("FAILED", "PENDING", False, ""),
        ("FAILED", "FAILED", True, "error"),
    ]
    done = operation(client, task_id)
    assert (done.error.code, done.error.message) == (8, "no hardware left")
    assert errors(client, task_id) == [("the queue is full", PUBLIC), ("node 7 is down", INTERNAL)]
    failed = task(client, task_id)
    assert failed.target_model_uri == ""
    assert failed.finished_at.ToMicroseconds() - failed.started_at.ToMicroseconds() == 80_000_000


def test_errors_are_not_listed_before_the_task_has_failed(client, folder, begin):
    folder.plan.add("fail", after=0.4, seconds=SPANS)
    task_id = begin()
    folder.clock.advance(seconds=129)
    assert errors(client, task_id) == []
    folder.clock.advance(seconds=1)
    assert errors(client, task_id) == [("a failure that was asked of aistudio-mock", PUBLIC)]


def test_a_failure_may_lack_its_code(client, folder, begin):
    folder.plan.add("fail", status="OK", message="java.lang.IllegalArgumentException: no")
    task_id = begin()
    folder.clock.advance(hours=1)
    done = operation(client, task_id)
    assert done.HasField("error")
    assert (done.error.code, done.error.message) == (0, "java.lang.IllegalArgumentException: no")


def test_the_error_may_show_before_the_operation_is_done(client, folder, begin):
    folder.plan.add("fail", after=0.4, closing="error-first", seconds=SPANS | {"close": 10})
    assert story(client, folder, begin(), 129, 130, 138, 140) == [
        ("IN_PROGRESS", "PENDING", False, ""),
        ("FAILED", "FAILED", False, "error"),
        ("FAILED", "FAILED", False, "error"),
        ("FAILED", "FAILED", True, "error"),
    ]


@pytest.mark.parametrize(
    ("outcome", "status"), [("complete", "COMPLETED"), ("fail", "FAILED"), ("cancel", "CANCELED")]
)
def test_an_operation_may_be_done_with_neither_field(client, folder, begin, outcome, status):
    folder.plan.add(outcome, closing="bare")
    task_id = begin()
    folder.clock.advance(hours=1)
    assert shown(client, task_id) == (status, status, True, "")


def test_a_tuning_stays_pending_for_a_virtual_day(client, folder, begin):
    folder.plan.add(seconds={"start": DAY, "run": 60})
    pending = ("PENDING", "PENDING", False, "")
    assert story(client, folder, begin(), 10, DAY - 1, DAY, DAY + 63) == [
        pending,
        pending,
        ("IN_PROGRESS", "PENDING", False, ""),
        ("COMPLETED", "COMPLETED", True, "response"),
    ]


@pytest.mark.parametrize(("starts", "status"), [(True, "IN_PROGRESS"), (False, "PENDING")])
def test_a_tuning_never_ends_until_it_is_cancelled(client, folder, begin, starts, status):
    folder.plan.add("never", starts=starts)
    task_id = begin()
    folder.clock.advance(days=400)
    assert shown(client, task_id) == (status, "PENDING", False, "")
    client.call("OperationService/Cancel", operation_id=task_id)
    assert shown(client, task_id) == ("CANCELED", "CANCELED", True, "error")


def test_a_task_completes_with_an_empty_target(client, folder, begin):
    folder.plan.add(model=False)
    task_id = begin()
    folder.clock.advance(hours=1)
    assert shown(client, task_id) == ("COMPLETED", "COMPLETED", True, "response")
    assert unpack(operation(client, task_id).response).target_model_uri == ""
    assert task(client, task_id).target_model_uri == ""
    assert client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url
    question = {"model_uri": "", "messages": [{"role": "user", "text": "?"}]}
    refusal = steps.refused(client.stream, "TextGenerationService/Completion", **question)
    assert refusal == (grpc.StatusCode.INVALID_ARGUMENT, "invalid model_uri")


def test_a_tuning_is_cancelled_by_somebody_else(client, folder, begin):
    folder.plan.add("cancel", after=0.5, seconds=SPANS)
    task_id = begin()
    assert story(client, folder, task_id, 149, 152) == [
        ("IN_PROGRESS", "PENDING", False, ""),
        ("CANCELED", "CANCELED", True, "error"),
    ]
    assert operation(client, task_id).error.code == 1


@pytest.mark.parametrize("seconds", [0, 5, 60])
@pytest.mark.parametrize("service", ["OperationService", "TuningService"])
def test_cancel_loses_the_race(client, folder, begin, service, seconds):
    folder.plan.add(heeds_cancel=False, seconds=SPANS)
    task_id = begin()
    folder.clock.advance(seconds=seconds)
    before = operation(client, task_id)
    if service == "OperationService":
        assert client.call("OperationService/Cancel", operation_id=task_id) == before
    else:
        assert client.call("TuningService/Cancel", tuning_task_id=task_id).tuning_task_id == task_id
    assert operation(client, task_id) == before
    folder.clock.advance(hours=1)
    assert shown(client, task_id) == ("COMPLETED", "COMPLETED", True, "response")


def test_an_unstarted_failure_has_no_start(client, folder, begin):
    folder.plan.add("fail", starts=False, seconds={"start": 5})
    task_id = begin()
    folder.clock.advance(seconds=8)
    assert shown(client, task_id) == ("FAILED", "FAILED", True, "error")
    assert not task(client, task_id).HasField("started_at")


def test_each_script_is_for_its_own_tunings_and_then_all_is_as_usual(client, folder, begin):
    folder.plan.add("fail", message="first")
    folder.plan.add("cancel", times=2)
    made = [begin() for _ in range(4)]
    folder.clock.advance(hours=1)
    assert [shown(client, task_id)[0] for task_id in made] == [
        "FAILED",
        "CANCELED",
        "CANCELED",
        "COMPLETED",
    ]
    assert [(one.id, one.fields["outcome"], one.used) for one in folder.plan.list()] == [
        ("plan-1", "fail", 1),
        ("plan-2", "cancel", 2),
    ]


def test_durations_are_explicit_for_every_tuning_of_a_folder(client, folder, begin):
    folder.plan.add(seconds=SPANS, times=None)
    for task_id in [begin(), begin()]:
        seen = task(client, task_id)
        assert seen.status == STATUS.CREATED
    folder.clock.advance(seconds=252)
    assert {shown(client, one.task_id)[0] for one in listed(client, folder)} == {"COMPLETED"}
    for one in listed(client, folder):
        created, started, finished = (
            moment.ToMicroseconds() for moment in (one.created_at, one.started_at, one.finished_at)
        )
        assert (started - created, finished - started) == (50_000_000, 200_000_000)


def listed(client, folder):
    return client.call("TuningService/List", folder_id=folder.id).tuning_tasks


def test_a_plan_is_of_one_folder(mock, client, folder, begin):
    mock.folder().plan.add("fail", times=None)
    task_id = begin()
    folder.clock.advance(hours=1)
    assert shown(client, task_id)[0] == "COMPLETED"


@pytest.mark.parametrize("forget", ["clear", "reset"])
def test_a_plan_is_forgotten(client, folder, begin, forget):
    folder.plan.add("fail", times=None)
    if forget == "clear":
        folder.plan.clear()
        task_id = begin()
    else:
        folder.reset()
        task_id = tune(client, order(folder, TEXT, ready(client, folder, TEXT)))
    assert folder.plan.list() == []
    folder.clock.advance(hours=1)
    assert shown(client, task_id)[0] == "COMPLETED"


def test_in_skip_mode_a_tuning_that_never_ends_is_polled_without_one(mock):
    folder = mock.folder(time="skip")
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        folder.plan.add("never")
        task_id = tune(client, order(folder, TEXT, _ready_by_polls(client, folder)))
        assert shown(client, task_id) == ("IN_PROGRESS", "PENDING", False, "")
        assert shown(client, task_id) == ("IN_PROGRESS", "PENDING", False, "")


def test_in_poll_mode_a_failure_is_seen_phase_by_phase(mock):
    folder = mock.folder(time="poll")
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        folder.plan.add("fail", after=0.4, closing="error-first", seconds=SPANS)
        task_id = tune(client, order(folder, TEXT, _ready_by_polls(client, folder)))
        assert [shown(client, task_id) for _ in range(5)] == [
            ("PENDING", "PENDING", False, ""),
            ("IN_PROGRESS", "PENDING", False, ""),
            ("FAILED", "FAILED", False, "error"),
            ("FAILED", "FAILED", True, "error"),
            ("FAILED", "FAILED", True, "error"),
        ]


def _ready_by_polls(client, folder):
    dataset_id, validation = steps.validating(client, folder)
    while not operation(client, validation).done:
        pass
    return dataset_id


@pytest.fixture(name="ask")
def _ask(mock):
    connection = http.client.HTTPConnection(urlsplit(mock.http_url).netloc, timeout=20)

    def ask(verb, path, body=None):
        connection.request(verb, f"/_mock/v1{path}", None if body is None else json.dumps(body))
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    yield ask
    connection.close()


def test_a_plan_is_written_read_and_cleared_by_plain_http(ask, client, folder, begin):
    path = f"/folders/{folder.id}/plan"
    fields = {"outcome": "fail", "after": 0.4, "status": "INTERNAL", "errors": ["no memory"], "times": 1}
    status, added = ask("POST", path, fields)
    assert status == 200
    assert added == {
        "id": "plan-1",
        "outcome": "fail",
        "after": 0.4,
        "errors": [{"message": "no memory", "type": "PUBLIC"}],
        "times": 1,
        "used": 0,
    }
    task_id = begin()
    folder.clock.advance(hours=1)
    assert errors(client, task_id) == [("no memory", PUBLIC)]
    assert ask("GET", path) == (200, {"plans": [added | {"used": 1}]})
    assert ask("DELETE", path) == (200, {"plans": []})
    assert ask("GET", path) == (200, {"plans": []})


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"outcome": "explode"}, "outcome is complete, fail, cancel or never"),
        ({"after": 0.4}, "after says nothing about the outcome complete"),
        ({"outcome": "fail", "errors": 1}, "errors are rows such as"),
    ],
)
def test_a_script_that_can_never_work_is_refused_over_http(ask, folder, fields, says):
    status, refusal = ask("POST", f"/folders/{folder.id}/plan", fields)
    assert (status, refusal["code"]) == (400, 3)
    assert says in refusal["message"]
    assert folder.plan.list() == []


def test_a_plan_of_no_folder_is_not_found(ask):
    assert ask("POST", "/folders/b1gnobody/plan", {"outcome": "fail"})[0] == 404


def test_both_kinds_of_servers_plan_and_refuse_alike(mock):
    with RemoteServer(mock.http_url) as remote:
        for server in (mock, remote):
            folder = server.folder()
            planned = folder.plan.add("fail", after=0.4, seconds={"run": 5})
            assert planned.fields == {"outcome": "fail", "after": 0.4, "seconds": {"run": 5.0}, "times": 1}
            assert folder.plan.list() == [planned]
            with pytest.raises(PlanError, match="outcome is complete, fail, cancel or never"):
                folder.plan.add("explode")
            folder.plan.clear()
            assert folder.plan.list() == []


def test_the_control_api_refuses_for_those_who_skip_the_handle():
    with MockServer() as mock, pytest.raises(InvalidArgument, match="starts is true or false"):
        mock._server.control.add_plan(mock.default_folder.id, {"starts": 1})
