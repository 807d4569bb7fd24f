"""Every object of a folder as it is seen at one moment: the same records, read with another `now`."""

from collections.abc import Iterator

from google.protobuf.json_format import MessageToDict

from aistudio_mock.backend.store import Store
from aistudio_mock.control_types import (
    BatchSeen,
    DatasetSeen,
    Document,
    FileSeen,
    LineProblem,
    MarkSeen,
    OperationSeen,
    RowProblem,
    State,
    TuningSeen,
)
from aistudio_mock.domain.batch import BatchStatus, BatchTask
from aistudio_mock.domain.dataset import Dataset, DatasetStatus
from aistudio_mock.domain.instant import Instant, moment
from aistudio_mock.domain.objects import DATASETS, DRAFTS, Blob, object_key
from aistudio_mock.domain.operation import Failure, Operation, OperationState, Packed
from aistudio_mock.domain.tuning import Tuning, TuningStatus
from aistudio_protos.pool import POOL, message_class
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import (
    BatchCompletionRequest,
)


def seen(store: Store, folder_id: str, now: Instant) -> State:
    """The folder at `now`. What was deleted since, and what Update changed, is not remembered as it was."""
    datasets = [one for one in store.datasets.newest_first(folder_id) if one.created_at <= now]
    tunings = [one for one in store.tunings.newest_first(folder_id) if one.visible_from <= now]
    batches = [one for one in store.batches.newest_first(folder_id) if one.created_at <= now]
    operations = [one for one in store.operations.newest_first(folder_id) if one.created_at <= now]
    return State(
        folder_id=folder_id,
        at=moment(now),
        datasets=[_dataset(one, now) for one in datasets],
        tunings=[_tuning(one, now) for one in tunings if one.created_at <= now],
        operations=[_operation(one, now) for one in operations],
        models=[one.target_model_uri for one in tunings if one.model_exists(now)],
        batches=[_batch(one, now) for one in batches],
    )


def _dataset(record: Dataset, now: Instant) -> DatasetSeen:
    shown = record.timeline.at(now).state
    return DatasetSeen(
        id=record.id,
        name=record.name,
        status=shown.status.name,
        task_type=record.task_type,
        upload_format=record.upload_format,
        rows=shown.rows,
        size_bytes=shown.size_bytes,
        created_at=moment(record.created_at),
        updated_at=moment(record.updated_at(now)),
        description=record.description,
        labels=record.labels,
        operation_id=record.operation_id if shown.status is not DatasetStatus.DRAFT else "",
        files=[*_files(record, now)],
        validation_errors=[
            RowProblem(error.error, error.error_description, list(error.row_numbers))
            for error in shown.errors
        ],
        history=[MarkSeen(mark.state.status.name, moment(mark.at)) for mark in record.timeline.history(now)],
    )


def _files(record: Dataset, now: Instant) -> Iterator[FileSeen]:
    for bucket, blob in ((DRAFTS, record.draft), (DATASETS, record.content)):
        if blob is not None and blob.modified <= now:
            yield _file(bucket, object_key(record.folder_id, record.id), blob)


def _file(bucket: str, key: str, blob: Blob) -> FileSeen:
    return FileSeen(bucket, key, blob.size, blob.etag, moment(blob.modified))


def _tuning(record: Tuning, now: Instant) -> TuningSeen:
    started, finished = record.began(TuningStatus.IN_PROGRESS, now), record.finished_at(now)
    afterwards = record.afterwards.history(now) if record.afterwards is not None else ()
    return TuningSeen(
        id=record.id,
        operation_id=record.operation_id,
        name=record.name,
        status=record.status(now).name,
        source_model_uri=record.source_model_uri,
        target_model_uri=record.target_model_uri if record.ran_to_its_end(now) else "",
        created_at=moment(record.created_at),
        started_at=moment(started) if started is not None else None,
        finished_at=moment(finished) if finished is not None else None,
        description=record.description,
        labels=record.labels,
        errors=[reason.message for reason in record.reasons(now)],
        history=[
            MarkSeen(mark.state.name, moment(mark.at))
            for mark in (*record.timeline.history(now), *afterwards)
        ],
    )


def _batch(record: BatchTask, now: Instant) -> BatchSeen:
    asked = BatchCompletionRequest.FromString(record.request)
    started, finished = record.began(BatchStatus.IN_PROGRESS, now), record.finished_at(now)
    return BatchSeen(
        id=record.id,
        operation_id=record.operation_id,
        status=record.status(now).name,
        model_uri=asked.model_uri,
        source_dataset_id=asked.source_dataset_id,
        result_dataset_id=record.result_dataset_id if record.has_result(now) else "",
        created_at=moment(record.created_at),
        started_at=moment(started) if started is not None else None,
        finished_at=moment(finished) if finished is not None else None,
        line_errors=[LineProblem(one.line_number, one.message) for one in record.line_errors if finished],
        error=_failure(record.failure) if finished else None,
        history=[MarkSeen(mark.state.name, moment(mark.at)) for mark in record.timeline.history(now)],
    )


def _operation(record: Operation, now: Instant) -> OperationSeen:
    mark = record.timeline.at(now)
    return OperationSeen(
        id=record.id,
        done=mark.state.done,
        created_at=moment(record.created_at),
        modified_at=moment(mark.at),
        metadata=_unpacked(mark.state.metadata),
        response=_unpacked(mark.state.response),
        error=_failure(mark.state.error),
        history=[MarkSeen(_standing(each.state), moment(each.at)) for each in record.timeline.history(now)],
    )


def _standing(state: OperationState) -> str:
    """What a poll finds, in a word."""
    if state.done:
        return "DONE" if state.error is None else "ERROR"
    return str((_unpacked(state.metadata) or {}).get("status", "RUNNING"))


def _unpacked(packed: Packed | None) -> Document | None:
    if packed is None:
        return None
    message = message_class(packed.type_name).FromString(packed.value)
    said: Document = MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=POOL)
    return {"@type": f"type.googleapis.com/{packed.type_name}", **said}


def _failure(failure: Failure | None) -> Document | None:
    return None if failure is None else {"code": failure.code, "message": failure.message}
