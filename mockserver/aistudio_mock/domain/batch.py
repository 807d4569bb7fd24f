"""Batch tasks: a model's run over a dataset. Their statuses, and what is visible when."""

from enum import IntEnum

from msgspec import Struct

from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import Failure
from aistudio_mock.domain.timeline import Timeline


class BatchStatus(IntEnum):
    """`BatchInferenceTask.Status` on the wire (service-behaviour f)."""

    CREATED = 1
    PENDING = 2
    IN_PROGRESS = 3
    COMPLETED = 4
    FAILED = 5
    CANCELED = 6


class LineError(Struct, frozen=True):
    """A row of the source dataset that got no answer; the first row is 1 (assumed)."""

    line_number: int
    message: str


class BatchTask(Struct, frozen=True):
    """A batch task as stored. What a caller sees is a view of it at `now`."""

    id: str
    operation_id: str
    folder_id: str
    created_at: Instant
    created_by: str
    request: bytes
    """The `BatchCompletionRequest` as accepted."""
    timeline: Timeline[BatchStatus]
    result_dataset_id: str
    reported_at: Instant
    """From then on it tells of errors, and be it that there are none (f)."""
    line_errors: tuple[LineError, ...] = ()
    failure: Failure | None = None
    """Why it fails, if it does."""

    def status(self, now: Instant) -> BatchStatus:
        """The status visible at `now`."""
        return self.timeline.at(now).state

    def began(self, status: BatchStatus, now: Instant) -> Instant | None:
        """When `status` began, if it has at `now`."""
        return next((mark.at for mark in self.timeline.history(now) if mark.state is status), None)

    def finished_at(self, now: Instant) -> Instant | None:
        """When it reached its terminal status, if it has at `now`."""
        mark = self.timeline.at(now)
        return mark.at if mark.terminal else None

    def has_result(self, now: Instant) -> bool:
        """Whether it names its result dataset at `now`: from PENDING on, until it is cancelled.

        One that fails before it starts makes none (e.4, e.5, f).
        """
        status = self.status(now)
        if status is BatchStatus.FAILED:
            return self.began(BatchStatus.IN_PROGRESS, now) is not None
        return status not in {BatchStatus.CREATED, BatchStatus.CANCELED}
