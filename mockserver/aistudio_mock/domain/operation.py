"""Long-running operations in the shape of AIP-151. Their states are ready-made: they know no subject."""

from dataclasses import dataclass, field

from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Packed:
    """A message inside a `google.protobuf.Any`: its full name and its bytes."""

    type_name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """A `google.rpc.Status`: canonical code and text."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class OperationState:
    """What an operation shows from one mark to the next."""

    done: bool = False
    metadata: Packed | None = None
    response: Packed | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation and its story. `modified_at` is the date of the last visible mark."""

    id: str
    folder_id: str
    created_at: Instant
    timeline: Timeline[OperationState]
    phases: tuple[Instant, ...] = field(default=())
    """Every moment at which anything about the command becomes visible, here or on its subject, in order."""

    @property
    def ends_at(self) -> Instant:
        """When the operation is done, as far as is written."""
        return self.timeline.last.at

    def is_done(self, now: Instant) -> bool:
        """Whether the operation is done at `now`."""
        return self.timeline.at(now).state.done

    def next_phase(self, now: Instant) -> Instant | None:
        """The first moment after `now` at which something new becomes visible."""
        return next((moment for moment in self.phases if moment > now), None)
