"""Questions about datasets: validation, what a status allows, updates, and what is listed."""

import json
from typing import Any

from aistudio_conformance.probe.account import TASK_TYPE, Account, CannotAsk, file_of
from aistudio_conformance.probe.question import ANOTHER, UNTOLD, Meanings, Question, by_status, stated
from aistudio_protos.pool import message_class

_READY, _INVALID, _VALIDATING = 3, 4, 2
_ROWS = 12
_LOOKS_AFTER_CONVERSION = 3
"""The metadata of the operation may come a moment before the status."""

_GOOD = [
    json.dumps({"request": [{"role": "user", "text": f"What is {n} + {n}?"}], "response": str(2 * n)})
    for n in range(_ROWS)
]
_BAD = [_GOOD[0], '{"request": "not a list of messages", "response": "no"}', *_GOOD[1:]]
"""The second row is wrong: number 2 for who counts from 1, number 1 for who counts from 0."""

_SEND_FILE = (
    "Create",
    "GetUploadDraftUrl",
    "PUT of 1 KB",
    "Validate",
    "Get until done",
    "Describe",
    "Delete",
)


def good_file(account: Account) -> Meanings:
    """Validation of a good file, watched."""
    with account.draft() as dataset_id:
        account.uploaded(dataset_id, _GOOD)
        operation = account.need("DatasetService/Validate", dataset_id=dataset_id)

        def status() -> int:
            dataset = account.need("DatasetService/Describe", dataset_id=dataset_id).dataset
            return int(dataset.status)

        done, seen = account.ended(operation, status)
        cancelled = account.ask("OperationService/Cancel", operation_id=done.id)
        dataset = account.need("DatasetService/Describe", dataset_id=dataset_id).dataset
    under_way = [(shown, state.HasField("metadata")) for shown, state in seen if not state.done]
    return {
        "dataset-validating-visible": stated(any(shown == _VALIDATING for shown, _ in seen)),
        "dataset-ready-before-done": when_it_is_ready(under_way),
        "cancel-finished": "unchanged" if cancelled.reply == done else _refused(cancelled.status),
        "validation-metadata": "row-counts" if done.HasField("metadata") else "none",
        "dataset-rows": "counted" if dataset.rows else "absent",
    }


def _refused(status: str) -> str:
    return by_status(status, {"FAILED_PRECONDITION": "refuse", "INVALID_ARGUMENT": "refuse"})


def when_it_is_ready(under_way: list[tuple[int, bool]]) -> str:
    """The status, and then whether the operation had metadata, which come when the conversion ends."""
    if any(shown == _READY for shown, _ in under_way):
        return "at-conversion"
    converted = sum(told for _, told in under_way)
    return "at-done" if converted >= _LOOKS_AFTER_CONVERSION else UNTOLD


def bad_file(account: Account) -> Meanings:
    """Validation of a file with one wrong row."""
    with account.draft() as dataset_id:
        account.uploaded(dataset_id, _BAD)
        done, _ = account.ended(account.need("DatasetService/Validate", dataset_id=dataset_id))
        outcome: Any = message_class("yandex.cloud.ai.dataset.v1.ValidateDatasetResponse")()
        is_told = done.response.Unpack(outcome)
        dataset = account.need("DatasetService/Describe", dataset_id=dataset_id).dataset
    rows = [row for error in outcome.errors for row in error.row_numbers]
    names = [error.error for error in outcome.errors]
    is_same = [*outcome.errors] == [*dataset.validation_error]
    return {
        "validation-first-row": {1: "0", 2: "1"}.get(min(rows), ANOTHER) if rows else UNTOLD,
        "validation-error-names": stated(names and all(name.startswith("mock.") for name in names)),
        "validation-invalid": stated(
            is_told, not outcome.is_valid, names, dataset.status == _INVALID, is_same
        ),
    }


def without_upload(account: Account) -> Meanings:
    """Validate of an empty draft."""
    with account.draft() as dataset_id:
        answer = account.ask("DatasetService/Validate", dataset_id=dataset_id)
        if answer.status != "OK":
            value = by_status(answer.status, {"FAILED_PRECONDITION": "refuse"})
            return {"validate-without-upload": value}
        done, _ = account.ended(answer.reply)
        outcome: Any = message_class("yandex.cloud.ai.dataset.v1.ValidateDatasetResponse")()
        is_invalid = done.response.Unpack(outcome) and not outcome.is_valid
    return {"validate-without-upload": "invalid" if is_invalid else ANOTHER}


