"""Questions about what is stored of a file: its columns by the type of its rows, how much there may be."""

from io import BytesIO
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from aistudio_conformance.probe.account import TROUBLE, Account, CannotAsk
from aistudio_conformance.probe.question import ANOTHER, STATED, UNTOLD, Meanings, Question, stated
from aistudio_formats.examples import EXAMPLES

_PETABYTE = 1 << 50
_CLASSES, _PAIR = "TextClassificationMulticlass", "TextEmbeddingsPair"
_SEND_AND_FETCH = ("Create", "GetUploadDraftUrl", "PUT of 1 KB", "Validate", "Get until done")


def other_files(account: Account) -> Meanings:
    """What is stored of a classifier's file and of pairs of texts."""
    classes, pair = _columns(account, _CLASSES), _columns(account, _PAIR)
    numbers = {name: kind for name, kind in classes.items() if name != "text"}
    return {
        "classification-parquet-columns": stated(
            [*classes] == ["text", "upset", "surprise", "joy"],
            classes.get("text") == "string",
            {*numbers.values()} == {"int64"},
        ),
        "embedding-parquet-columns": stated(pair == {"anchor": "string", "positive": "string"}),
    }


def _columns(account: Account, task_type: str) -> dict[str, str]:
    """The columns of the file that is stored, and their types. Raises CannotAsk."""
    with account.draft(task_type) as dataset_id:
        account.uploaded(dataset_id, EXAMPLES[task_type].splitlines())
        account.ended(account.need("DatasetService/Validate", dataset_id=dataset_id))
        given = account.need("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls
        if not given:
            raise CannotAsk(f"nothing can be downloaded of a dataset of {task_type}")
        stored = account.get(given[0].url)
    try:
        schema = parquet.read_schema(BytesIO(stored))
    except pa.ArrowException as error:
        raise CannotAsk(f"what is stored of {task_type} is no Parquet file: {type(error).__name__}") from None
    return {field.name: str(field.type) for field in schema}


def too_large(account: Account) -> Meanings:
    """An upload that no quota has room for; it is announced, and nothing is sent."""
    quota: Any = {"trouble": TROUBLE - {"RESOURCE_EXHAUSTED"}}
    with account.draft() as dataset_id:
        answer = account.ask(
            "DatasetService/GetUploadDraftUrl", dataset_id=dataset_id, size_bytes=_PETABYTE, **quota
        )
    if answer.status == "OK":
        return {"quota-refusals": UNTOLD}
    is_quota = answer.status == "RESOURCE_EXHAUSTED" and "quota limit exceed" in answer.message
    return {"quota-refusals": STATED if is_quota else ANOTHER}


QUESTIONS = (
    Question(
        id="other-files",
        open="12",
        asks="Which columns has what is stored of a classifier's file, and of pairs of texts?",
        sends=(*_SEND_AND_FETCH, "GetDownloadUrls", "GET", "Delete", "and once more"),
        rows={"classification-parquet-columns": (), "embedding-parquet-columns": ()},
        ask=other_files,
    ),
    Question(
        id="too-large",
        open="10",
        asks="How is an upload refused that no quota has room for?",
        sends=("Create", "GetUploadDraftUrl of a petabyte", "Delete"),
        rows={"quota-refusals": ()},
        ask=too_large,
    ),
)
