"""Each value that `--set ID=VALUE` can choose, by what a client then sees."""

import json
from urllib.parse import urlsplit

import grpc
import pytest
import requests

from aistudio_mock import MockServer
from aistudio_mock.domain.behaviours import VALUES
from tests.wire import batch_parts, multipart_settings, steps, tuning_settings
from tests.wire.stubs import Client, unpack


@pytest.fixture
def with_set():
    """Starts a server with one behaviour set; gives a client and a folder."""
    running = []

    def start(behaviour, value, *, time="manual", auth="any"):
        mock = MockServer(time=time, auth=auth, settings={behaviour: value}).__enter__()
        client = Client(mock.endpoint, f"Api-Key {mock.default_folder.api_key}")
        running.extend((mock, client))
        return client, mock.default_folder

    yield start
    for one in reversed(running):
        one.__exit__(None, None, None)


def seen(client, dataset_id):
    return client.call("DatasetService/Describe", dataset_id=dataset_id).dataset


def operation(client, operation_id):
    return client.call("OperationService/Get", operation_id=operation_id)


def tune(client, folder):
    return client.call("TuningService/Tune", **steps.order(folder, steps.validated(client, folder)))


def dataset_rows(client, folder):
    return "absent" if seen(client, steps.validated(client, folder)).rows == 0 else "counted"


def dataset_update_empty_mask(client, folder):
    dataset_id = steps.draft(client, folder)
    try:
        updated = client.call("DatasetService/Update", dataset_id=dataset_id, name="new").dataset
    except grpc.RpcError as refusal:
        return "refuse" if "update_mask: Field is required" in refusal.details() else refusal.details()
    return "all-given" if updated.name == "new" else "nothing"


def dataset_ready_before_done(client, folder):
    dataset_id, operation_id = steps.validating(client, folder)
    while seen(client, dataset_id).status == 2:
        folder.clock.advance(seconds=1)
    return "at-done" if operation(client, operation_id).done else "at-conversion"


def validation_metadata(client, folder):
    _, operation_id = steps.validating(client, folder)
    folder.clock.advance(hours=1)
    shown = operation(client, operation_id)
    assert shown.done
    return "row-counts" if shown.HasField("metadata") else "none"


def upload_url_form(client, folder):
    draft = steps.draft(client, folder)
    url = client.call("DatasetService/GetUploadDraftUrl", dataset_id=draft, size_bytes=4).upload_url
    assert requests.put(url, data=b"four", timeout=20).status_code == 200
    query = urlsplit(url).query
    if "%2Fru-central1%2F" in query:
        assert query.startswith("x-note=%7Ea%20b%2Fc%26&x-empty=&X-Amz-Algorithm=")
        assert "X-Amz-Expires=86399&" in query
        return "other"
    return "recorded" if "%2Fus-east-1%2F" in query else query


def validation_first_row(client, folder):
    errors = seen(client, steps.validated(client, folder, body=steps.BAD)).validation_error
    return str(errors[0].row_numbers[0])


def validate_without_upload(client, folder):
    dataset_id = steps.draft(client, folder)
    try:
        operation_id = client.call("DatasetService/Validate", dataset_id=dataset_id).id
    except grpc.RpcError as refusal:
        return "refuse" if "has no data" in refusal.details() else refusal.details()
    folder.clock.advance(hours=1)
    verdict = unpack(operation(client, operation_id).response)
    return "invalid" if not verdict.is_valid and seen(client, dataset_id).status == 4 else "valid"


def draft_expiry(client, folder):
    dataset_id = steps.uploaded(client, folder)
    folder.clock.advance(days=32)
    try:
        client.call("DatasetService/Validate", dataset_id=dataset_id)
    except grpc.RpcError as refusal:
        return "as-told" if "has no data" in refusal.details() else refusal.details()
    return "never"


