"""Batch runs as a client sees them: recorded polls, results, refusals, lists and ends."""

import grpc
import pytest
import requests

from aistudio_formats import parquet
from aistudio_mock import MockServer
from tests.wire import batch_parts, steps
from tests.wire.batch_parts import SERVICE, START, begun, described
from tests.wire.rows import load, over_channel, play
from tests.wire.stubs import Client, unpack

CODE = grpc.StatusCode
RECORDINGS = load("batches.yaml")
CREATED, PENDING, IN_PROGRESS, COMPLETED, FAILED, CANCELED = range(1, 7)


@pytest.fixture(scope="module")
def played():
    with MockServer(time="poll") as mock, grpc.insecure_channel(mock.endpoint) as channel:
        folder = mock.default_folder
        with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
            dataset_id = batch_parts.source(client, folder)
            dataset = client.call("DatasetService/Describe", dataset_id=dataset_id).dataset
        names = {"folder": folder.id, "source": dataset_id, "account": dataset.created_by}
        return play(RECORDINGS, names, over_channel(channel))


@pytest.mark.parametrize("row", [row["row"] for row in RECORDINGS])
def test_a_recording_is_reproduced(played, row):
    assert played[row] == []


def task_of(operation):
    return unpack(operation.metadata).task_id


def rows_of(client, dataset_id, tmp_path):
    """What a dataset's download holds."""
    urls = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls
    path = tmp_path / "main"
    path.write_bytes(requests.get(urls[0].url, timeout=20).content)
    return list(parquet.read_rows(path))


def finished(client, folder, operation):
    """The task, an hour later."""
    folder.clock.advance(hours=1)
    return described(client, task_of(operation))


def test_every_request_gets_the_answer_of_the_tuned_model(client, folder, tmp_path):
    uri = batch_parts.tuned_on(client, folder, ("Как тебя зовут?", "Женя"), ("Откуда ты?", "Из Перми"))
    body = batch_parts.requests("Откуда ты?", "Как тебя зовут?")
    task = finished(client, folder, begun(client, folder, body, model_uri=uri))
    assert task.status == COMPLETED
    rows = rows_of(client, task.result_dataset_id, tmp_path)
    assert [row["response"] for row in rows] == ["Из Перми", "Женя"]
    assert rows[0]["request"] == [{"role": "user", "text": "Откуда ты?"}]


def test_options_of_the_run_are_kept_to_and_shown_again(client, folder, tmp_path):
    options = {"max_tokens": {"value": 2}, "temperature": {"value": 0}}
    task = finished(client, folder, begun(client, folder, completion_options=options))
    shown = task.completion_request.completion_options
    assert (shown.max_tokens.value, shown.HasField("temperature")) == (2, True)
    whole = finished(client, folder, begun(client, folder))
    short, long = (rows_of(client, one.result_dataset_id, tmp_path)[0]["response"] for one in (task, whole))
    assert long.startswith(short)
    assert len(short) < len(long)


def test_a_result_can_be_tuned_on(client, folder):
    task = finished(client, folder, begun(client, folder))
    tuning = client.call("TuningService/Tune", **steps.order(folder, task.result_dataset_id)).id
    folder.clock.advance(hours=1)
    uri = client.call("TuningService/Describe", tuning_task_id=tuning).tuning_task.target_model_uri
    messages = [{"role": "user", "text": "Который час?"}]
    (reply,) = client.stream("TextGenerationService/Completion", model_uri=uri, messages=messages)
    assert "Который час?" in reply.alternatives[0].message.text


def test_the_result_is_there_from_pending_on_and_ready_at_the_end(client, folder):
    task_id = task_of(begun(client, folder))
    seen = []
    while not seen or seen[-1][0] != COMPLETED:
        task = described(client, task_id)
        listed = client.call("DatasetService/List", folder_id=folder.id).datasets
        results = [one.status for one in listed if one.task_type == "TextToTextGeneration"]
        assert len(results) == bool(task.result_dataset_id)
        seen.append((task.status, results))
        folder.clock.advance(seconds=1)
    assert [status for index, status in enumerate(seen) if index == 0 or status != seen[index - 1]] == [
        (CREATED, []),
        (PENDING, [2]),
        (IN_PROGRESS, [2]),
        (COMPLETED, [3]),
    ]


