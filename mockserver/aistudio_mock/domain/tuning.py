"""Tuning tasks: their statuses, and what is visible when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from aistudio_mock.domain.curves import Schedule
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.timeline import Timeline


class TuningStatus(IntEnum):
    """`TuningTask.Status` on the wire (service-behaviour e.3)."""

    CREATED = 1
    PENDING = 2
    IN_PROGRESS = 3
    COMPLETED = 4
    FAILED = 5
    CANCELED = 6


@dataclass(frozen=True, slots=True)
class Tuning:
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
    timeline: Timeline[TuningStatus]
    schedule: Schedule
    training_data: tuple[Blob, ...]
    has_validation: bool = False
    seed: int = 0
    name: str = ""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def status(self, now: Instant) -> TuningStatus:
        """The status visible at `now`."""
        return self.timeline.at(now).state

    def began(self, status: TuningStatus, now: Instant) -> Instant | None:
        """When `status` began, if it has at `now`."""
        return next((mark.at for mark in self.timeline.history(now) if mark.state is status), None)

    def finished_at(self, now: Instant) -> Instant | None:
        """When the task reached its terminal status, if it has at `now`."""
        mark = self.timeline.at(now)
        return mark.at if mark.terminal else None

    def model_exists(self, now: Instant) -> bool:
        """Whether the tuned model can be called at `now`."""
        return self.status(now) is TuningStatus.COMPLETED
