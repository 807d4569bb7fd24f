"""Tunings: started once, waited for until the operation is done, and told as the service tells them."""

from functools import cached_property
from pathlib import Path
from typing import Any

from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from yandex.cloud.ai.tuning.v1.tuning_service_pb2_grpc import TuningServiceStub
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import CancelOperationRequest

from aistudio_conformance.adapters.raw_stubs.operations import Operations
from aistudio_conformance.adapters.raw_stubs.storage import Storage
from aistudio_conformance.protocol import (
    Done,
    Metrics,
    Place,
    Refused,
    Tuning,
    TuningId,
    TuningList,
    TuningMetrics,
    TuningOptions,
    Tunings,
    TuningStart,
)

KINDS = {
    "completion": ("gpt", "text_to_text_completion"),
    "multilabel": ("cls", "text_classification_multilabel"),
    "multiclass": ("cls", "text_classification_multiclass"),
    "pair": ("emb", "text_embedding_pair_params"),
    "triplet": ("emb", "text_embedding_triplet_params"),
}
"""The scheme of the base model and the field of the parameters."""


class TuningVerbs(Operations, Storage):
    """The verbs `tuning.*`. A tuning's id is its task's, and the operation's until that is told."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._operation_ids: dict[str, str] = {}
        self._task_ids: dict[str, str] = {}

    @cached_property
    def _tunings(self) -> TuningServiceStub:
        return TuningServiceStub(self._connection)

    def tuning_start(self, ask: TuningStart) -> Tuning:
        """Tune, once: a second call would be a second tuning to pay for."""
        return self._started(self._order(ask))

    def _started(self, order: wire.TuningRequest) -> Tuning:
        operation = self._call(self._tunings, "Tune", order)
        progress = self._progress(operation)
        tuning_id = progress.tuning_task_id or operation.id
        self._operation_ids[tuning_id] = operation.id
        self._task_ids[tuning_id] = progress.tuning_task_id
        return self._as_of(tuning_id, progress)

    def tuning_wait(self, ask: TuningId) -> Tuning:
        """The end of a tuning. Raises Refused for one that failed."""
        try:
            operation = self._awaited(self._operation(self._operation_id(ask.tuning_id)))
        except Refused as refusal:
            if refusal.failure.code != "NOT_FOUND":
                raise
            return self._ended(ask.tuning_id)  # operations are kept for weeks, tasks for good
        return self._outcome(ask.tuning_id, operation)

    def tuning_get(self, ask: TuningId) -> Tuning:
        """Describe; a task that has an operation only, as young ones do, is told from that."""
        try:
            return self._shown_task(ask.tuning_id, self._task(ask.tuning_id))
        except Refused as refusal:
            if refusal.failure.code != "NOT_FOUND":
                raise
            try:
                operation = self._operation(self._operation_id(ask.tuning_id))
            except Refused:
                raise refusal from None
        return self._as_of(ask.tuning_id, self._progress(operation))

    def tuning_list(self, ask: TuningList) -> Tunings:
        """List, to the last page."""

        def fetch(token: str) -> Any:
            request = wire.ListTuningsRequest(
                folder_id=self._place.folder_id, page_size=ask.page_size or 0, page_token=token
            )
            return self._call(self._tunings, "List", request)

        return Tunings(tuning_ids=[task.task_id for page in self._pages(fetch) for task in page.tuning_tasks])

    def tuning_cancel(self, ask: TuningId) -> Done:
        """Cancel, of the operation: a request only; the wait tells what came of it."""
        request = CancelOperationRequest(operation_id=self._operation_id(ask.tuning_id))
        self._call(self._operations, "Cancel", request)
        return Done()

    def tuning_metrics(self, ask: TuningMetrics) -> Metrics:
        """The archive, saved and not opened. NOT_FOUND means that there is none yet."""
        request = wire.GetMetricsUrlRequest(task_id=self._task_id(ask.tuning_id))
        try:
            url = self._call(self._tunings, "GetMetricsUrl", request).load_url
        except Refused as refusal:
            if not self._means_no_metrics(refusal.failure.code):
                raise
            return Metrics(found=False)
        self._download(url, Path(ask.file))
        return Metrics(found=True)

    def tuning_options(self, ask: TuningId) -> TuningOptions:
        """GetOptions: what is told whatever the kind of the parameters is."""
        request = wire.GetOptionsRequest(task_id=self._task_id(ask.tuning_id))
        return self._shown_options(ask.tuning_id, self._call(self._tunings, "GetOptions", request))

    def _shown_options(self, tuning_id: str, options: wire.GetOptionsResponse) -> TuningOptions:
        return TuningOptions(
            tuning_id=tuning_id,
            base_model_uri=options.base_model_uri or None,
            dataset_ids=[one.dataset_id for one in options.train_datasets],
        )

    def _order(self, ask: TuningStart) -> wire.TuningRequest:
        request = wire.TuningRequest(
            base_model_uri=self._base_model_uri(ask),
            train_datasets=self._train_datasets(ask),
            name=ask.name or "",
        )
        self._add_validation(request, ask)
        self._add_params(request, ask)
        return request

    def _train_datasets(self, ask: TuningStart) -> list[wire.TuningRequest.WeightedDataset]:
        """None, where none was named: the service says that there must be one."""
        named = [ask.dataset_id] if ask.dataset_id else []
        return [wire.TuningRequest.WeightedDataset(dataset_id=one, weight=1) for one in named]

    def _base_model_uri(self, ask: TuningStart) -> str:
        return f"{KINDS[ask.kind][0]}://{self._place.folder_id}/{ask.base_model}/latest"

    def _add_validation(self, request: wire.TuningRequest, ask: TuningStart) -> None:
        if ask.validation_dataset_id:
            request.validation_dataset.dataset_id = ask.validation_dataset_id
            request.validation_dataset.weight = 1

    def _add_params(self, request: wire.TuningRequest, ask: TuningStart) -> None:
        """The kind must be on the wire; every number in it is the service's business."""
        getattr(request, KINDS[ask.kind][1]).SetInParent()

    def _operation_id(self, tuning_id: str) -> str:
        """Told by Tune, or the same."""
        return self._operation_ids.get(tuning_id, tuning_id)

    def _task_id(self, tuning_id: str) -> str:
        """Told by the operation, once it has metadata; or the same."""
        known = self._task_ids.get(tuning_id, tuning_id)
        if not known:
            known = self._progress(self._operation(self._operation_id(tuning_id))).tuning_task_id
            self._task_ids[tuning_id] = known
        return known or tuning_id

    def _progress(self, operation: Operation) -> wire.TuningMetadata:
        """The metadata; empty when there are none, or none that this client knows."""
        progress = wire.TuningMetadata()
        operation.metadata.Unpack(progress)
        return progress

    def _outcome(self, tuning_id: str, operation: Operation) -> Tuning:
        if self._is_failed(operation):
            failure = self._failure(operation)
            if not self._means_canceled(failure):
                raise failure
            return Tuning(tuning_id=tuning_id, status="CANCELED")
        response = wire.TuningResponse()
        if operation.response.Unpack(response) and response.target_model_uri:
            return self._with_model(tuning_id, response)
        return self._ended(tuning_id)

    def _with_model(self, tuning_id: str, response: wire.TuningResponse) -> Tuning:
        status = self._status_name(TuningTask.Status, response.status)
        return Tuning(tuning_id=tuning_id, status=status, model_uri=response.target_model_uri)

    def _ended(self, tuning_id: str) -> Tuning:
        """The task as it ended, from the task itself. Raises Refused unless that is a model or a cancel."""
        shown = self._shown_task(tuning_id, self._task(tuning_id))
        if shown.status == "CANCELED" or (shown.status == "COMPLETED" and shown.model_uri):
            return shown
        raise Refused(f"tuning {tuning_id} is {shown.status}, and the service names no model")

    def _means_canceled(self, failure: Refused) -> bool:
        return failure.failure.code == "CANCELLED"

    def _means_no_metrics(self, code: str | None) -> bool:
        return code == "NOT_FOUND"

    def _task(self, tuning_id: str) -> TuningTask:
        request = wire.DescribeTuningRequest(tuning_task_id=self._task_id(tuning_id))
        task: TuningTask = self._call(self._tunings, "Describe", request).tuning_task
        return task

    def _as_of(self, tuning_id: str, progress: wire.TuningMetadata) -> Tuning:
        known = progress.status != TuningTask.STATUS_UNSPECIFIED
        status = self._status_name(TuningTask.Status, progress.status) if known else None
        return Tuning(tuning_id=tuning_id, status=status)

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        return Tuning(
            tuning_id=tuning_id,
            status=self._status_name(TuningTask.Status, task.status),
            model_uri=task.target_model_uri or None,
            source_model_uri=task.source_model_uri or None,
        )