def test_a_result_that_is_not_made_yet_is_not_found(mock, client, folder):
    operation = begun(client, folder)
    [result] = [
        one.id
        for one in mock._server.backend.store.datasets
        if one.name.startswith("Batch") and task_of(operation) in one.name
    ]
    for rpc in ("Describe", "GetDownloadUrls", "Delete"):
        assert steps.refused(client.call, f"DatasetService/{rpc}", dataset_id=result)[0] is CODE.NOT_FOUND


def test_rows_that_the_model_refuses_are_listed_and_missing_in_the_result(client, folder, tmp_path):
    body = batch_parts.requests("one", "a " * 40_000, "three")
    task = finished(client, folder, begun(client, folder, body))
    assert task.status == COMPLETED
    [error] = task.errors.line_errors
    assert error.line_number == 2
    assert error.message
    assert len(rows_of(client, task.result_dataset_id, tmp_path)) == 2


def test_a_run_without_a_single_answer_fails(client, folder):
    operation = begun(client, folder, batch_parts.requests("a " * 40_000))
    task = finished(client, folder, operation)
    assert task.status == FAILED
    assert "no row got an answer; row 1: " in task.errors.status.message
    done = client.call("OperationService/Get", operation_id=operation.id)
    assert (done.done, done.error.code, done.HasField("response")) == (True, 3, False)
    result = client.call("DatasetService/Describe", dataset_id=task.result_dataset_id).dataset
    assert result.status == 4


def test_a_run_whose_source_is_deleted_meanwhile_ends(client, folder):
    dataset_id = batch_parts.source(client, folder, batch_parts.requests(*map(str, range(300))))
    operation = client.call(START, **batch_parts.order(folder, dataset_id))
    client.call("DatasetService/Delete", dataset_id=dataset_id)
    assert finished(client, folder, operation).status in {COMPLETED, FAILED}


REACHED = {
    "draft": lambda client, folder: steps.draft(client, folder, batch_parts.REQUEST_TYPE),
    "validating": lambda client, folder: steps.validating(
        client, folder, batch_parts.THREE, batch_parts.REQUEST_TYPE
    )[0],
    "invalid": lambda client, folder: batch_parts.source(client, folder, b"{}\n"),
    "another type": steps.validated,
    "unknown": lambda *_: "fds00000000000000000",
}
REFUSED = [
    ("draft", {}, CODE.FAILED_PRECONDITION, "is DRAFT and cannot be answered; upload to it and validate it"),
    ("validating", {}, CODE.FAILED_PRECONDITION, "is VALIDATING and cannot be answered"),
    ("invalid", {}, CODE.FAILED_PRECONDITION, "is INVALID and cannot be answered"),
    ("another type", {}, CODE.INVALID_ARGUMENT, "is of type TextToTextGeneration; a batch run takes"),
    ("unknown", {}, CODE.NOT_FOUND, "dataset fds00000000000000000 not found"),
    ("unknown", {"source_dataset_id": ""}, CODE.INVALID_ARGUMENT, "source_dataset_id: Field is required"),
    ("unknown", {"model_uri": "nonsense"}, CODE.INVALID_ARGUMENT, "invalid model_uri"),
]


@pytest.mark.parametrize(("reached", "fields", "code", "said"), REFUSED)
def test_what_cannot_be_run_is_refused(client, folder, nothing_changes, reached, fields, code, said):
    order = batch_parts.order(folder, REACHED[reached](client, folder), **fields)
    nothing_changes()
    refusal = steps.refused(client.call, START, **order)
    assert refusal[0] is code
    assert said in refusal[1]
    assert not client.call(f"{SERVICE}/List", folder_id=folder.id).tasks


def test_an_unknown_model_is_refused(client, folder):
    uri = f"gpt://{folder.id}/yandexgpt-lite/latest@tamr00000000000000000"
    order = batch_parts.order(folder, batch_parts.source(client, folder), model_uri=uri)
    assert steps.refused(client.call, START, **order)[0] is CODE.NOT_FOUND


