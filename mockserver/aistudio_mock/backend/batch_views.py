"""Batch tasks as the wire shows them at `now` (service-behaviour f)."""

from aistudio_mock.backend.views import timestamp
from aistudio_mock.domain.batch import BatchStatus, BatchTask
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_protos.yandex.cloud.ai.batch_inference.v1 import inference_options_pb2
from aistudio_protos.yandex.cloud.ai.batch_inference.v1.batch_inference_task_pb2 import BatchInferenceTask
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import (
    BatchCompletionRequest,
)

_MILLISECOND = SECOND // 1000


def task(record: BatchTask, now: Instant) -> BatchInferenceTask:
    """A batch task at `now`: created with three fractional digits (e.3), no errors an empty status (f)."""
    asked = BatchCompletionRequest.FromString(record.request)
    started, finished = record.began(BatchStatus.IN_PROGRESS, now), record.finished_at(now)
    tells = (started is not None and record.reported_at <= now) or finished is not None
    return BatchInferenceTask(
        task_id=record.id,
        operation_id=record.operation_id,
        folder_id=record.folder_id,
        model_uri=asked.model_uri,
        source_dataset_id=asked.source_dataset_id,
        completion_request=_asked_of_batch(asked),
        status=record.status(now).name,
        result_dataset_id=record.result_dataset_id if record.has_result(now) else "",
        created_by=record.created_by,
        created_at=timestamp(Instant(record.created_at - record.created_at % _MILLISECOND)),
        started_at=timestamp(started) if started is not None else None,
        finished_at=timestamp(finished) if finished is not None else None,
        errors=_errors(record, now) if tells else None,
    )


def _asked_of_batch(asked: BatchCompletionRequest) -> inference_options_pb2.BatchCompletionRequest:
    """The request in the messages of the task, which have numbers of their own."""
    options = asked.completion_options
    shown = inference_options_pb2.BatchCompletionRequest(
        model_uri=asked.model_uri, source_dataset_id=asked.source_dataset_id
    )
    if asked.HasField("completion_options"):
        shown.completion_options.SetInParent()
    if options.HasField("temperature"):
        shown.completion_options.temperature.value = options.temperature.value
    if options.HasField("max_tokens"):
        shown.completion_options.max_tokens.value = options.max_tokens.value
    if options.HasField("reasoning_options"):
        shown.completion_options.reasoning_options.ParseFromString(
            options.reasoning_options.SerializeToString()  # one definition under two names
        )
    if asked.HasField("json_object"):
        shown.json_object = asked.json_object
    if asked.HasField("json_schema"):
        shown.json_schema.schema.CopyFrom(asked.json_schema.schema)
    return shown


def _errors(record: BatchTask, now: Instant) -> BatchInferenceTask.ErrorsInfo:
    ended = record.finished_at(now) is not None
    failure = record.failure if ended else None
    return BatchInferenceTask.ErrorsInfo(
        status={"code": failure.code, "message": failure.message} if failure else {},
        line_errors=[
            BatchInferenceTask.ErrorsInfo.LineError(line_number=one.line_number, message=one.message)
            for one in record.line_errors
            if ended
        ],
    )
