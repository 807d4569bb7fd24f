"""The two stories of one tuning: what its task shows, and what its operation (service-behaviour e.2)."""

from collections.abc import Iterator

from msgspec import Struct

from aistudio_mock.domain.behaviours import Behaviours
from aistudio_mock.domain.curves import Schedule
from aistudio_mock.domain.instant import Instant, later
from aistudio_mock.domain.operation import CANCELLED, Failure, OperationState, Packed
from aistudio_mock.domain.plan import Script
from aistudio_mock.domain.schedule import TuningPlan
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.domain.training import Training
from aistudio_mock.domain.tuning import TuningStatus
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire

_PACKAGE = "yandex.cloud.ai.tuning.v1"
_CANCELLED = Failure(CANCELLED, "Operation was cancelled")
"""What a cancelled operation ends with (code and text assumed, service-behaviour h.3)."""

_LOOKS = 10
"""How often an operation that tells of its steps does so in a run."""


class Run(Struct, frozen=True):
    """All that decides both stories, drawn when the tuning is accepted."""

    operation_id: str
    task_id: str
    target_model_uri: str
    now: Instant
    plan: TuningPlan
    script: Script
    schedule: Schedule
    behaviours: Behaviours

    def task(self) -> Timeline[TuningStatus]:
        """CREATED, PENDING, IN_PROGRESS, and its end, as far as the script lets it come."""
        plan, end = self.plan, self.script.end
        story = Timeline.starting(self.now, TuningStatus.CREATED).then(plan.pending, TuningStatus.PENDING)
        if self.script.starts:
            story = story.then(plan.started, TuningStatus.IN_PROGRESS)
        return story if end is None else story.then(plan.finished, end, terminal=True)

    def operation(self) -> Timeline[OperationState]:
        """CREATED, PENDING, then frozen until done, unless the behaviours let it tell more."""
        story = Timeline.starting(self.now, self._early(TuningStatus.CREATED))
        story = story.then(self.plan.pending, self._early(TuningStatus.PENDING))
        for at, state in self._progress():
            story = story.then(at, state)
        end = self.script.end
        if end is None:
            return story
        metadata = self._metadata(end, self._steps_done(1.0))
        if self.script.closing == "error-first":
            story = story.then(self.plan.finished, OperationState(metadata=metadata, error=self._error()))
        return story.then(self.plan.done, self._final(metadata), terminal=True)

    def phases(self, visible_from: Instant) -> tuple[Instant, ...]:
        """Every moment at which anything becomes visible, in order; the task from `visible_from` on."""
        moments = {mark.at for mark in self.task().marks} | {mark.at for mark in self.operation().marks}
        return tuple(sorted((moments | {visible_from}) - {self.now}))

    def training(self, rows: int) -> Training:
        """How far it trains on `rows` rows, if it is not cancelled."""
        ran, share = self.plan.finished - self.plan.started, self.script.after
        ends_at = later(self.plan.started, round(ran / share)) if share else self.plan.started
        return Training(rows, ends_at, share)

    def _early(self, status: TuningStatus) -> OperationState:
        if self.behaviours.tune_reply == "empty-metadata":
            return OperationState(metadata=Packed(f"{_PACKAGE}.TuningMetadata", b""))
        return OperationState(metadata=self._metadata(status, 0))

    def _progress(self) -> Iterator[tuple[Instant, OperationState]]:
        """What is told of the run while it goes on: nothing, as recorded, or its status, or its steps too."""
        how = self.behaviours.tuning_operation_progress
        if how == "frozen" or not self.script.starts:
            return
        plan = self.plan
        for look in range(_LOOKS if how == "steps" else 1):
            metadata = self._metadata(TuningStatus.IN_PROGRESS, self._steps_done(look / _LOOKS))
            at = later(plan.started, (plan.finished - plan.started) * look // _LOOKS)
            yield at, OperationState(metadata=metadata)

    def _steps_done(self, share: float) -> int:
        """Steps done when that share of the time from start to end is over."""
        return int(self.schedule.total_steps * self.script.after * share) if self.script.starts else 0

    def _metadata(self, status: TuningStatus, step: int) -> Packed:
        with_steps = self.behaviours.tuning_operation_progress == "steps"
        message = wire.TuningMetadata(
            tuning_task_id=self.task_id,
            status=status.name,
            total_steps=self.schedule.total_steps if with_steps else 0,
            current_step=step if with_steps else 0,
        )
        return Packed(f"{_PACKAGE}.TuningMetadata", message.SerializeToString())

    def _error(self) -> Failure:
        return Failure(self.script.code, self.script.message)

    def _final(self, metadata: Packed) -> OperationState:
        if self.script.closing == "bare":
            return OperationState(done=True, metadata=metadata)
        if self.script.outcome == "complete":
            return OperationState(done=True, metadata=metadata, response=self._response())
        error = self._error() if self.script.outcome == "fail" else _CANCELLED
        return OperationState(done=True, metadata=metadata, error=error)

    def _response(self) -> Packed:
        message = wire.TuningResponse(
            tuning_task_id=self.task_id,
            status=TuningStatus.COMPLETED.name,
            target_model_uri=self.target_model_uri,
        )
        return Packed(f"{_PACKAGE}.TuningResponse", message.SerializeToString())


def cancelled(task_id: str) -> OperationState:
    """What the operation shows of a task that its owner has cancelled."""
    message = wire.TuningMetadata(tuning_task_id=task_id, status=TuningStatus.CANCELED.name)
    metadata = Packed(f"{_PACKAGE}.TuningMetadata", message.SerializeToString())
    return OperationState(done=True, metadata=metadata, error=_CANCELLED)