@pytest.mark.parametrize("rpc", ["Describe", "Cancel", "Delete"])
def test_an_unknown_task_is_not_found(client, rpc):
    code, message = steps.refused(client.call, f"{SERVICE}/{rpc}", task_id="fbi00000000000000000")
    assert (code, message) == (CODE.NOT_FOUND, "batch task fbi00000000000000000 not found")


@pytest.mark.parametrize("seconds", [0, 12, 80])
@pytest.mark.parametrize("by", ["task", "operation"])
def test_an_unfinished_task_can_be_cancelled_by_either_id(client, folder, seconds, by):
    operation = begun(client, folder)
    folder.clock.advance(seconds=seconds)
    if by == "task":
        client.call(f"{SERVICE}/Cancel", task_id=task_of(operation))
    else:
        client.call("OperationService/Cancel", operation_id=operation.id)
    task = finished(client, folder, operation)
    assert (task.status, task.result_dataset_id) == (CANCELED, "")
    assert task.HasField("finished_at")
    assert task.HasField("started_at") == (seconds == 80)
    ended = client.call("OperationService/Get", operation_id=operation.id)
    assert (ended.done, ended.error.code) == (True, 1)
    names = [one.name for one in client.call("DatasetService/List", folder_id=folder.id).datasets]
    assert names == ["mine"]


def test_cancel_of_a_finished_task_changes_nothing(client, folder):
    before = finished(client, folder, begun(client, folder))
    client.call(f"{SERVICE}/Cancel", task_id=before.task_id)
    assert described(client, before.task_id) == before


def test_a_finished_task_is_deleted_and_its_result_stays(client, folder):
    task = finished(client, folder, begun(client, folder))
    client.call(f"{SERVICE}/Delete", task_id=task.task_id)
    assert steps.refused(client.call, f"{SERVICE}/Delete", task_id=task.task_id)[0] is CODE.NOT_FOUND
    assert client.call("DatasetService/Describe", dataset_id=task.result_dataset_id).dataset.status == 3


def test_a_list_is_oldest_first_by_pages_and_statuses(client, folder):
    dataset_id = batch_parts.source(client, folder)
    started = [task_of(client.call(START, **batch_parts.order(folder, dataset_id))) for _ in range(5)]
    client.call(f"{SERVICE}/Cancel", task_id=started[1])

    def pages(**fields):
        token, sizes, found = "", [], []
        while True:
            reply = client.call(f"{SERVICE}/List", folder_id=folder.id, page_token=token, **fields)
            found += [task.task_id for task in reply.tasks]
            sizes.append(len(reply.tasks))
            token = reply.next_page_token
            if not token:
                return sizes, found

    assert pages(page_size=2) == ([2, 2, 1], started)
    assert pages() == ([5], started)
    assert pages(status=CANCELED) == ([1], [started[1]])
    assert pages(status=CREATED, page_size=2) == ([2, 2], [started[0], *started[2:]])


def test_a_reset_ends_what_is_under_way(client, folder):
    operation = begun(client, folder, batch_parts.requests(*map(str, range(2000))))
    folder.reset()
    assert not client.call(f"{SERVICE}/List", folder_id=folder.id).tasks
    assert not client.call("DatasetService/List", folder_id=folder.id).datasets
    refusal = steps.refused(client.call, "OperationService/Get", operation_id=operation.id)
    assert refusal[0] is CODE.NOT_FOUND


def test_the_first_poll_finds_the_task_completed_where_polling_skips():
    with MockServer() as mock:
        folder = mock.folder()
        with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
            dataset_id, operation_id = steps.validating(
                client, folder, batch_parts.requests(*map(str, range(3000))), batch_parts.REQUEST_TYPE
            )
            assert client.call("OperationService/Get", operation_id=operation_id).done
            operation = client.call(START, **batch_parts.order(folder, dataset_id))
            assert described(client, task_of(operation)).status == COMPLETED
            assert client.call("OperationService/Get", operation_id=operation.id).done
