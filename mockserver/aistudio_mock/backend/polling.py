"""What polling does to a folder's clock."""

from enum import IntEnum
from typing import TYPE_CHECKING

from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder, Pace
from aistudio_mock.backend.open_stories import OpenStories
from aistudio_mock.backend.store import Store
from aistudio_mock.domain.errors import NotFound
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import Operation

if TYPE_CHECKING:
    from aistudio_mock.domain.clock import ClockReading

_TOLD = 10_000
"""Of so many operations it is known what was told of them; then all is forgotten."""


class Polling:
    """Moves clocks on behalf of the calls that clients poll with."""

    def __init__(self, store: Store, stories: OpenStories) -> None:
        self._store = store
        self._stories = stories
        self._told: dict[str, tuple[IntEnum, ClockReading]] = {}
        """Operation → what its subject's last Describe told, and the clock at that time."""

    def asked(self, call: Call, operation_id: str, status: IntEnum, folder: Folder) -> None:
        """A Describe is about to tell `status` of what that operation works on.

        When it told the same before and nobody has moved the clock since, the caller is polling, and this is
        a poll. The first one is none: what was begun can be seen. Raises NotFound as `poll` does.
        """
        settings, operation = folder.settings, self._store.operations.get(operation_id)
        is_off = settings.pace is Pace.KEEP or settings.behaviours.describe_polling == "never"
        if is_off or operation is None:
            return
        before = self._told.pop(operation_id, None)
        reading = folder.clock.reading
        if before is not None and before[0] is status and before[1] is reading:
            self.poll(call, operation, folder)
            return
        if len(self._told) >= _TOLD:
            self._told.clear()
        self._told[operation_id] = status, reading

    def poll(self, call: Call, operation: Operation, folder: Folder) -> Operation:
        """The operation as the poll finds it: where polling moves the clock, it has moved.

        Raises NotFound when the operation goes away while its outcome is waited for.
        """
        if folder.settings.pace is Pace.KEEP:
            return operation
        if operation.timeline.is_open:
            # The first answer must be the final one: the official SDK would sleep 60 s before the next.
            self._stories.wait(operation.id, call.patience)
            found = self._store.operations.get(operation.id)
            if found is None:
                raise NotFound(f"operation {operation.id} not found")
            operation = found
        if operation.timeline.is_open:
            return operation
        if folder.settings.pace is Pace.SKIP:
            folder.clock.skip_to(operation.ends_at)
        elif (phase := operation.next_phase(folder.clock.now())) is not None:
            folder.clock.skip_to(phase)
        return operation

    @staticmethod
    def moves(operation: Operation, folder: Folder, now: Instant) -> bool:
        """Whether a poll at `now` waits for something or moves the clock."""
        if folder.settings.pace is Pace.KEEP:
            return False
        return operation.timeline.is_open or operation.ends_at > now
