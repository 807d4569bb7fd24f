"""TextGenerationBatchService: a text model answers every row of a dataset."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from aistudio_mock.backend import batch_stories, quotas, views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.batch_stories import BatchRun
from aistudio_mock.backend.batch_work import Answer, BatchWork
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.identity import Credential
from aistudio_mock.backend.inference import TextGeneration
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.open_stories import OpenStories
from aistudio_mock.backend.scans import Scans, Written
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.backend.text_models import TextModels
from aistudio_mock.domain.batch import BatchStatus, BatchTask
from aistudio_mock.domain.catalogue import LATEST, ModelUri
from aistudio_mock.domain.dataset import Dataset, DatasetCommand, DatasetState, DatasetStatus
from aistudio_mock.domain.errors import (
    ApiError,
    FailedPrecondition,
    FieldViolation,
    Internal,
    InvalidArgument,
    NotFound,
)
from aistudio_mock.domain.instant import Instant, later, seconds
from aistudio_mock.domain.operation import Failure, Operation, OperationState
from aistudio_mock.domain.schedule import plan_batch, refused_after
from aistudio_mock.domain.timeline import Timeline
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as wire,
)
from aistudio_protos.yandex.cloud.operation import operation_pb2

if TYPE_CHECKING:
    from concurrent.futures import Future

_SOURCE, _RESULT = "TextToTextGenerationRequest", "TextToTextGeneration"
_LABELS = ("foundation_models_batch_task_id", "foundation_models_source_dataset")
"""What a result dataset is labelled with: its task, and the dataset with the requests (c.10)."""


class BatchRuns:
    """Begins batch tasks, does their work, and seals their stories when that is over."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        access: Access,
        objects: StoredObjects,
        scans: Scans,
        stories: OpenStories,
        models: TextModels,
        texts: TextGeneration,
    ) -> None:
        self._store = store
        self._lock = lock
        self._access = access
        self._objects = objects
        self._scans = scans
        self._stories = stories
        self._models = models
        self._texts = texts
        self._works: dict[str, BatchWork] = {}
        """Those under way, by task."""

    def completion(self, call: Call, request: wire.BatchCompletionRequest) -> operation_pb2.Operation:
        """Starts a batch task in the folder of the model's URI (f).

        Where refusals come later, a task that cannot be carried out is made, and fails.

        Raises:
            InvalidArgument: no dataset is named, it has no requests, or the model's URI is none.
            NotFound: no such dataset or model, or a tuned one whose task is not COMPLETED.
            FailedPrecondition: the dataset is not READY.
            ResourceExhausted: the folder has as many datasets as its quota allows.
        """
        if not request.source_dataset_id:
            raise InvalidArgument.of(FieldViolation("source_dataset_id", "Field is required"))
        folder = self._access.folder(call, ModelUri.parse(request.model_uri, LATEST).folder)
        with self._lock:
            now = folder.clock.now()
            source, owner = self._access.record(
                call, self._store.datasets, "dataset", request.source_dataset_id
            )
            refusal = self._refusal(call, request, source, owner.clock.now())
            if refusal is not None and folder.settings.behaviours.batch_refusals == "sync":
                raise refusal
            if refusal is not None:
                return views.operation(self._fail(folder, request, now, refusal), now)
            quotas.require_dataset(self._store, folder)
            return views.operation(self._begin(call, folder, request, source, now), now)

    def stop(self, task_id: str) -> None:
        """The work of the task, if it goes on, is not wanted any more."""
        work = self._works.pop(task_id, None)
        if work is not None:
            work.stop()

    def stop_all(self, folder_id: str) -> None:
        """No work of the folder is wanted any more."""
        with self._lock:
            for task in self._store.batches.newest_first(folder_id):
                self.stop(task.id)

    def _refusal(
        self, call: Call, request: wire.BatchCompletionRequest, source: Dataset, now: Instant
    ) -> ApiError | None:
        try:
            source.require(DatasetCommand.INFER_ON, now)
            _require_requests(source)
            self._models.find(call, request.model_uri)
        except (InvalidArgument, FailedPrecondition, NotFound) as refusal:
            return refusal
        return None

    def _begin(
        self,
        call: Call,
        folder: Folder,
        request: wire.BatchCompletionRequest,
        source: Dataset,
        now: Instant,
    ) -> Operation:
        operation_id, task_id = folder.ids.new("fbi"), folder.ids.new("fbi")
        plan = plan_batch(folder.settings.durations, folder.chance(operation_id), now)
        run = BatchRun(task_id, folder.ids.new("fds"), now, plan)
        task = _task(folder, request, operation_id, run)
        operation = Operation(operation_id, folder.id, now, run.operation(), phases=run.phases)
        self._put(task, operation)
        self._store.datasets.put(_result(folder, source, run))
        assert source.draft is not None  # it is READY
        work = BatchWork(self._objects.lines((source.draft,)), request, self._answering(call))
        self._await(folder, operation_id, run, work)
        return operation

    def resume(self, folder: Folder, task: BatchTask) -> None:
        """Begins the work of an open story anew, on behalf of the folder; what was drawn is drawn again."""
        request = wire.BatchCompletionRequest.FromString(task.request)
        drawn = plan_batch(folder.settings.durations, folder.chance(task.operation_id), task.created_at)
        source = self._store.datasets.get(request.source_dataset_id)
        lines = self._objects.lines((source.draft,) if source and source.draft else ())
        work = BatchWork(lines, request, self._answering(Call(Credential(folder))))
        self._await(folder, task.operation_id, batch_stories.begun(task, drawn), work)

    def _await(self, folder: Folder, operation_id: str, run: BatchRun, work: BatchWork) -> None:
        self._stories.begin(operation_id, folder.id)
        self._works[run.task_id] = work
        future = self._scans.write(work, _RESULT)
        future.add_done_callback(lambda done: self._finish(folder, operation_id, run, work, done))

    def _fail(
        self, folder: Folder, request: wire.BatchCompletionRequest, now: Instant, refusal: ApiError
    ) -> Operation:
        """A task that ends before it starts (e.5)."""
        operation_id, task_id = folder.ids.new("fbi"), folder.ids.new("fbi")
        wait = refused_after(folder.settings.durations, folder.chance(operation_id))
        end, failure = later(now, seconds(wait)), Failure(refusal.code, refusal.message)
        run = BatchRun(task_id, "", now, plan_batch(folder.settings.durations, folder.chance(task_id), now))
        story = Timeline.starting(now, BatchStatus.CREATED).then(end, BatchStatus.FAILED, terminal=True)
        task = replace(_task(folder, request, operation_id, run), timeline=story, failure=failure)
        begun = OperationState(metadata=batch_stories.metadata(task_id))
        refused = batch_stories.refused(task_id, failure)
        shown = Timeline.starting(now, begun).then(end, refused, terminal=True)
        operation = Operation(operation_id, folder.id, now, shown, phases=(end,))
        self._put(task, operation)
        return operation

    def _put(self, task: BatchTask, operation: Operation) -> None:
        self._store.batches.put(task)
        self._store.operations.put(operation)
        self._store.task_of_operation[operation.id] = task.id

    def _answering(self, call: Call) -> Answer:
        def answer(asked: wire.CompletionRequest) -> str:
            *_, whole = self._texts.completion(call, asked)
            return whole.alternatives[0].message.text

        return answer

    def _finish(
        self,
        folder: Folder,
        operation_id: str,
        run: BatchRun,
        work: BatchWork,
        future: "Future[Written]",
    ) -> None:
        problem = None if future.cancelled() else future.exception()
        written = None if future.cancelled() or problem is not None else future.result()
        with self._stories.ending(operation_id), self._lock:
            self._works.pop(run.task_id, None)
            task = self._store.batches.get(run.task_id)
            operation = self._store.operations.get(operation_id)
            if task is None or operation is None or task.timeline.last.terminal:
                self._discard(written)  # cancelled, deleted, or taken away by a reset
            else:
                failure = _failure(written, work, problem)
                ended = replace(task, line_errors=tuple(work.line_errors), failure=failure)
                self._seal(ended, operation, run.behind(folder.clock.now()), written)

    def _seal(self, task: BatchTask, operation: Operation, run: BatchRun, written: Written | None) -> None:
        status = BatchStatus.FAILED if task.failure else BatchStatus.COMPLETED
        finished = run.plan.finished
        timeline = task.timeline.then(finished, status, terminal=True).sealed()
        self._store.batches.put(replace(task, timeline=timeline))
        story = operation.timeline
        closing, done = run.ended(status, task.failure)
        story = story.then(*closing).then(*done, terminal=True).sealed()
        self._store.operations.put(replace(operation, timeline=story, phases=run.phases))
        dataset = self._store.datasets.get(run.result_dataset_id)
        if dataset is None:  # deleted meanwhile
            self._discard(written)
        else:
            self._store.datasets.put(_filled(dataset, finished, written))

    def _discard(self, written: Written | None) -> None:
        for blob in (written.draft, written.scanned.content) if written else ():
            if blob is not None:
                self._scans.discard(blob)