def when_ready(account: Account) -> Meanings:
    """Commands that a READY dataset may not allow, its preview, its operation."""
    with account.draft() as dataset_id:
        url = account.uploaded(dataset_id, _GOOD)
        done, _ = account.ended(account.need("DatasetService/Validate", dataset_id=dataset_id))
        lines = account.ask("DatasetService/GetPreview", dataset_id=dataset_id).reply
        unknown = account.unknown("fds")
        known = account.ask("DatasetService/ListOperationsIds", dataset_id=[dataset_id, unknown]).reply
        late = account.put(url, file_of(_GOOD))
        again = account.ask("DatasetService/GetUploadDraftUrl", dataset_id=dataset_id, size_bytes=5)
        twice = account.ask("DatasetService/Validate", dataset_id=dataset_id)
        if twice.status == "OK":
            account.ended(twice.reply)
    refused = (again.status, twice.status) == ("FAILED_PRECONDITION", "FAILED_PRECONDITION")
    operations = dict(known.dataset_id_to_operation_id) if known else {}
    return {
        "dataset-legality": stated(refused),
        "upload-refused-after-draft": stated((late.status, late.code) == (403, "AccessDenied")),
        "dataset-preview": stated(lines and len(lines.preview_lines) == 10),  # noqa: PLR2004
        "dataset-operations-ids": stated(operations == {dataset_id: done.id}),
    }


def deleted(account: Account) -> Meanings:
    """What is left of a deleted dataset."""
    dataset_id = account.create()
    url = account.need("DatasetService/GetUploadDraftUrl", dataset_id=dataset_id, size_bytes=5)
    account.need("DatasetService/Delete", dataset_id=dataset_id)
    looked = account.ask("DatasetService/Describe", dataset_id=dataset_id)
    again = account.ask("DatasetService/Delete", dataset_id=dataset_id)
    late = account.put(url.upload_url, b"late\n")
    gone = (late.status, late.code) == (404, "NoSuchKey")
    return {
        "dataset-delete-at-once": stated(looked.status == "NOT_FOUND"),
        "dataset-delete-twice": stated(again.status == "NOT_FOUND", gone),
    }


def empty_mask(account: Account) -> Meanings:
    """Update that names no field."""
    with account.draft() as dataset_id:
        name = account.name()
        answer = account.ask("DatasetService/Update", dataset_id=dataset_id, name=name)
        shown = account.need("DatasetService/Describe", dataset_id=dataset_id).dataset
    if answer.status == "OK":
        return {"dataset-update-empty-mask": "all-given" if shown.name == name else ANOTHER}
    return {"dataset-update-empty-mask": by_status(answer.status, {"INVALID_ARGUMENT": "refuse"})}


def wrong_mask(account: Account) -> Meanings:
    """Update of what is no field, and of a field that nobody may change."""
    with account.draft() as dataset_id:
        unknown, fixed = (
            account.ask("DatasetService/Update", dataset_id=dataset_id, update_mask={"paths": [path]})
            for path in ("no_such_field", "status")
        )
    refused = stated(unknown.status == "INVALID_ARGUMENT")
    both = unknown.status == fixed.status == "INVALID_ARGUMENT" and unknown.message != fixed.message
    return {"dataset-update-mask": refused, "dataset-update-immutable": stated(both)}


def unknown_type(account: Account) -> Meanings:
    """Create with a task type and with a format that are not known. What is created is deleted."""
    wrong: tuple[dict[str, Any], ...] = ({"task_type": "NoSuchTaskType"}, {"upload_format": "no-such-format"})
    answers = []
    for fields in wrong:
        usual: dict[str, Any] = {"name": account.name(), "task_type": TASK_TYPE, "upload_format": "jsonlines"}
        answers.append(account.ask("DatasetService/Create", folder_id=account.folder_id, **(usual | fields)))
        if answers[-1].status == "OK":
            account.ask("DatasetService/Delete", dataset_id=answers[-1].reply.dataset_id)
    values = {by_status(one.status, {"INVALID_ARGUMENT": "refuse", "OK": "accept"}) for one in answers}
    return {"dataset-task-type-unknown": values.pop() if len(values) == 1 else ANOTHER}


def listed_types(account: Account) -> Meanings:
    """Types, schemas and formats."""
    folder: dict[str, Any] = {"folder_id": account.folder_id}
    types = account.ask("DatasetService/ListTypes", **folder)
    account.ask("DatasetService/ListTypes")
    schemas = account.ask("DatasetService/ListUploadSchemas", task_type=TASK_TYPE, **folder)
    no_schemas = account.ask("DatasetService/ListUploadSchemas", task_type="NoSuchTaskType", **folder)
    formats = account.ask("DatasetService/ListUploadFormats", task_type=TASK_TYPE)
    no_formats = account.ask("DatasetService/ListUploadFormats", task_type="NoSuchTaskType")
    only = formats.reply is not None and [*formats.reply.formats] == ["jsonlines"]
    return {
        "dataset-types": stated(types.reply and TASK_TYPE in types.reply.types),
        "dataset-upload-schemas": stated(
            schemas.reply and schemas.reply.schemas, no_schemas.status == "INVALID_ARGUMENT"
        ),
        "dataset-upload-formats": stated(only, no_formats.status == "INVALID_ARGUMENT"),
    }


