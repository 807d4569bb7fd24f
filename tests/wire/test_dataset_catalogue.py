"""What the service says of task types, of a dataset's rows, and of the operations behind datasets."""

import ast
import json

import grpc
import pytest

from aistudio_formats.task_types import TASK_TYPES
from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.stubs import Client

INVALID = grpc.StatusCode.INVALID_ARGUMENT
VALIDATED = [name for name, each in TASK_TYPES.items() if each.is_validated]
COUNTED = [name for name, each in TASK_TYPES.items() if not each.is_validated]


def schemas(client, task_type, **more):
    return client.call("DatasetService/ListUploadSchemas", task_type=task_type, **more).schemas


def formats(client, task_type):
    return list(client.call("DatasetService/ListUploadFormats", task_type=task_type).formats)


def preview(client, dataset_id):
    reply = client.call("DatasetService/GetPreview", dataset_id=dataset_id)
    assert reply.dataset_id == dataset_id
    return list(reply.preview_lines)


def operations(client, *dataset_ids):
    reply = client.call("DatasetService/ListOperationsIds", dataset_id=dataset_ids)
    return dict(reply.dataset_id_to_operation_id)


def test_every_known_task_type_is_listed_with_or_without_a_folder(client, folder):
    for named in ({}, {"folder_id": folder.id}):
        assert list(client.call("DatasetService/ListTypes", **named).types) == list(TASK_TYPES)


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_a_dataset_of_every_listed_type_can_be_created_in_every_listed_format(client, folder, task_type):
    for upload_format in formats(client, task_type):
        made = client.call(
            "DatasetService/Create",
            folder_id=folder.id,
            name="mine",
            task_type=task_type,
            upload_format=upload_format,
        )
        assert made.dataset.task_type == task_type


@pytest.mark.parametrize("task_type", VALIDATED)
def test_a_schema_is_json_and_a_python_literal(client, folder, task_type):
    for named in ({}, {"folder_id": folder.id}):
        found = schemas(client, task_type, **named)
        assert [schema.task_type for schema in found] == [task_type]
        assert [schema.upload_format for schema in found] == formats(client, task_type)
        assert isinstance(ast.literal_eval(found[0].schema), dict)
        assert ast.literal_eval(found[0].schema) == json.loads(found[0].schema)


@pytest.mark.parametrize("task_type", COUNTED)
def test_a_type_whose_rows_are_not_checked_has_no_schema(client, task_type):
    assert list(schemas(client, task_type)) == []


@pytest.mark.parametrize("ask", [schemas, formats])
def test_an_unknown_type_is_refused_with_those_that_are_known(client, ask):
    code, message = steps.refused(lambda: ask(client, "TextToTextGenration"))
    assert code is INVALID
    assert message.startswith(
        "Validation error:\ntask_type: Unknown task type 'TextToTextGenration'; known: "
    )
    assert all(known in message for known in TASK_TYPES)


def test_a_dataset_of_an_unknown_type_or_format_is_refused_and_not_stored(client, folder):
    fields = {"folder_id": folder.id, "name": "mine"}
    code, message = steps.refused(
        client.call, "DatasetService/Create", task_type="Text", upload_format="jsonlines", **fields
    )
    assert (code, "Unknown task type 'Text'; known: TextToText" in message) == (INVALID, True)
    refusal = steps.refused(
        client.call, "DatasetService/Create", task_type=steps.GENERATION, upload_format="csv", **fields
    )
    words = "upload_format: Unknown upload format 'csv'; TextToTextGeneration takes jsonlines"
    assert refusal == (INVALID, f"Validation error:\n{words}")
    assert steps.stored(client, folder) == []


def test_a_preview_shows_the_first_rows_as_they_were_uploaded(client, folder):
    uploaded = [json.loads(line) for line in steps.GOOD.decode().splitlines()]
    shown = [json.loads(line) for line in preview(client, steps.validated(client, folder))]
    assert shown == uploaded[: len(shown)]
    assert len(shown) == min(10, len(uploaded))


def test_a_preview_of_a_type_that_is_not_checked_shows_its_lines(client, folder):
    body = b'{"audio": "AAAA", "text": "a"}\n{"audio": "BBBB", "text": "b"}\n'
    dataset_id = steps.validated(client, folder, body=body, task_type="SpeechToTextGeneration")
    assert [json.loads(line) for line in preview(client, dataset_id)] == [
        json.loads(line) for line in body.splitlines()
    ]


def test_a_preview_of_very_long_rows_fits_into_a_message(client, folder):
    row = {"request": [{"role": "user", "text": "?"}], "response": "\N{GRINNING FACE}" * 500_000}
    body = (json.dumps(row, ensure_ascii=False) + "\n").encode() * 11
    shown = preview(client, steps.validated(client, folder, body=body))
    assert len(shown) == 10
    assert all(line.endswith("…") for line in shown)


def test_the_operation_of_each_validated_dataset_is_found(client, folder):
    ready, operation_id = steps.validating(client, folder)
    bad, other_id = steps.validating(client, folder, body=steps.BAD)
    draft = steps.draft(client, folder)
    expected = {ready: operation_id, bad: other_id}
    assert operations(client, ready, draft, bad, "fds1", "", ready) == expected
    folder.clock.advance(hours=1)
    assert operations(client, ready, draft, bad) == expected
    assert operations(client) == {}


def test_a_call_that_names_several_datasets_is_its_own_folder_s(client, folder, mock):
    dataset_id = steps.draft(client, folder)
    with Client(mock.endpoint, "Api-Key AQVNanything") as nobody:
        operations(nobody, dataset_id)
        operations(nobody)
    assert len(folder.journal.calls("DatasetService/ListOperationsIds")) == 1


def test_where_credentials_count_another_folder_s_names_are_refused():
    with MockServer(auth="strict") as mock:
        mine, theirs = mock.folder(), mock.folder()
        with Client(mock.endpoint, f"Api-Key {theirs.api_key}") as owner:
            dataset_id = steps.draft(owner, theirs)
        with Client(mock.endpoint, f"Api-Key {mine.api_key}") as client:
            assert (
                steps.refused(lambda: operations(client, dataset_id))[0] is grpc.StatusCode.PERMISSION_DENIED
            )
            for rpc in ("ListTypes", "ListUploadSchemas"):
                fields = {"task_type": steps.GENERATION} if rpc == "ListUploadSchemas" else {}
                code, message = steps.refused(
                    client.call, f"DatasetService/{rpc}", folder_id=theirs.id, **fields
                )
                assert (code, "does not match" in message) == (INVALID, True)
                client.call(f"DatasetService/{rpc}", folder_id=mine.id, **fields)