def cancel_finished(client, folder):
    operation_id = tune(client, folder).id
    folder.clock.advance(hours=1)
    finished = operation(client, operation_id)
    try:
        answer = client.call("OperationService/Cancel", operation_id=operation_id)
    except grpc.RpcError as refusal:
        return "refuse" if refusal.code() is grpc.StatusCode.FAILED_PRECONDITION else refusal.details()
    return "unchanged" if answer == finished == operation(client, operation_id) else "changed"


def tuning_task_id(client, folder):
    operation_id = tune(client, folder).id
    (task,) = client.call("TuningService/List", folder_id=folder.id).tuning_tasks
    assert task.operation_id == operation_id
    return "same" if task.task_id == operation_id else "different"


def tune_reply(client, folder):
    reply = tune(client, folder)
    if not reply.HasField("metadata"):
        assert not reply.HasField("created_at")
        return "id-only"
    return "task-and-status" if reply.metadata.value else "empty-metadata"


def tunings_last_page(client, folder):
    tune(client, folder)
    listed = client.call("TuningService/List", folder_id=folder.id)
    assert listed.tuning_tasks
    return "token" if listed.next_page_token else "empty"


def completion_model_version(client, folder):
    uri = f"gpt://{folder.id}/yandexgpt-lite/latest"
    messages = [{"role": "user", "text": "?"}]
    (reply,) = client.stream("TextGenerationService/Completion", model_uri=uri, messages=messages)
    return reply.model_version


def foreign_folder(client, folder):
    with pytest.raises(grpc.RpcError) as refusal:
        client.call("DatasetService/Describe", dataset_id=folder)
    return refusal.value.code().name.lower().replace("_", "-")


def dataset_task_type_unknown(client, folder):
    try:
        steps.draft(client, folder, task_type="TextToTextGenration")
    except grpc.RpcError as refusal:
        return "refuse" if "Unknown task type" in refusal.details() else refusal.details()
    return "accept"


def dataset_delete_in_use(client, folder):
    dataset_id = steps.validated(client, folder)
    client.call("TuningService/Tune", **steps.order(folder, dataset_id))
    try:
        client.call("DatasetService/Delete", dataset_id=dataset_id)
    except grpc.RpcError as refusal:
        return "refuse" if "is used by tuning task" in refusal.details() else refusal.details()
    return "allow"


def prompt_limit(client, folder):
    """A prompt of a token more than each limit."""
    uri = f"gpt://{folder.id}/yandexgpt-lite/latest"
    for limit in ("8192", "32768"):
        messages = [{"role": "user", "text": "да " * (int(limit) - 9)}]
        try:
            list(client.stream("TextGenerationService/Completion", model_uri=uri, messages=messages))
        except grpc.RpcError as refusal:
            return limit if f"no more than {limit}, got" in refusal.details() else refusal.details()
    return "off"


def quotas(client, folder):
    for _ in range(10):
        steps.draft(client, folder)
    try:
        steps.draft(client, folder)
    except grpc.RpcError as refusal:
        return "documented" if "allowed 10 requests" in refusal.details() else refusal.details()
    return "off"


def model_text_empty(client, folder):
    uri = f"emb://{folder.id}/text-search-doc/latest"
    try:
        client.call("EmbeddingsService/TextEmbedding", model_uri=uri)
    except grpc.RpcError as refusal:
        return "refuse" if "text: Field is required" in refusal.details() else refusal.details()
    return "accept"


def openai_stream_usage(client, folder):
    draft = steps.draft(client, folder)
    url = client.call("DatasetService/GetUploadDraftUrl", dataset_id=draft, size_bytes=4).upload_url
    asked = {
        "model": f"gpt://{folder.id}/yandexgpt-lite/latest",
        "messages": [{"role": "user", "content": "?"}],
    }
    chat = urlsplit(url)._replace(path="/v1/chat/completions", query="").geturl()
    key = {"Authorization": f"Bearer {folder.api_key}"}
    events = requests.post(chat, json={**asked, "stream": True}, headers=key, timeout=20).text.split("\n\n")
    assert events[-2] == "data: [DONE]"
    last = json.loads(events[-3].removeprefix("data: "))
    assert last["usage"]["total_tokens"] > 0
    return "with-the-end" if last["choices"] else "by-itself"


