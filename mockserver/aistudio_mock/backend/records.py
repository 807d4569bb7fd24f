"""Records as bytes: one encoding for folders that are saved and for what `--state` keeps."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import replace

from aistudio_mock.domain.batch import BatchTask
from aistudio_mock.domain.dataset import Dataset
from aistudio_mock.domain.multipart import Upload
from aistudio_mock.domain.objects import Blob, FinishedUpload
from aistudio_mock.domain.operation import Operation
from aistudio_mock.domain.tuning import Tuning

if TYPE_CHECKING:
    from aistudio_mock.runtime.database import Database

R = TypeVar("R")

KINDS: Mapping[str, type[Any]] = {
    "datasets": Dataset,
    "tunings": Tuning,
    "batches": BatchTask,
    "operations": Operation,
    "uploads": Upload,
}
"""The tables of the store, and what is in them."""

encode = msgspec.json.Encoder().encode


def stored(database: "Database", kind: str, type_: type[R]) -> Iterator[tuple[str, int, R]]:
    """Id, number and record of every row of a kind, by number. Raises StateError."""
    decode = msgspec.json.Decoder(type_).decode
    for key, number, data in database.rows(kind):
        try:
            yield key, number, decode(data)
        except msgspec.DecodeError as problem:
            raise database.damaged(f"{kind} {key}: {problem}") from None


def with_files(record: R, rename: Callable[[str], str]) -> R:
    """The record with other names for its files."""
    change = _FILES.get(type(record))
    return record if change is None else change(record, rename)


def _dataset(record: Dataset, rename: Callable[[str], str]) -> Dataset:
    return replace(record, draft=_blob(record.draft, rename), content=_blob(record.content, rename))


def _tuning(record: Tuning, rename: Callable[[str], str]) -> Tuning:
    data = tuple(replace(blob, source=rename(blob.source)) for blob in record.training_data)
    return replace(record, training_data=data)


def _upload(record: Upload, rename: Callable[[str], str]) -> Upload:
    def moved(part: FinishedUpload) -> FinishedUpload:
        return replace(part, path=rename(part.path))

    parts = {number: moved(part) for number, part in record.parts.items()}
    return replace(record, spool=record.spool and rename(record.spool), parts=parts)


def _blob(blob: Blob | None, rename: Callable[[str], str]) -> Blob | None:
    return blob and replace(blob, source=rename(blob.source))


_FILES: Mapping[type, Callable[[Any, Callable[[str], str]], Any]] = {
    Dataset: _dataset,
    Tuning: _tuning,
    Upload: _upload,
}
