"""Tuning tasks: their statuses, what each allows, and what is visible when."""

from collections.abc import Mapping
from enum import Enum, IntEnum

from msgspec import Struct, field

from aistudio_mock.domain.curves import Schedule
from aistudio_mock.domain.errors import FailedPrecondition
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.domain.training import Training


class TuningStatus(IntEnum):
    """`TuningTask.Status` on the wire (service-behaviour e.3), but for DRAFT, which nothing leads to."""

    CREATED = 1
    PENDING = 2
    IN_PROGRESS = 3
    COMPLETED = 4
    FAILED = 5
    CANCELED = 6
    ARCHIVED = 8
    PAID = 9


class TuningCommand(Enum):
    """What can be asked of a task; the value completes "… cannot"."""

    CANCEL = "be cancelled"
    ARCHIVE = "be archived"
    ENABLE_BILLING = "be paid for"


_CANCEL, _ARCHIVE, _PAY = TuningCommand
_RUNNING = frozenset({_CANCEL})
LEGAL: Mapping[TuningStatus, frozenset[TuningCommand]] = {
    TuningStatus.CREATED: _RUNNING,
    TuningStatus.PENDING: _RUNNING,
    TuningStatus.IN_PROGRESS: _RUNNING,
    TuningStatus.COMPLETED: frozenset({_ARCHIVE, _PAY}),
    TuningStatus.FAILED: frozenset({_ARCHIVE}),
    TuningStatus.CANCELED: frozenset({_ARCHIVE}),
    TuningStatus.PAID: frozenset({_ARCHIVE}),
    TuningStatus.ARCHIVED: frozenset(),
}
"""Which commands each status allows (assumed, service-behaviour h.3, h.16); what is absent is refused."""

UNFINISHED = frozenset(status for status, commands in LEGAL.items() if _CANCEL in commands)
"""The statuses of a task that something is still to become of."""

_WHAT_WOULD_WORK: Mapping[TuningCommand, Mapping[TuningStatus, str]] = {
    _CANCEL: dict.fromkeys(TuningStatus, "only what is not finished can be"),
    _ARCHIVE: {
        **dict.fromkeys(TuningStatus, "wait until it is finished, or cancel it"),
        TuningStatus.ARCHIVED: "it is archived already",
    },
    _PAY: {
        **dict.fromkeys(TuningStatus, "only what a COMPLETED task made can be"),
        TuningStatus.PAID: "it is paid for already",
    },
}


_AT_ONCE = Instant(0)


class Reason(Struct, frozen=True):
    """One row of ListErrors: why a task failed, and whether its owner (PUBLIC) or the service is told."""

    message: str
    type: str = "PUBLIC"


class Tuning(Struct, frozen=True):
    """A tuning task as stored. What a caller sees is a view of it at `now`."""

    id: str
    operation_id: str
    folder_id: str
    created_at: Instant
    created_by: str
    request: bytes
    """The `TuningRequest` as accepted; GetOptions shows it again."""
    source_model_uri: str
    target_model_uri: str
    """Empty where the run makes no model."""
    timeline: Timeline[TuningStatus]
    """The run: from CREATED to its end."""
    schedule: Schedule
    training_data: tuple[Blob, ...]
    training: Training = Training()
    seed: int = 0
    name: str = ""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    visible_from: Instant = _AT_ONCE
    """Until then only the operation is known (e.3)."""
    errors: tuple[Reason, ...] = ()
    """Why it fails, unless it is cancelled before."""
    heeds_cancel: bool = True
    afterwards: Timeline[TuningStatus] | None = None
    """What became of it after its run: PAID, ARCHIVED."""
    model_until: Instant | None = None
    """From then on its model does not answer any more."""

    def status(self, now: Instant) -> TuningStatus:
        """The status visible at `now`."""
        if self.afterwards is not None and self.afterwards.marks[0].at <= now:
            return self.afterwards.at(now).state
        return self.timeline.at(now).state

    def began(self, status: TuningStatus, now: Instant) -> Instant | None:
        """When `status` began, if it has at `now`."""
        return next((mark.at for mark in self.timeline.history(now) if mark.state is status), None)

    def finished_at(self, now: Instant) -> Instant | None:
        """When the run reached its terminal status, if it has at `now`."""
        mark = self.timeline.at(now)
        return mark.at if mark.terminal else None

    def ran_to_its_end(self, now: Instant) -> bool:
        """Whether the run is COMPLETED at `now`, whatever became of the task since."""
        return self.timeline.at(now).state is TuningStatus.COMPLETED

    def reasons(self, now: Instant) -> tuple[Reason, ...]:
        """Why the run has FAILED, if it has at `now`."""
        return self.errors if self.timeline.at(now).state is TuningStatus.FAILED else ()

    def model_exists(self, now: Instant) -> bool:
        """Whether the tuned model can be called at `now`."""
        if self.model_until is not None and self.model_until <= now:
            return False
        return bool(self.target_model_uri) and self.ran_to_its_end(now)

    def require(self, command: TuningCommand, now: Instant) -> None:
        """Raises FailedPrecondition unless the status at `now` allows `command`, and nothing is under way."""
        status = self.status(now)
        if command not in LEGAL[status]:
            advice = _WHAT_WOULD_WORK[command][status]
            raise FailedPrecondition(
                f"tuning task {self.id} is {status.name} and cannot {command.value}; {advice}"
            )
        if self.afterwards is not None and self.afterwards.last.at > now:
            becoming = self.afterwards.last.state.name
            raise FailedPrecondition(
                f"tuning task {self.id} is becoming {becoming} and cannot {command.value}; "
                "wait until that operation is done"
            )

    def becoming(self, status: TuningStatus, at: Instant) -> Timeline[TuningStatus]:
        """What becomes of it after its run, with `status` from `at` on."""
        if self.afterwards is None:
            return Timeline.starting(at, status)
        return self.afterwards.then(at, status)
