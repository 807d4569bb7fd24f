"""The stories of one batch run: what its task shows, its operation, and its result dataset (f)."""

from msgspec import Struct

from aistudio_mock.domain.batch import BatchStatus, BatchTask
from aistudio_mock.domain.dataset import DatasetState, DatasetStatus
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import CANCELLED, Failure, OperationState, Packed
from aistudio_mock.domain.schedule import BatchPlan
from aistudio_mock.domain.timeline import Timeline
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as wire,
)


class BatchRun(Struct, frozen=True):
    """All that decides the stories but the outcome: ids and dates, drawn when the run is accepted."""

    task_id: str
    result_dataset_id: str
    now: Instant
    plan: BatchPlan

    def task(self) -> Timeline[BatchStatus]:
        """CREATED, PENDING, IN_PROGRESS; how it ends is being computed."""
        story = Timeline.starting(self.now, BatchStatus.CREATED).then(self.plan.pending, BatchStatus.PENDING)
        return story.then(self.plan.started, BatchStatus.IN_PROGRESS).awaiting()

    def operation(self) -> Timeline[OperationState]:
        """The task id alone, then with each status; unlike a tuning's, this operation tells them all."""
        story = Timeline.starting(self.now, OperationState(metadata=metadata(self.task_id)))
        story = story.then(self.plan.pending, self._under_way(BatchStatus.PENDING))
        return story.then(self.plan.started, self._under_way(BatchStatus.IN_PROGRESS)).awaiting()

    def result(self) -> Timeline[DatasetState]:
        """Being filled until the run is over; nobody can upload to it (which status that is: assumed)."""
        return Timeline.starting(self.plan.pending, DatasetState(DatasetStatus.VALIDATING)).awaiting()

    def behind(self, now: Instant) -> "BatchRun":
        """The same run, ending no earlier than `now`: the work took longer than was drawn."""
        late = max(0, now - self.plan.finished)
        return BatchRun(self.task_id, self.result_dataset_id, self.now, self.plan.postponed(late))

    def ended(
        self, status: BatchStatus, failure: Failure | None
    ) -> tuple[tuple[Instant, OperationState], ...]:
        """How the operation ends: not done yet, and done."""
        end = metadata(self.task_id, status)
        done = OperationState(
            done=True, metadata=end, response=None if failure else self._response(status), error=failure
        )
        return (self.plan.finished, OperationState(metadata=end)), (self.plan.done, done)

    @property
    def phases(self) -> tuple[Instant, ...]:
        """Every moment at which anything becomes visible, in order."""
        plan = self.plan
        moments = {plan.pending, plan.started, plan.reported, plan.finished, plan.done}
        return tuple(sorted(moments - {self.now}))

    def _under_way(self, status: BatchStatus) -> OperationState:
        return OperationState(metadata=metadata(self.task_id, status))

    def _response(self, status: BatchStatus) -> Packed:
        message = wire.BatchCompletionResponse(
            task_id=self.task_id, task_status=status.name, result_dataset_id=self.result_dataset_id
        )
        return Packed(message.DESCRIPTOR.full_name, message.SerializeToString())


def begun(task: BatchTask, drawn: BatchPlan) -> BatchRun:
    """The run of a task that is under way; only its end, which nobody has seen yet, is as it is drawn."""
    _, pending, started = (mark.at for mark in task.timeline.marks)
    finished = max(drawn.finished, started)
    plan = BatchPlan(pending, started, task.reported_at, finished, max(drawn.done, finished))
    return BatchRun(task.id, task.result_dataset_id, task.created_at, plan)


def metadata(task_id: str, status: BatchStatus | None = None) -> Packed:
    """What the operation says of the task; at first the id alone."""
    message = wire.BatchCompletionMetadata(task_id=task_id, task_status=status.name if status else None)
    return Packed(message.DESCRIPTOR.full_name, message.SerializeToString())


def cancelled(task_id: str) -> OperationState:
    """What the operation shows of a task that its owner has cancelled (code assumed, h.3)."""
    error = Failure(CANCELLED, f"batch task {task_id} was cancelled")
    return OperationState(done=True, metadata=metadata(task_id, BatchStatus.CANCELED), error=error)


def refused(task_id: str, failure: Failure) -> OperationState:
    """What the operation shows of a task that could not be started."""
    return OperationState(done=True, metadata=metadata(task_id, BatchStatus.FAILED), error=failure)
