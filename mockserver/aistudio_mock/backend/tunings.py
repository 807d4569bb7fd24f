"""TuningService: one method per RPC."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from threading import RLock

from aistudio_mock.backend import tuning_request, views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.store import Store
from aistudio_mock.backend.tuning_request import TuneOrder
from aistudio_mock.domain.catalogue import TASK_TYPE_OF
from aistudio_mock.domain.dataset import Dataset, DatasetCommand
from aistudio_mock.domain.errors import InvalidArgument, NotFound
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import Failure, Operation, OperationState, Packed
from aistudio_mock.domain.paging import page
from aistudio_mock.domain.schedule import TuningPlan, plan_tuning
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.domain.tuning import Tuning, TuningStatus
from aistudio_mock.runtime.chance import Ids
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from aistudio_protos.yandex.cloud.operation import operation_pb2

_PACKAGE = "yandex.cloud.ai.tuning.v1"
_CANCELLED = Failure(1, "Operation was cancelled")
"""What a cancelled operation ends with (code and text assumed, service-behaviour h.3)."""


class Tunings:
    """The tuning tasks of every folder, and the stories of their operations."""

    def __init__(
        self, store: Store, lock: RLock, access: Access, folders: Folders, ids: Ids, objects: StoredObjects
    ) -> None:
        self._store = store
        self._lock = lock
        self._access = access
        self._folders = folders
        self._ids = ids
        self._objects = objects

    def tune(self, call: Call, request: wire.TuningRequest) -> operation_pb2.Operation:
        """Starts a tuning in the folder of the base model's URI (e.1, e.2).

        Raises:
            InvalidArgument: the request makes no sense, or a dataset is of another type than the parameters.
            NotFound: no such dataset.
            FailedPrecondition: a dataset is not READY.
        """
        order = tuning_request.read(request)
        folder = self._access.folder(call, order.base.folder)
        with self._lock:
            now = folder.clock.now()
            datasets = {
                named.dataset_id: self._trainable(call, order, named.dataset_id)
                for named in tuning_request.weighted_datasets(request)
            }
            train = [datasets[named.dataset_id] for named in request.train_datasets]
            operation = self._begin(folder, order, request, train, now)
        shown = views.operation(operation, now)
        if folder.settings.behaviours.tune_reply == "id-only":
            return operation_pb2.Operation(id=shown.id)
        return shown

    def describe(self, call: Call, request: wire.DescribeTuningRequest) -> wire.DescribeTuningResponse:
        """The task as it is now. Raises NotFound."""
        task, folder = self._find(call, request.tuning_task_id)
        return wire.DescribeTuningResponse(tuning_task=views.tuning(task, folder.clock.now()))

    def list(self, call: Call, request: wire.ListTuningsRequest) -> wire.ListTuningsResponse:
        """A folder's tasks, newest first; every non-empty page carries a token (e.7).

        Raises InvalidArgument for a forged token.
        """
        folder = self._access.folder(call, request.folder_id)
        now = folder.clock.now()
        with self._lock:
            found = page(
                (
                    task
                    for task in self._store.tunings.newest_first(folder.id)
                    if not request.status or int(task.status(now)) == request.status
                ),
                self._store.tunings.position,
                request.page_size,
                request.page_token,
                token_on_every_page=folder.settings.behaviours.tunings_last_page == "token",
            )
        return wire.ListTuningsResponse(
            tuning_tasks=[views.tuning(task, now) for task in found.items],
            next_page_token=found.next_page_token,
        )

    def get_options(self, call: Call, request: wire.GetOptionsRequest) -> wire.GetOptionsResponse:
        """What the task was started with. Raises NotFound."""
        task, _ = self._find(call, request.task_id)
        asked = wire.TuningRequest.FromString(task.request)
        validation = [asked.validation_dataset] if asked.HasField("validation_dataset") else []
        options = wire.GetOptionsResponse(
            task_id=task.id,
            base_model_uri=asked.base_model_uri,
            train_datasets=asked.train_datasets,
            validation_datasets=[*asked.validation_datasets, *validation],
        )
        kind = asked.WhichOneof("tuning_params")
        assert kind is not None  # Tune refuses a request without parameters
        getattr(options, kind).CopyFrom(getattr(asked, kind))
        return options

    def get_metrics_url(self, call: Call, request: wire.GetMetricsUrlRequest) -> wire.GetMetricsUrlResponse:
        """A presigned URL of the TensorBoard archive (e.6).

        Raises:
            NotFound: no such task, or it is not COMPLETED and has no metrics yet.
        """
        task, folder = self._find(call, request.task_id)
        now = folder.clock.now()
        if not task.model_exists(now):
            raise NotFound(f"tuning task {task.id} is {task.status(now).name} and has no metrics yet")
        return wire.GetMetricsUrlResponse(load_url=self._objects.metrics_url(call.door, task, now))

    def cancel(self, call: Call, request: wire.CancelTuningRequest) -> wire.CancelTuningResponse:
        """Cancels a task that is not finished; a finished one stays as it is (e.4). Raises NotFound."""
        with self._lock:
            task, folder = self._find(call, request.tuning_task_id)
            operation, _ = self._access.record(call, self._store.operations, "operation", task.operation_id)
            self.cut_short(task, operation, folder.clock.now())
        return wire.CancelTuningResponse(tuning_task_id=task.id)

    def cut_short(self, task: Tuning, operation: Operation, now: Instant) -> Operation:
        """Ends both stories as cancelled at `now`, unless the task is finished already. The lock is held."""
        if task.finished_at(now) is not None:
            return operation
        timeline = task.timeline.cut(now).then(now, TuningStatus.CANCELED, terminal=True)
        self._store.tunings.put(replace(task, timeline=timeline))
        final = OperationState(
            done=True, metadata=_metadata(task.id, TuningStatus.CANCELED), error=_CANCELLED
        )
        ended = replace(
            operation, timeline=operation.timeline.cut(now).then(now, final, terminal=True), phases=(now,)
        )
        self._store.operations.put(ended)
        return ended

    def _find(self, call: Call, task_id: str) -> tuple[Tuning, Folder]:
        return self._access.record(call, self._store.tunings, "tuning task", task_id)

    def _trainable(self, call: Call, order: TuneOrder, dataset_id: str) -> Dataset:
        dataset, owner = self._access.record(call, self._store.datasets, "dataset", dataset_id)
        dataset.require(DatasetCommand.TUNE_ON, owner.clock.now())
        wanted = TASK_TYPE_OF[order.kind]
        if dataset.task_type != wanted:
            raise InvalidArgument(
                f"dataset {dataset.id} is of type {dataset.task_type}; {order.kind} trains on {wanted}"
            )
        return dataset

    def _begin(
        self,
        folder: Folder,
        order: TuneOrder,
        request: wire.TuningRequest,
        train: Sequence[Dataset],
        now: Instant,
    ) -> Operation:
        operation_id = self._ids.new("ftn")
        same = folder.settings.behaviours.tuning_task_id == "same"
        plan = plan_tuning(folder.settings.durations, folder.chance(operation_id), now)
        rows = sum(dataset.timeline.last.state.rows for dataset in train)
        task = Tuning(
            id=operation_id if same else self._ids.new("ftn"),
            operation_id=operation_id,
            folder_id=folder.id,
            created_at=now,
            created_by=folder.service_account_id,
            request=request.SerializeToString(),
            source_model_uri=order.base.without_folder,
            target_model_uri=order.base.tuned(self._ids.new("tamr")),
            timeline=_task_story(plan, now),
            schedule=order.schedule(rows),
            training_data=tuple(dataset.draft for dataset in train if dataset.draft is not None),
            has_validation=tuning_request.has_validation(request),
            seed=order.params.seed or zlib.crc32(operation_id.encode()),
            name=request.name,
            description=request.description,
            labels=dict(request.labels),
        )
        bare = folder.settings.behaviours.tune_reply == "empty-metadata"
        operation = Operation(
            operation_id,
            folder.id,
            now,
            _operation_story(task, plan, now, bare=bare),
            phases=tuple(sorted({plan.pending, plan.started, plan.finished, plan.done})),
        )
        self._store.tunings.put(task)
        self._store.operations.put(operation)
        self._store.task_of_operation[operation.id] = task.id
        self._store.tuned_models[task.target_model_uri] = task.id
        return operation


def _task_story(plan: TuningPlan, now: Instant) -> Timeline[TuningStatus]:
    return (
        Timeline.starting(now, TuningStatus.CREATED)
        .then(plan.pending, TuningStatus.PENDING)
        .then(plan.started, TuningStatus.IN_PROGRESS)
        .then(plan.finished, TuningStatus.COMPLETED, terminal=True)
    )


def _operation_story(task: Tuning, plan: TuningPlan, now: Instant, *, bare: bool) -> Timeline[OperationState]:
    """CREATED, PENDING, then frozen until done: IN_PROGRESS never shows here (e.2)."""
    empty = Packed(f"{_PACKAGE}.TuningMetadata", b"")
    response = wire.TuningResponse(
        tuning_task_id=task.id,
        status=TuningStatus.COMPLETED.name,
        target_model_uri=task.target_model_uri,
    )
    done = OperationState(
        done=True,
        metadata=_metadata(task.id, TuningStatus.COMPLETED),
        response=Packed(f"{_PACKAGE}.TuningResponse", response.SerializeToString()),
    )
    created, pending = (
        OperationState(metadata=empty if bare else _metadata(task.id, status))
        for status in (TuningStatus.CREATED, TuningStatus.PENDING)
    )
    return Timeline.starting(now, created).then(plan.pending, pending).then(plan.done, done, terminal=True)


def _metadata(task_id: str, status: TuningStatus) -> Packed:
    message = wire.TuningMetadata(tuning_task_id=task_id, status=status.name)
    return Packed(f"{_PACKAGE}.TuningMetadata", message.SerializeToString())
