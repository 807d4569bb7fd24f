"""What polling does to a folder's clock."""

from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder, Pace
from aistudio_mock.backend.open_stories import OpenStories
from aistudio_mock.backend.store import Store
from aistudio_mock.domain.errors import NotFound
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import Operation


class Polling:
    """Moves clocks on behalf of the calls that clients poll with."""

    def __init__(self, store: Store, stories: OpenStories) -> None:
        self._store = store
        self._stories = stories

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
