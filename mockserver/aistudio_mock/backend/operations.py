"""OperationService: reading an operation, polling it, cancelling it."""

from threading import RLock

from aistudio_mock.backend import views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder, Pace
from aistudio_mock.backend.store import Store
from aistudio_mock.backend.tunings import Tunings
from aistudio_mock.backend.validations import Validations
from aistudio_mock.domain.errors import FailedPrecondition, NotFound
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import Operation
from aistudio_protos.yandex.cloud.operation import operation_pb2
from aistudio_protos.yandex.cloud.operation.operation_service_pb2 import (
    CancelOperationRequest,
    GetOperationRequest,
)


class Operations:
    """One method per RPC of OperationService."""

    def __init__(
        self, store: Store, lock: RLock, access: Access, validations: Validations, tunings: Tunings
    ) -> None:
        self._store = store
        self._lock = lock
        self._access = access
        self._validations = validations
        self._tunings = tunings

    def get(self, call: Call, request: GetOperationRequest) -> operation_pb2.Operation:
        """The operation at now. Where polling moves the folder's clock, it moves first.

        Raises:
            NotFound: no such operation, or none any more.
        """
        operation, folder = self._find(call, request.operation_id)
        if folder.settings.pace is not Pace.KEEP:
            operation = self._move_clock(call, operation, folder)
        now = folder.clock.now()
        _require_kept(operation, folder, now)
        return views.operation(operation, now)

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
        tuning = self._store.tunings.get(self._store.task_of_operation.get(operation.id, ""))
        if tuning is not None:
            return self._tunings.cut_short(tuning, operation, now)
        ended = operation.cancelled(now)
        self._store.operations.put(ended)
        return ended

    def _find(self, call: Call, operation_id: str) -> tuple[Operation, Folder]:
        return self._access.record(call, self._store.operations, "operation", operation_id)

    def _move_clock(self, call: Call, operation: Operation, folder: Folder) -> Operation:
        if operation.timeline.is_open:
            # The first answer must be the final one: the official SDK would sleep 60 s before the next.
            self._validations.wait(operation.id, call.patience)
            operation, _ = self._find(call, operation.id)
        if operation.timeline.is_open:
            return operation
        if folder.settings.pace is Pace.SKIP:
            folder.clock.skip_to(operation.ends_at)
        elif (phase := operation.next_phase(folder.clock.now())) is not None:
            folder.clock.skip_to(phase)
        return operation


def _require_kept(operation: Operation, folder: Folder, now: Instant) -> None:
    """Raises NotFound once the operation has been done for as long as it is kept; skipped time is none."""
    done = operation.timeline.last
    # Lived time is never longer than what the clock shows, and telling it takes a lock.
    if not done.terminal or now - done.at < operation.kept or folder.clock.age(done.at) < operation.kept:
        return
    if folder.settings.behaviours.operation_expiry != "never":
        raise NotFound(f"operation {operation.id} not found")
