"""BatchInferenceService: looking at batch tasks, stopping them, forgetting them."""

from msgspec.structs import replace

from aistudio_mock.backend import batch_stories, batch_views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.batch_runs import BatchRuns
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.open_stories import OpenStories
from aistudio_mock.backend.polling import Polling
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.domain.batch import BatchStatus, BatchTask
from aistudio_mock.domain.errors import FailedPrecondition
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import Operation
from aistudio_mock.domain.paging import page
from aistudio_protos.yandex.cloud.ai.batch_inference.v1 import batch_inference_service_pb2 as wire


class Batches:
    """One method per RPC of BatchInferenceService."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        access: Access,
        polling: Polling,
        objects: StoredObjects,
        stories: OpenStories,
        runs: BatchRuns,
    ) -> None:
        self._store = store
        self._lock = lock
        self._access = access
        self._polling = polling
        self._objects = objects
        self._stories = stories
        self._runs = runs

    def describe(
        self, call: Call, request: wire.DescribeBatchInferenceRequest
    ) -> wire.DescribeBatchInferenceResponse:
        """The task at now. Clients poll with it, so where polling moves the folder's clock, it moves first.

        Raises NotFound.
        """
        task, folder = self._find(call, request.task_id)
        operation = self._store.operations.get(task.operation_id)
        if operation is not None:
            self._polling.poll(call, operation, folder)
            task, folder = self._find(call, request.task_id)
        return wire.DescribeBatchInferenceResponse(task=batch_views.task(task, folder.clock.now()))

    def list(self, call: Call, request: wire.ListBatchInferencesRequest) -> wire.ListBatchInferencesResponse:
        """A folder's tasks, oldest first; no token on the last page [rec: batch list].

        Raises InvalidArgument for a page size out of range or a forged token.
        """
        folder = self._access.folder(call, request.folder_id)
        now = folder.clock.now()
        batches = self._store.batches
        with self._lock:
            found = page(
                lambda last: (
                    task
                    for task in batches.oldest_first(folder.id, last)
                    if not request.status or int(task.status(now)) == request.status
                ),
                batches.position,
                request.page_size,
                request.page_token,
            )
        return wire.ListBatchInferencesResponse(
            tasks=[batch_views.task(task, now) for task in found.items],
            next_page_token=found.next_page_token,
        )

    def cancel(
        self, call: Call, request: wire.CancelBatchInferenceRequest
    ) -> wire.CancelBatchInferenceResponse:
        """Cancels a task that is not finished; a finished one stays as it is (e.4).

        Raises:
            NotFound: no such task.
            FailedPrecondition: it is finished, where that is refused.
        """
        with self._lock:
            task, folder = self._find(call, request.task_id)
            now = folder.clock.now()
            if task.finished_at(now) is not None and folder.settings.behaviours.cancel_finished == "refuse":
                status = task.status(now).name
                raise FailedPrecondition(f"batch task {task.id} is {status} and cannot be cancelled")
            self._end(task, now)
        return wire.CancelBatchInferenceResponse(task_id=task.id)

    def delete(
        self, call: Call, request: wire.DeleteBatchInferenceRequest
    ) -> wire.DeleteBatchInferenceResponse:
        """Forgets a task; the result dataset of a finished one stays (f).

        Raises:
            NotFound: no such task, or none any more.
            FailedPrecondition: it is not finished, where that is refused.
        """
        with self._lock:
            task, folder = self._find(call, request.task_id)
            now = folder.clock.now()
            if task.finished_at(now) is None:
                if folder.settings.behaviours.batch_delete_unfinished == "refuse":
                    status = task.status(now).name
                    raise FailedPrecondition(
                        f"batch task {task.id} is {status} and cannot be deleted; cancel it first"
                    )
                self._end(task, now)
            self._store.batches.remove(task)
        return wire.DeleteBatchInferenceResponse(task_id=task.id)

    def cut_short(self, task: BatchTask, operation: Operation, now: Instant) -> Operation:
        """Ends both stories as cancelled at `now`, unless the task is finished already. The lock is held."""
        if task.finished_at(now) is not None:
            return operation
        self._runs.stop(task.id)
        timeline = task.timeline.cut(now).then(now, BatchStatus.CANCELED, terminal=True)
        self._store.batches.put(replace(task, timeline=timeline))
        story = operation.timeline.cut(now).then(now, batch_stories.cancelled(task.id), terminal=True)
        ended = replace(operation, timeline=story, phases=(now,))
        self._store.operations.put(ended)
        result = self._store.datasets.get(task.result_dataset_id)
        if result is not None:
            self._store.datasets.remove(result)
            self._objects.release(result)
        self._stories.end(operation.id)
        return ended

    def _end(self, task: BatchTask, now: Instant) -> None:
        operation = self._store.operations.get(task.operation_id)
        assert operation is not None  # it is stored with its task, and forgotten with it
        self.cut_short(task, operation, now)

    def _find(self, call: Call, task_id: str) -> tuple[BatchTask, Folder]:
        return self._access.record(call, self._store.batches, "batch task", task_id)
