"""What the service tells, as values: frozen, printable, with the message that they were read from.

A status is the name that the contract gives it, and its number as text where the contract is older than the
service: `str(17)`. Fields that this client does not know are kept in `raw`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from aistudio_client._errors import RowsError

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELED", "ARCHIVED", "PAID"})
"""Statuses of a tuning that has ended."""


class Value(Struct, frozen=True, kw_only=True):
    """One thing that the service told. `raw` is its message, with all that is unknown here."""

    raw: Any = field(default=None)

    def __repr__(self) -> str:
        """What is set, without `raw`."""
        told = ", ".join(f"{name}={_shown(value)}" for name, value in self._told())
        return f"{type(self).__name__}({told})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        from aistudio_client._html import table  # noqa: PLC0415 - only where somebody looks

        return table(type(self).__name__, list(self._told()))

    def _told(self) -> Iterator[tuple[str, Any]]:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name != "raw" and value not in (None, "", (), {}):
                yield name, value


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)


class Dataset(Value, frozen=True, kw_only=True):
    """A dataset.

    Attributes:
        status: `DRAFT`, `VALIDATING`, `READY`, `INVALID`, `DELETING`, or a newer one.
        rows: of the converted file; None where the service does not say.
        size_bytes: of the converted Parquet file, not of what was uploaded.
        errors: why it is INVALID.
    """

    id: str
    name: str = ""
    status: str = ""
    task_type: str = ""
    folder_id: str = ""
    description: str = ""
    labels: Mapping[str, str] = {}
    metadata: str = ""
    rows: int | None = None
    size_bytes: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: str = ""
    errors: tuple[RowsError, ...] = ()


class Tuning(Value, frozen=True, kw_only=True):
    """A tuning task.

    Attributes:
        operation_id: what a wait polls; the same as `id` in all that was recorded since 2025.
        status: `CREATED`, `PENDING`, `IN_PROGRESS`, `COMPLETED`, `FAILED`, `CANCELED`, or a newer one;
            empty while the service shows none.
        base_model_uri: without the folder, as the service shows it.
        model_uri: of the tuned model; empty until there is one.
    """

    id: str
    operation_id: str = ""
    status: str = ""
    name: str = ""
    folder_id: str = ""
    base_model_uri: str = ""
    model_uri: str = ""
    description: str = ""
    labels: Mapping[str, str] = {}
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_by: str = ""


class TuningOptions(Value, frozen=True, kw_only=True):
    """What a tuning was started with: `parameters` is one of the five kinds, None for a newer one."""

    id: str
    base_model_uri: str
    train: Mapping[str, float]
    validation: Mapping[str, float]
    parameters: Any


class TuningReason(Struct, frozen=True):
    """Why a tuning failed. `type` is PUBLIC, for the owner of the task, or INTERNAL."""

    message: str
    type: str


class Failure(Struct, frozen=True):
    """The error of an operation: the name of a status code, or its number as text, and the words."""

    code: str
    message: str


class Operation(Value, frozen=True, kw_only=True):
    """A long-running operation (AIP-151). `done` alone says that it has ended.

    `metadata` and `response` are messages; None where there are none; a packed Any where this client does
    not know the type.
    """

    id: str
    done: bool = False
    metadata: Any = None
    error: Failure | None = None
    response: Any = None
    description: str = ""
    created_at: datetime | None = None
    modified_at: datetime | None = None
    created_by: str = ""


class Usage(Struct, frozen=True):
    """Tokens that a call is billed for."""

    input_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Classification(Value, frozen=True, kw_only=True):
    """What a classifier makes of a text: confidence, 0 to 1, by label, the surest first.

    A binary classifier tells of its one class, a multiclass one sums up to 1, of a multilabel one each is by
    itself.
    """

    labels: Mapping[str, float]
    input_tokens: int = 0
    model_version: str = ""

    @property
    def label(self) -> str:
        """The surest one."""
        return next(iter(self.labels), "")


class Embedding(Value, frozen=True, kw_only=True):
    """A text as a unit vector."""

    vector: tuple[float, ...]
    tokens: int = 0
    model_version: str = ""


class Token(Struct, frozen=True):
    """One token of a model's vocabulary. `special` marks the layout of a prompt, not its text."""

    id: int
    text: str
    special: bool = False


class Batch(Value, frozen=True, kw_only=True):
    """Answers of a model to a whole dataset.

    Attributes:
        operation_id: what a wait polls; another one than `id`.
        status: `CREATED`, `PENDING`, `IN_PROGRESS`, `COMPLETED`, `FAILED`, `CANCELED`, or a newer one.
        result_dataset_id: of the answers; there is one before they are whole.
        line_errors: (number of the line, what was wrong with it).
    """

    id: str
    operation_id: str = ""
    status: str = ""
    folder_id: str = ""
    model_uri: str = ""
    source_dataset_id: str = ""
    result_dataset_id: str = ""
    labels: Mapping[str, str] = {}
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_by: str = ""
    line_errors: tuple[tuple[int, str], ...] = ()


class Completion(Value, frozen=True, kw_only=True):
    """A model's answer.

    Attributes:
        text: the first alternative's; while a stream goes on, all of it so far.
        status: `FINAL`, `PARTIAL`, `TRUNCATED_FINAL`, `CONTENT_FILTER`, `TOOL_CALLS`, or a newer one.
        alternatives: every text.
    """

    text: str
    status: str
    alternatives: tuple[str, ...] = ()
    usage: Usage = Usage()
    model_version: str = ""

    def __str__(self) -> str:
        """The text."""
        return self.text