def pages(account: Account) -> Meanings:
    """Pages of datasets: their order, their size, and the token of the last one."""
    with account.draft() as older, account.draft() as newer:
        listed = {"folder_id": account.folder_id, "dataset_ids": [older, newer]}
        first = account.need("DatasetService/List", **listed, page_size=1)
        if not first.next_page_token:
            raise CannotAsk("a page of 1 of 2 datasets has no token, so that there is no second page")
        second = account.need("DatasetService/List", **listed, page_size=1, page_token=first.next_page_token)
        default = account.need("DatasetService/List", folder_id=account.folder_id)
        sizes = [
            account.ask("DatasetService/List", folder_id=account.folder_id, page_size=size).status
            for size in (-1, 1001)
        ]
        wrong: dict[str, Any] = {"page_token": "nonsense"}
        nonsense = account.ask("DatasetService/List", folder_id=account.folder_id, **wrong)
    order = [one.dataset_id for page in (first, second) for one in page.datasets]
    is_whole = len(default.datasets) == 100 or not default.next_page_token  # noqa: PLR2004
    return {
        "dataset-list": stated(order == [newer, older], not second.next_page_token, is_whole),
        "page-size": stated(sizes == ["INVALID_ARGUMENT"] * 2),
        "page-token": stated(nonsense.status == "INVALID_ARGUMENT"),
    }


QUESTIONS = (
    Question(
        id="good-file",
        open="3, 5",
        asks="When is a dataset READY, is it VALIDATING until then, and what is said to a cancel afterwards?",
        sends=(*_SEND_FILE[:5], "Cancel", *_SEND_FILE[5:]),
        rows={
            "dataset-validating-visible": (),
            "dataset-ready-before-done": ("at-conversion", "at-done"),
            "validation-metadata": ("row-counts", "none"),
            "dataset-rows": ("counted", "absent"),
            "cancel-finished": ("unchanged", "refuse"),
        },
        ask=good_file,
    ),
    Question(
        id="bad-file",
        open="1",
        asks="How are the errors of an invalid file called, and is its first row 0 or 1?",
        sends=_SEND_FILE,
        rows={
            "validation-first-row": ("1", "0"),
            "validation-error-names": (),
            "validation-invalid": (),
        },
        ask=bad_file,
    ),
    Question(
        id="validate-without-upload",
        open="9",
        asks="What does Validate say of a draft without a file?",
        sends=("Create", "Validate", "Delete"),
        rows={"validate-without-upload": ("refuse", "invalid")},
        ask=without_upload,
    ),
    Question(
        id="when-ready",
        open="9, 13",
        asks="What does a READY dataset say to Validate and to an upload, and what does GetPreview show?",
        sends=(*_SEND_FILE[:-2], "GetPreview", "ListOperationsIds", "PUT", "GetUploadDraftUrl", "Validate"),
        rows={
            "dataset-legality": (),
            "upload-refused-after-draft": (),
            "dataset-preview": (),
            "dataset-operations-ids": (),
        },
        ask=when_ready,
    ),
    Question(
        id="delete-twice",
        open="11",
        asks="What do Describe, Delete and an upload say of a deleted dataset?",
        sends=("Create", "GetUploadDraftUrl", "Delete", "Describe", "Delete", "PUT of 5 bytes"),
        rows={"dataset-delete-at-once": (), "dataset-delete-twice": ()},
        ask=deleted,
    ),
    Question(
        id="update-empty-mask",
        open="19",
        asks="What does Update do with an empty mask?",
        sends=("Create", "Update", "Describe", "Delete"),
        rows={"dataset-update-empty-mask": ("all-given", "refuse")},
        ask=empty_mask,
    ),
    Question(
        id="update-wrong-mask",
        open="19",
        asks="What does Update say to a path that is no field, and to one that cannot be changed?",
        sends=("Create", "Update", "Update", "Delete"),
        rows={"dataset-update-mask": (), "dataset-update-immutable": ()},
        ask=wrong_mask,
    ),
    Question(
        id="unknown-type",
        open="13",
        asks="Does Create take a task type or an upload format that nobody knows?",
        sends=("Create with an unknown type", "Create with an unknown format", "Delete of what was made"),
        rows={"dataset-task-type-unknown": ("refuse", "accept")},
        ask=unknown_type,
    ),
    Question(
        id="listed-types",
        open="13",
        asks="What do ListTypes, ListUploadSchemas and ListUploadFormats list?",
        sends=("ListTypes", "ListUploadSchemas", "ListUploadFormats"),
        rows={"dataset-types": (), "dataset-upload-schemas": (), "dataset-upload-formats": ()},
        ask=listed_types,
    ),
    Question(
        id="dataset-pages",
        open="4",
        asks="How are pages of datasets ordered and ended, and which sizes and tokens are refused?",
        sends=("Create", "Create", "List by 1", "List", "List with wrong sizes and a wrong token", "Delete"),
        rows={"dataset-list": (), "page-size": (), "page-token": ()},
        ask=pages,
    ),
)
