"""Long-running operations in the shape of AIP-151. Their states are ready-made: they know no subject."""

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.domain.instant import DAY, Duration, Instant
from aistudio_mock.domain.timeline import Timeline


class Packed(Struct, frozen=True):
    """A message inside a `google.protobuf.Any`: its full name and its bytes."""

    type_name: str
    value: bytes


CANCELLED = 1
"""The code of an operation that was cancelled (assumed, service-behaviour h.3)."""


class Failure(Struct, frozen=True):
    """A `google.rpc.Status`: canonical code and text."""

    code: int
    message: str


class OperationState(Struct, frozen=True):
    """What an operation shows from one mark to the next."""

    done: bool = False
    metadata: Packed | None = None
    response: Packed | None = None
    error: Failure | None = None


class Operation(Struct, frozen=True):
    """One operation and its story. `modified_at` is the date of the last visible mark."""

    id: str
    folder_id: str
    created_at: Instant
    timeline: Timeline[OperationState]
    phases: tuple[Instant, ...] = ()
    """Every moment at which anything about the command becomes visible, here or on its subject, in order."""
    uncancellable: str = ""
    """Why Cancel is refused while it is not done, to follow the id; empty where it is not refused."""
    description: str = ""
    created_by: str = ""
    kept: Duration = 14 * DAY
    """How long it can be read once it is done (e.6)."""

    @property
    def ends_at(self) -> Instant:
        """When the last thing about the command becomes visible, as far as is written."""
        return self.phases[-1] if self.phases else self.timeline.last.at

    def is_done(self, now: Instant) -> bool:
        """Whether the operation is done at `now`."""
        return self.timeline.at(now).state.done

    def cancelled(self, now: Instant) -> "Operation":
        """The same without what had not happened at `now`, done with an error (code assumed, h.3)."""
        mark = self.timeline.at(now)
        error = Failure(CANCELLED, f"operation {self.id} was cancelled")
        ended = OperationState(done=True, metadata=mark.state.metadata, error=error)
        return replace(self, timeline=self.timeline.cut(now).then(now, ended, terminal=True), phases=(now,))

    def next_phase(self, now: Instant) -> Instant | None:
        """The first moment after `now` at which something new becomes visible."""
        return next((moment for moment in self.phases if moment > now), None)
