"""TuningService, the RPCs that start, show and stop a tuning."""

import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from aistudio_mock.backend import quotas, tuning_request, views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.backend.tuning_request import TuneOrder
from aistudio_mock.backend.tuning_stories import Run, cancelled
from aistudio_mock.domain.catalogue import TASK_TYPE_OF, require_tunable
from aistudio_mock.domain.dataset import Dataset, DatasetCommand
from aistudio_mock.domain.errors import ApiError, FailedPrecondition, InvalidArgument, NotFound
from aistudio_mock.domain.instant import Instant, later, read_seconds, seconds
from aistudio_mock.domain.operation import Operation
from aistudio_mock.domain.paging import page
from aistudio_mock.domain.plan import Script
from aistudio_mock.domain.schedule import plan_tuning, refused_after
from aistudio_mock.domain.tuning import UNFINISHED, Tuning, TuningCommand, TuningStatus
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from aistudio_protos.yandex.cloud.operation import operation_pb2

if TYPE_CHECKING:
    from aistudio_mock.backend.polling import Polling


class Tunings:
    """The tuning tasks of every folder, and the stories of their operations."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        access: Access,
        folders: Folders,
        objects: StoredObjects,
        polling: "Callable[[], Polling]",
    ) -> None:
        """`polling` is called when a task that is not finished is described."""
        self._store = store
        self._lock = lock
        self._access = access
        self._folders = folders
        self._objects = objects
        self._polling = polling

    def tune(self, call: Call, request: wire.TuningRequest) -> operation_pb2.Operation:
        """Starts a tuning in the folder of the base model's URI (e.1, e.2).

        Where refusals come later, a task that cannot be trained is made, and fails.

        Raises:
            InvalidArgument: the request makes no sense, the base model cannot be tuned, or a dataset is of
                another type than the parameters.
            NotFound: no such dataset.
            PermissionDenied: strict, and a dataset is in a folder of others.
            FailedPrecondition: a dataset is not READY.
            ResourceExhausted: the folder began too many tunings in the last hour or day.
        """
        order = tuning_request.read(request)
        folder = self._access.folder(call, order.base.folder)
        behaviours = folder.settings.behaviours
        if behaviours.tune_name == "pattern":
            tuning_request.require_name(request.name)
        with self._lock:
            now = folder.clock.now()
            datasets = self._named(call, request)
            refusal = self._refusal(folder, order, datasets)
            if refusal is not None and behaviours.tune_refusals == "sync":
                raise refusal
            quotas.require_tuning(self._store, folder, now)
            train = [datasets[named.dataset_id][0] for named in request.train_datasets]
            rows = sum(dataset.timeline.last.state.rows for dataset in train)
            run = self._draw(folder, order, rows, now, refusal)
            operation = self._begin(folder, order, request, train, run)
        shown = views.operation(operation, now)
        if behaviours.tune_reply == "id-only":
            return operation_pb2.Operation(id=shown.id)
        return shown

    def describe(self, call: Call, request: wire.DescribeTuningRequest) -> wire.DescribeTuningResponse:
        """The task as it is now, which may take a poll of its operation. Raises NotFound."""
        task, folder, now = self.find(call, request.tuning_task_id)
        if (status := task.status(now)) in UNFINISHED:
            self._polling().asked(call, task.operation_id, status, folder)
            task, _, now = self.find(call, request.tuning_task_id)
        return wire.DescribeTuningResponse(tuning_task=views.tuning(task, now))

    def list(self, call: Call, request: wire.ListTuningsRequest) -> wire.ListTuningsResponse:
        """A folder's tasks, newest first; every non-empty page carries a token (e.7).

        Raises InvalidArgument for a forged token.
        """
        folder = self._access.folder(call, request.folder_id)
        now = folder.clock.now()
        with self._lock:
            found = page(
                lambda before: (
                    task
                    for task in self._store.tunings.newest_first(folder.id, before)
                    if task.visible_from <= now
                    and (not request.status or int(task.status(now)) == request.status)
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
        """What the task was started with, as far as the reply has room for it. Raises NotFound."""
        task, _, _ = self.find(call, request.task_id)
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
            NotFound: no such task, or it has no metrics yet: they come with the first evaluation, or, where
                that is chosen, when the task is COMPLETED.
        """
        task, folder, now = self.find(call, request.task_id)
        return wire.GetMetricsUrlResponse(load_url=self.metrics_url(call.door, task, folder, now))

    def metrics_url(self, door: Door, task: Tuning, folder: Folder, now: Instant) -> str:
        """The same of a task that is at hand. Raises NotFound."""
        complete = folder.settings.behaviours.metrics_available != "completed" or task.ran_to_its_end(now)
        url = self._objects.metrics_url(door, task, now) if complete else None
        if url is None:
            status = task.status(now)
            yet = " yet" if status in UNFINISHED else ""
            raise NotFound(f"tuning task {task.id} is {status.name} and has no metrics{yet}")
        return url

    def cancel(self, call: Call, request: wire.CancelTuningRequest) -> wire.CancelTuningResponse:
        """Cancels a task that is not finished; a finished one stays as it is (e.4).

        Raises:
            NotFound: no such task.
            FailedPrecondition: it is finished, where that is refused.
        """
        with self._lock:
            task, folder, now = self.find(call, request.tuning_task_id)
            operation = self._store.operations.get(task.operation_id)
            assert operation is not None  # it is stored with its task, and forgotten with it
            if folder.settings.behaviours.cancel_finished == "refuse":
                task.require(TuningCommand.CANCEL, now)
            self.cut_short(task, operation, now)
        return wire.CancelTuningResponse(tuning_task_id=task.id)

    def cut_short(self, task: Tuning, operation: Operation, now: Instant) -> Operation:
        """Ends both stories as cancelled at `now`, unless the task is finished already. The lock is held.

        A task that does not heed Cancel goes on: that is how losing the race looks.
        """
        if task.finished_at(now) is not None or not task.heeds_cancel:
            return operation
        timeline = task.timeline.cut(now).then(now, TuningStatus.CANCELED, terminal=True)
        self._store.tunings.put(replace(task, timeline=timeline))
        story = operation.timeline.cut(now).then(now, cancelled(task.id), terminal=True)
        ended = replace(operation, timeline=story, phases=(now,))
        self._store.operations.put(ended)
        return ended

    def reader(self, dataset_id: str) -> Tuning | None:
        """An unfinished task that trains, validates or tests on the dataset, if any. The lock is held."""
        for task in self._store.tunings:  # of every folder: one may train on another's dataset
            if task.finished_at(self._folders.get(task.folder_id).clock.now()) is None:
                asked = wire.TuningRequest.FromString(task.request)
                if any(one.dataset_id == dataset_id for one in tuning_request.weighted_datasets(asked)):
                    return task
        return None

    def find(self, call: Call, task_id: str) -> tuple[Tuning, Folder, Instant]:
        """The task, its folder, and the time there. Raises NotFound, also for a task not visible yet."""
        task, folder = self._access.record(call, self._store.tunings, "tuning task", task_id)
        now = folder.clock.now()
        if now < task.visible_from:
            raise NotFound(f"tuning task {task_id} not found")
        return task, folder, now

    def _named(self, call: Call, request: wire.TuningRequest) -> dict[str, tuple[Dataset, Folder]]:
        return {
            named.dataset_id: self._access.record(call, self._store.datasets, "dataset", named.dataset_id)
            for named in tuning_request.weighted_datasets(request)
        }

    @staticmethod
    def _refusal(
        folder: Folder, order: TuneOrder, datasets: dict[str, tuple[Dataset, Folder]]
    ) -> ApiError | None:
        """Why the order cannot be carried out, if so."""
        retired = folder.settings.behaviours.llama_lite == "tunable"
        try:
            require_tunable(order.base, order.kind, retired=retired)
            for dataset, owner in datasets.values():
                dataset.require(DatasetCommand.TUNE_ON, owner.clock.now())
                _require_type(dataset, order.kind)
        except (InvalidArgument, FailedPrecondition) as refusal:
            return refusal
        return None

    def _begin(
        self,
        folder: Folder,
        order: TuneOrder,
        request: wire.TuningRequest,
        train: Sequence[Dataset],
        run: Run,
    ) -> Operation:
        task = Tuning(
            id=run.task_id,
            operation_id=run.operation_id,
            folder_id=folder.id,
            created_at=run.now,
            created_by=folder.service_account_id,
            request=request.SerializeToString(),
            source_model_uri=order.base.without_folder,
            target_model_uri=run.target_model_uri,
            timeline=run.task(),
            schedule=run.schedule,
            training_data=tuple(dataset.draft for dataset in train if dataset.draft is not None),
            training=run.training(sum(dataset.timeline.last.state.rows for dataset in train)),
            seed=order.params.seed or zlib.crc32(run.operation_id.encode()),
            name=request.name,
            description=request.description,
            labels=dict(request.labels),
            visible_from=later(run.now, seconds(read_seconds(run.behaviours.tuning_visible_after))),
            errors=run.script.reasons,
            heeds_cancel=run.script.heeds_cancel,
        )
        operation = Operation(
            run.operation_id, folder.id, run.now, run.operation(), phases=run.phases(task.visible_from)
        )
        self._store.tunings.put(task)
        self._store.operations.put(operation)
        self._store.task_of_operation[operation.id] = task.id
        if task.target_model_uri:
            self._store.tuned_models[task.target_model_uri] = task.id
        return operation

    def _draw(
        self, folder: Folder, order: TuneOrder, rows: int, now: Instant, refusal: ApiError | None
    ) -> Run:
        """Everything about the run that is not in the request: ids, script, dates."""
        behaviours, durations = folder.settings.behaviours, folder.settings.durations
        operation_id = folder.ids.new("ftn")
        chance = folder.chance(operation_id)
        if refusal is None:
            script = folder.plans.take()
        else:
            script = _failing(refusal, refused_after(durations, chance))
        target = order.base.tuned(folder.ids.new("tamr"), order.kind)
        same = behaviours.tuning_task_id == "same"
        return Run(
            operation_id=operation_id,
            task_id=operation_id if same else folder.ids.new("ftn"),
            target_model_uri=target if script.model else "",
            now=now,
            plan=plan_tuning(durations, chance, now, script),
            script=script,
            schedule=order.schedule(rows),
            behaviours=behaviours,
        )


def _require_type(dataset: Dataset, kind: str) -> None:
    wanted = TASK_TYPE_OF[kind]
    if dataset.task_type != wanted:
        raise InvalidArgument(
            f"dataset {dataset.id} is of type {dataset.task_type}; {kind} trains on {wanted}"
        )


def _failing(refusal: ApiError, after: float) -> Script:
    """The life of a task that should have been refused."""
    return Script(
        "fail", starts=False, status=refusal.name, message=refusal.message, seconds={"start": after}
    )
