"""Records as the wire shows them at `now` (service-behaviour c.3–c.7, e.2–e.3)."""

from collections.abc import Mapping

from aistudio_mock.domain.behaviours import Behaviours
from aistudio_mock.domain.dataset import Dataset
from aistudio_mock.domain.instant import SECOND, Instant, whole_second
from aistudio_mock.domain.operation import Failure, Operation, Packed
from aistudio_mock.domain.tuning import Tuning, TuningStatus
from aistudio_protos.google.protobuf.timestamp_pb2 import Timestamp
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo, ValidationError
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from aistudio_protos.yandex.cloud.operation import operation_pb2


def timestamp(instant: Instant) -> Timestamp:
    """The instant to the microsecond, as tuning tasks show it."""
    return Timestamp(seconds=instant // SECOND, nanos=instant % SECOND * 1000)


def second(instant: Instant) -> Timestamp:
    """The instant cut to its second, as datasets and operations show it."""
    return Timestamp(seconds=whole_second(instant) // SECOND)


def dataset(record: Dataset, now: Instant, behaviours: Behaviours) -> DatasetInfo:
    """A dataset at `now`. `updated_by` is never set; both creator fields are (c.3)."""
    state = record.timeline.at(now).state
    return DatasetInfo(
        dataset_id=record.id,
        folder_id=record.folder_id,
        name=record.name,
        description=record.description,
        metadata=record.metadata,
        status=state.status.name,
        task_type=record.task_type,
        created_at=second(record.created_at),
        updated_at=second(record.updated_at(now)),
        rows=state.rows if behaviours.dataset_rows == "counted" else 0,
        size_bytes=state.size_bytes,
        created_by_id=record.created_by,
        labels=record.labels,
        created_by=record.created_by,
        validation_error=[
            ValidationError(
                error=error.error, error_description=error.error_description, row_numbers=error.row_numbers
            )
            for error in state.errors
        ],
        allow_data_log=record.allow_data_log,
    )


def tuning(record: Tuning, now: Instant) -> TuningTask:
    """A tuning task at `now`: six fractional digits, the source model without its folder (e.3)."""
    started = record.began(TuningStatus.IN_PROGRESS, now)
    finished = record.finished_at(now)
    return TuningTask(
        task_id=record.id,
        operation_id=record.operation_id,
        status=record.status(now).name,
        folder_id=record.folder_id,
        created_by=record.created_by,
        created_at=timestamp(record.created_at),
        started_at=timestamp(started) if started is not None else None,
        finished_at=timestamp(finished) if finished is not None else None,
        source_model_uri=record.source_model_uri,
        target_model_uri=record.target_model_uri if record.ran_to_its_end(now) else "",
        name=record.name,
        description=record.description,
        labels=record.labels,
    )


def operation(record: Operation, now: Instant) -> operation_pb2.Operation:
    """An operation at `now`, in whole seconds (c.6, e.2)."""
    mark = record.timeline.at(now)
    state = mark.state
    # Parts as mappings: half the time of making them as messages, and this is what clients poll.
    return operation_pb2.Operation(
        id=record.id,
        description=record.description,
        created_by=record.created_by,
        created_at={"seconds": record.created_at // SECOND},
        modified_at={"seconds": mark.at // SECOND},
        done=state.done,
        metadata=_any(state.metadata),
        error=_status(state.error),
        response=_any(state.response),
    )


def _any(packed: Packed | None) -> Mapping[str, str | bytes] | None:
    if packed is None:
        return None
    return {"type_url": f"type.googleapis.com/{packed.type_name}", "value": packed.value}


def _status(failure: Failure | None) -> Mapping[str, int | str] | None:
    return None if failure is None else {"code": failure.code, "message": failure.message}