def batch_refusals(client, folder):
    order = batch_parts.order(folder, steps.validated(client, folder))
    try:
        operation = client.call(batch_parts.START, **order)
    except grpc.RpcError as refusal:
        return "sync" if "a batch run takes" in refusal.details() else refusal.details()
    folder.clock.advance(seconds=6)
    task = batch_parts.described(client, unpack(operation.metadata).task_id)
    assert (task.status, task.result_dataset_id, task.HasField("started_at")) == (5, "", False)
    assert (
        task.errors.status.message
        == client.call("OperationService/Get", operation_id=operation.id).error.message
    )
    return "async" if "a batch run takes" in task.errors.status.message else task.errors.status.message


def batch_delete_unfinished(client, folder):
    operation = batch_parts.begun(client, folder)
    task_id = unpack(operation.metadata).task_id
    try:
        client.call("BatchInferenceService/Delete", task_id=task_id)
    except grpc.RpcError as refusal:
        return "refuse" if "cancel it first" in refusal.details() else refusal.details()
    assert client.call("OperationService/Get", operation_id=operation.id).error.code == 1
    return "end"


def refusal_headers(client, _folder):
    with pytest.raises(grpc.RpcError) as refused:
        seen(client, "fds00000000000000000")
    blocks = (refused.value.initial_metadata(), refused.value.trailing_metadata())
    return {(False, True): "trailing", (True, True): "both"}[
        tuple("x-request-id" in dict(block or ()) for block in blocks)
    ]


OBSERVED = {
    observe.__name__: observe
    for observe in (
        batch_delete_unfinished,
        batch_refusals,
        cancel_finished,
        completion_model_version,
        dataset_delete_in_use,
        dataset_ready_before_done,
        dataset_rows,
        dataset_task_type_unknown,
        dataset_update_empty_mask,
        draft_expiry,
        model_text_empty,
        openai_stream_usage,
        *multipart_settings.OBSERVERS,
        prompt_limit,
        quotas,
        refusal_headers,
        tune_reply,
        tuning_task_id,
        tunings_last_page,
        *tuning_settings.OBSERVERS,
        upload_url_form,
        validate_without_upload,
        validation_first_row,
        validation_metadata,
    )
}
ROWS = [(name, value) for name in OBSERVED for value in VALUES[name]]


@pytest.mark.parametrize(("name", "value"), ROWS)
def test_a_value_that_is_set_is_what_a_client_sees(with_set, name, value):
    assert OBSERVED[name](*with_set(name.replace("_", "-"), value)) == value


@pytest.mark.parametrize("value", VALUES["foreign_folder"])
def test_a_foreign_folder_s_object_looks_as_set(value):
    with MockServer(auth="strict", settings={"foreign-folder": value}) as mock:
        mine, theirs = mock.folder(), mock.folder()
        with Client(mock.endpoint, f"Api-Key {theirs.api_key}") as owner:
            dataset_id = steps.draft(owner, theirs)
        with Client(mock.endpoint, f"Api-Key {mine.api_key}") as client:
            assert foreign_folder(client, dataset_id) == value


@pytest.mark.parametrize("value", VALUES["describe_polling"])
def test_who_waits_by_describe_waits_as_set(with_set, value):
    client, folder = with_set("describe-polling", value, time="skip")
    dataset_id, _ = steps.validating(client, folder)
    statuses = {seen(client, dataset_id).status for _ in range(3)}
    assert ("never" if statuses == {2} else "repeated") == value


def test_every_setting_is_looked_at():
    assert {*OBSERVED, "describe_polling", "foreign_folder"} == VALUES.keys()