def _require_requests(source: Dataset) -> None:
    if source.task_type != _SOURCE:
        raise InvalidArgument(
            f"dataset {source.id} is of type {source.task_type}; a batch run takes {_SOURCE}"
        )


def _task(
    folder: Folder, request: wire.BatchCompletionRequest, operation_id: str, run: BatchRun
) -> BatchTask:
    return BatchTask(
        id=run.task_id,
        operation_id=operation_id,
        folder_id=folder.id,
        created_at=run.now,
        created_by=folder.service_account_id,
        request=request.SerializeToString(),
        timeline=run.task(),
        result_dataset_id=run.result_dataset_id,
        reported_at=run.plan.reported,
    )


def _result(folder: Folder, source: Dataset, run: BatchRun) -> Dataset:
    return Dataset(
        id=run.result_dataset_id,
        folder_id=folder.id,
        name=f"Batch inference {run.task_id} result",
        task_type=_RESULT,
        upload_format="jsonlines",
        created_at=run.plan.pending,
        created_by=folder.service_account_id,
        timeline=run.result(),
        labels=dict(zip(_LABELS, (run.task_id, source.id), strict=True)),
    )


def _filled(dataset: Dataset, at: Instant, written: Written | None) -> Dataset:
    """The result dataset when the run is over: READY without a number of rows (c.7), or INVALID."""
    if written is None or written.scanned.content is None:
        timeline = dataset.timeline.then(at, DatasetState(DatasetStatus.INVALID)).sealed()
        return replace(dataset, timeline=timeline)
    content = replace(written.scanned.content, modified=at)
    ready = DatasetState(DatasetStatus.READY, size_bytes=content.size)
    return replace(
        dataset, timeline=dataset.timeline.then(at, ready).sealed(), draft=written.draft, content=content
    )


def _failure(written: Written | None, work: BatchWork, problem: BaseException | None) -> Failure | None:
    """Why the run fails: it could not be done, or not a single row got an answer."""
    if written is not None and written.scanned.content is not None:
        return None
    if work.line_errors:
        first = work.line_errors[0]
        return Failure(
            InvalidArgument.code, f"no row got an answer; row {first.line_number}: {first.message}"
        )
    return Failure(Internal.code, f"the run could not be done: {problem or 'the server stopped'}")
