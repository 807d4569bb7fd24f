"""Messages of the wire as values, and what a user gives as messages."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError

from aistudio_client._errors import ConfigurationError, RowsError
from aistudio_client._types import (
    Batch,
    Classification,
    Completion,
    Dataset,
    Embedding,
    Failure,
    Operation,
    Tuning,
    TuningReason,
    Usage,
)
from aistudio_protos.pool import message_class
from aistudio_protos.yandex.cloud.ai.batch_inference.v1.batch_inference_task_pb2 import BatchInferenceTask
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_common_pb2 import Alternative
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_error_pb2 import TuningError
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask

NONCE_LABEL = "aistudio-client-nonce"
"""On everything that this client makes, to find it again when an answer is lost; users do not see it."""

STATUS_CODES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
"""Names of gRPC's status codes, by number."""

_PREFIX = "ALTERNATIVE_STATUS_"


def enum_name(enum: Any, number: int) -> str:
    """The name of a value; the number as text of one that is newer than the contract here; empty for zero."""
    if not number:
        return ""
    return str(enum.Name(number)) if number in enum.values() else str(number)


def enum_number(enum: Any, name: str) -> Any:
    """The number of a value by its name, or by its number as text. Raises ConfigurationError."""
    if name.isdecimal():
        return int(name)
    if name not in enum.keys():  # noqa: SIM118 - a wrapper, not a mapping
        raise ConfigurationError(f"no status {name!r}; there are {', '.join(enum.keys()[1:])}")
    return enum.Value(name)


def code_name(number: int) -> str:
    """The name of a status code; its number as text if it has none, UNKNOWN for zero."""
    if not number:
        return "UNKNOWN"  # the service has been seen to leave the code out (service-behaviour a.6)
    return STATUS_CODES[number] if number < len(STATUS_CODES) else str(number)


def moment(message: Any, field: str) -> datetime | None:
    """A timestamp, aware, UTC; None when it is not set or no date of this calendar."""
    if not message.HasField(field):
        return None
    stamp = getattr(message, field)
    try:
        return datetime.fromtimestamp(stamp.seconds, UTC).replace(microsecond=stamp.nanos // 1000)
    except (ValueError, OverflowError, OSError):
        return None


def unpacked(packed: Any) -> Any:
    """The message in an Any; the Any itself when its type is not known here, or it is broken."""
    try:
        return message_class(packed.type_url.rpartition("/")[2]).FromString(packed.value)
    except (KeyError, DecodeError):
        return packed


def rows_errors(errors: Iterable[Any]) -> tuple[RowsError, ...]:
    """What is wrong with a dataset."""
    return tuple(RowsError(one.error, one.error_description, tuple(one.row_numbers)) for one in errors)


def dataset(info: Any) -> Dataset:
    """A dataset as it is shown."""
    return Dataset(
        id=info.dataset_id,
        name=info.name,
        status=enum_name(DatasetInfo.Status, info.status),
        task_type=info.task_type,
        folder_id=info.folder_id,
        description=info.description,
        labels=_labels(info.labels),
        metadata=info.metadata,
        rows=info.rows or None,
        size_bytes=info.size_bytes or None,
        created_at=moment(info, "created_at"),
        updated_at=moment(info, "updated_at"),
        created_by=info.created_by or info.created_by_id,
        errors=rows_errors(info.validation_error),
        raw=info,
    )


def tuning(task: Any) -> Tuning:
    """A tuning task as it is shown."""
    return Tuning(
        id=task.task_id,
        operation_id=task.operation_id or task.task_id,
        status=enum_name(TuningTask.Status, task.status),
        name=task.name,
        folder_id=task.folder_id,
        base_model_uri=task.source_model_uri,
        model_uri=task.target_model_uri,
        description=task.description,
        labels=_labels(task.labels),
        created_at=moment(task, "created_at"),
        started_at=moment(task, "started_at"),
        finished_at=moment(task, "finished_at"),
        created_by=task.created_by,
        raw=task,
    )


def tuning_reason(error: Any) -> TuningReason:
    """One reason why a tuning failed."""
    return TuningReason(error.message, enum_name(TuningError.Type, error.type))


def operation(message: Any) -> Operation:
    """An operation as it is shown."""
    error = message.error if message.HasField("error") else None
    return Operation(
        id=message.id,
        done=message.done,
        metadata=unpacked(message.metadata) if message.HasField("metadata") else None,
        error=Failure(code_name(error.code), error.message) if error is not None else None,
        response=unpacked(message.response) if message.HasField("response") else None,
        description=message.description,
        created_at=moment(message, "created_at"),
        modified_at=moment(message, "modified_at"),
        created_by=message.created_by,
        raw=message,
    )


def tuning_of_operation(shown: Operation) -> Tuning:
    """What an operation tells of its task, for as long as there is no task to be shown."""
    task_id = str(getattr(shown.metadata, "tuning_task_id", "") or shown.id)
    status = enum_name(TuningTask.Status, getattr(shown.metadata, "status", 0))
    return Tuning(id=task_id, operation_id=shown.id, status=status, created_at=shown.created_at)


def completion(reply: Any) -> Completion:
    """An answer of a model, or its beginning."""
    texts = tuple(one.message.text for one in reply.alternatives)
    status = enum_name(Alternative.AlternativeStatus, reply.alternatives[0].status) if texts else ""
    return Completion(
        text=texts[0] if texts else "",
        status=status.removeprefix(_PREFIX),
        alternatives=texts,
        usage=Usage(reply.usage.input_text_tokens, reply.usage.completion_tokens, reply.usage.total_tokens),
        model_version=reply.model_version,
        raw=reply,
    )


def classification(reply: Any) -> Classification:
    """What a classifier answered."""
    found = sorted(reply.predictions, key=lambda one: -one.confidence)
    return Classification(
        labels={one.label: one.confidence for one in found},
        input_tokens=reply.input_tokens,
        model_version=reply.model_version,
        raw=reply,
    )


def embedding(reply: Any) -> Embedding:
    """A vector."""
    return Embedding(
        vector=tuple(reply.embedding),
        tokens=reply.num_tokens,
        model_version=reply.model_version,
        raw=reply,
    )


def batch(task: Any) -> Batch:
    """A batch as it is shown."""
    return Batch(
        id=task.task_id,
        operation_id=task.operation_id,
        status=enum_name(BatchInferenceTask.Status, task.status),
        folder_id=task.folder_id,
        model_uri=task.model_uri,
        source_dataset_id=task.source_dataset_id,
        result_dataset_id=task.result_dataset_id,
        labels=_labels(task.labels),
        created_at=moment(task, "created_at"),
        started_at=moment(task, "started_at"),
        finished_at=moment(task, "finished_at"),
        created_by=task.created_by,
        line_errors=tuple((one.line_number, one.message) for one in task.errors.line_errors),
        raw=task,
    )


def _labels(labels: Any) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != NONCE_LABEL}
