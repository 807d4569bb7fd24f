"""Batches: a model answers every row of a dataset, and the answers are a dataset."""

from collections.abc import Sequence

from aistudio_client import _codec
from aistudio_client._errors import Canceled, NotFound, OperationFailed
from aistudio_client._flows import datasets, operations, paging
from aistudio_client._flows.calls import call
from aistudio_client._flows.models import Asked, once, options_of, uri_of
from aistudio_client._link import Link
from aistudio_client._methods import method
from aistudio_client._steps import Flow, Items
from aistudio_client._types import Batch, Dataset, Operation, Tuning
from aistudio_protos.yandex.cloud.ai.batch_inference.v1 import batch_inference_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.batch_inference.v1.batch_inference_task_pb2 import BatchInferenceTask
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import (
    BatchCompletionRequest,
)

START = method("TextGenerationBatchService/Completion")
DESCRIBE, LIST = (method(f"BatchInferenceService/{name}") for name in ("Describe", "List"))
CANCEL, DELETE = (method(f"BatchInferenceService/{name}") for name in ("Cancel", "Delete"))


def id_of(batch: Batch | str) -> str:
    """The id of a batch that is given as what it is or by its id."""
    return batch if isinstance(batch, str) else batch.id


def start(link: Link, model: Tuning | str, dataset: Dataset | str, asked: Asked) -> Flow[Batch]:
    """Starts a batch, once: it costs. Raises RpcError."""
    request = BatchCompletionRequest(
        model_uri=uri_of(link, model, "gpt"),
        completion_options=options_of(asked),
        source_dataset_id=datasets.id_of(dataset),
    )
    operation = _codec.operation((yield from once(link, START, request)))
    task_id = str(getattr(operation.metadata, "task_id", "") or operation.id)
    return Batch(id=task_id, operation_id=operation.id, created_at=operation.created_at)


def get(link: Link, batch: Batch | str) -> Flow[Batch]:
    """The batch as it is now. Raises RpcError."""
    reply = yield from call(link, DESCRIBE, wire.DescribeBatchInferenceRequest(task_id=id_of(batch)))
    return _codec.batch(reply.task)


def wait(link: Link, batch: Batch | str, timeout: float) -> Flow[Batch]:
    """The batch once it is over. Raises OperationFailed, Canceled, WaitTimeout or RpcError."""
    shown = batch if isinstance(batch, Batch) and batch.operation_id else (yield from get(link, batch))
    try:
        begun = yield from operations.get(link, shown.operation_id)
    except NotFound:  # operations are kept for weeks, tasks for good
        return _require_ended((yield from get(link, shown)))
    attach = f"batches.wait({shown.id!r})"
    waiting = operations.Waiting("batch", shown.id, timeout, attach, _look)
    operations.require_success((yield from operations.awaited(link, begun, waiting)))
    return _require_ended((yield from get(link, shown)))


def _require_ended(batch: Batch) -> Batch:
    if batch.status == "CANCELED":
        raise Canceled(batch.operation_id or batch.id)
    if batch.status == "FAILED":
        error = batch.raw.errors.status
        raise OperationFailed(batch.operation_id or batch.id, _codec.code_name(error.code), error.message)
    return batch


def _look(operation: Operation) -> tuple[str, int, int]:
    metadata = operation.metadata
    status = _codec.enum_name(BatchInferenceTask.Status, getattr(metadata, "task_status", 0))
    return status, int(getattr(metadata, "completed_batches", 0)), int(getattr(metadata, "total_batches", 0))


def list_(link: Link, *, page_size: int = 0) -> Items[Batch]:
    """Emits the batches of the folder."""
    request = wire.ListBatchInferencesRequest(folder_id=link.folder_id, page_size=page_size)
    return paging.items(link, LIST, request, _of_page)


def _of_page(page: wire.ListBatchInferencesResponse) -> Sequence[Batch]:
    return [_codec.batch(one) for one in page.tasks]


def cancel(link: Link, batch: Batch | str) -> Flow[None]:
    """Asks a batch to stop. Raises RpcError."""
    yield from call(link, CANCEL, wire.CancelBatchInferenceRequest(task_id=id_of(batch)))


def delete(link: Link, batch: Batch | str) -> Flow[None]:
    """Forgets a batch. Raises RpcError; NotFound if it was gone before."""
    try:
        yield from call(link, DELETE, wire.DeleteBatchInferenceRequest(task_id=id_of(batch)))
    except NotFound as gone:
        if gone.attempts == 1:
            raise
