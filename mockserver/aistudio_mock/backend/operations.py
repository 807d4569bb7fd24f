"""OperationService: reading an operation, polling it, cancelling it."""

from typing import TYPE_CHECKING

from aistudio_mock.backend import views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.backend.lasting import Lasting
from aistudio_mock.backend.polling import Polling
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.backend.tunings import Tunings
from aistudio_mock.domain.clock import ClockReading
from aistudio_mock.domain.errors import FailedPrecondition, NotFound
from aistudio_mock.domain.instant import Duration, Instant
from aistudio_mock.domain.operation import Operation
from aistudio_mock.runtime.clocks import steady_now
from aistudio_protos.yandex.cloud.operation import operation_pb2
from aistudio_protos.yandex.cloud.operation.operation_service_pb2 import (
    CancelOperationRequest,
    GetOperationRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from aistudio_mock.backend.batches import Batches


class Operations:
    """One method per RPC of OperationService."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        folders: Folders,
        access: Access,
        polling: Polling,
        tunings: Tunings,
        batches: "Callable[[], Batches]",
    ) -> None:
        """`batches` is called when the operation of a batch task is cancelled."""
        self._store = store
        self._lock = lock
        self._folders = folders
        self._access = access
        self._polling = polling
        self._tunings = tunings
        self._batches = batches

    def get(self, call: Call, request: GetOperationRequest) -> operation_pb2.Operation:
        """The operation at now. Where polling moves the folder's clock, it moves first.

        Raises:
            NotFound: no such operation, or none any more.
        """
        operation, folder = self._find(call, request.operation_id)
        operation = self._polling.poll(call, operation, folder)
        now = folder.clock.now()
        _require_kept(operation, folder, now)
        return views.operation(operation, now)

    def lasting(self, request: GetOperationRequest) -> Lasting | None:
        """What `get` answers from now on, and until when; None where each poll has to be looked at."""
        operation = self._store.operations.get(request.operation_id)
        folder = self._folders.find(operation.folder_id) if operation else None
        if operation is None or folder is None:
            return None
        reading, real = folder.clock.reading, steady_now()
        now = reading.now(real)
        if self._polling.moves(operation, folder, now):
            return None
        reply = views.operation(operation, now).SerializeToString()
        left = _unchanged_for(operation, folder, reading, now)
        until = reading.not_before(real, left)
        return Lasting(reply, operation, self._store.operations, folder, reading, until)

    def cancel(self, call: Call, request: CancelOperationRequest) -> operation_pb2.Operation:
        """Cancels what is under way; the operation as it is then (e.4).

        Raises:
            NotFound: no such operation, or none any more.
            FailedPrecondition: it cannot be cancelled, or (where so set) it is done.
        """
        with self._lock:
            operation, folder = self._find(call, request.operation_id)
            now = folder.clock.now()
            _require_kept(operation, folder, now)
            if operation.is_done(now):
                if folder.settings.behaviours.cancel_finished == "refuse":
                    raise FailedPrecondition(f"operation {operation.id} is done and cannot be cancelled")
                return views.operation(operation, now)
            if operation.uncancellable:
                raise FailedPrecondition(f"operation {operation.id} {operation.uncancellable}")
            return views.operation(self._cut_short(operation, now), now)

    def _cut_short(self, operation: Operation, now: Instant) -> Operation:
        """Ends the operation, and the task behind it if it has one. The lock is held."""
        task_id = self._store.task_of_operation.get(operation.id, "")
        if (tuning := self._store.tunings.get(task_id)) is not None:
            return self._tunings.cut_short(tuning, operation, now)
        if (batch := self._store.batches.get(task_id)) is not None:
            return self._batches().cut_short(batch, operation, now)
        ended = operation.cancelled(now)
        self._store.operations.put(ended)
        return ended

    def _find(self, call: Call, operation_id: str) -> tuple[Operation, Folder]:
        return self._access.record(call, self._store.operations, "operation", operation_id)


def _unchanged_for(
    operation: Operation, folder: Folder, reading: ClockReading, now: Instant
) -> Duration | None:
    """For how long after `now` the clock can go on by itself without any change; None for ever."""
    next_mark = operation.timeline.next_after(now)
    if next_mark is not None:
        return next_mark.at - now
    if not operation.timeline.last.terminal or folder.settings.behaviours.operation_expiry == "never":
        return None
    return operation.kept - reading.lived(operation.timeline.last.at, now)


def _require_kept(operation: Operation, folder: Folder, now: Instant) -> None:
    """Raises NotFound once the operation has been done for as long as it is kept; skipped time is none."""
    done = operation.timeline.last
    # Lived time is never longer than what the clock shows, and telling it takes a lock.
    if not done.terminal or now - done.at < operation.kept or folder.clock.age(done.at) < operation.kept:
        return
    if folder.settings.behaviours.operation_expiry != "never":
        raise NotFound(f"operation {operation.id} not found")
