"""TuningService, the RPCs about tunings whose run is over: Archive, EnableBilling, ListErrors."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.backend import views
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.backend.tunings import Tunings
from aistudio_mock.domain.errors import Unimplemented
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import Operation, OperationState, Packed
from aistudio_mock.domain.schedule import afterwards_done
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.domain.tuning import TuningCommand, TuningStatus
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_error_pb2 import TuningError
from aistudio_protos.yandex.cloud.operation import operation_pb2

_PACKAGE = "yandex.cloud.ai.tuning.v1"


class _Kind(Struct, frozen=True):
    """What an RPC makes of a task, and by which messages it tells."""

    rpc: str
    status: TuningStatus
    response: type[wire.ArchiveTuningResponse | wire.EnableBillingResponse]

    @property
    def metadata(self) -> Packed:
        """An empty message (e.6)."""
        return Packed(self.response.DESCRIPTOR.full_name.replace("Response", "Metadata"), b"")

    def done(self, task_id: str) -> Packed:
        """The response, which names the task."""
        message = self.response(tuning_task_id=task_id)
        return Packed(self.response.DESCRIPTOR.full_name, message.SerializeToString())


_KINDS: Mapping[TuningCommand, _Kind] = {
    TuningCommand.ARCHIVE: _Kind("Archive", TuningStatus.ARCHIVED, wire.ArchiveTuningResponse),
    TuningCommand.ENABLE_BILLING: _Kind("EnableBilling", TuningStatus.PAID, wire.EnableBillingResponse),
}


class FinishedTunings:
    """What can be done with a task once its run is over. What each status allows is `domain.tuning.LEGAL`."""

    def __init__(self, store: Store, lock: Lock, tunings: Tunings) -> None:
        self._store = store
        self._lock = lock
        self._tunings = tunings

    def list_errors(self, call: Call, request: wire.ListErrorsRequest) -> wire.ListErrorsResponse:
        """Why a task failed; nothing as long as it has not (service-behaviour e.5). Raises NotFound."""
        task, _, now = self._tunings.find(call, request.tuning_task_id)
        return wire.ListErrorsResponse(
            tuning_error=[
                TuningError(tuning_task_id=task.id, message=each.message, type=each.type)
                for each in task.reasons(now)
            ]
        )

    def archive(self, call: Call, request: wire.ArchiveTuningRequest) -> operation_pb2.Operation:
        """Makes a finished task ARCHIVED (e.6; what that means is assumed, h.16).

        Raises:
            NotFound: no such task.
            FailedPrecondition: it is not finished, or archived already.
            Unimplemented: the edition did not have the method yet.
        """
        return self._become(TuningCommand.ARCHIVE, call, request.tuning_task_id)

    def enable_billing(self, call: Call, request: wire.EnableBillingRequest) -> operation_pb2.Operation:
        """Makes a COMPLETED task PAID (e.6; what that means is assumed, h.16).

        Raises:
            NotFound: no such task.
            FailedPrecondition: it is not COMPLETED.
            Unimplemented: the edition did not have the method yet.
        """
        return self._become(TuningCommand.ENABLE_BILLING, call, request.tuning_task_id)

    def _become(self, command: TuningCommand, call: Call, task_id: str) -> operation_pb2.Operation:
        kind = _KINDS[command]
        with self._lock:
            task, folder, now = self._tunings.find(call, task_id)
            behaviours = folder.settings.behaviours
            if behaviours.archive_and_billing == "unimplemented":
                raise Unimplemented(f"Method {_PACKAGE}.TuningService/{kind.rpc} is unimplemented")
            task.require(command, now)
            operation_id = folder.ids.new("ftn")
            done = afterwards_done(folder.settings.durations, folder.chance(operation_id), now)
            changed = replace(task, afterwards=task.becoming(kind.status, done))
            if kind.status is TuningStatus.ARCHIVED and behaviours.archived_model == "gone":
                changed = replace(changed, model_until=done)
            operation = _operation(kind, operation_id, folder.id, task.id, (now, done))
            self._store.tunings.put(changed)
            self._store.operations.put(operation)
        return views.operation(operation, now)


def _operation(
    kind: _Kind, operation_id: str, folder_id: str, task_id: str, marks: tuple[Instant, Instant]
) -> Operation:
    now, done = marks
    final = OperationState(done=True, metadata=kind.metadata, response=kind.done(task_id))
    return Operation(
        operation_id,
        folder_id,
        now,
        Timeline.starting(now, OperationState(metadata=kind.metadata)).then(done, final, terminal=True),
        uncancellable="takes seconds and cannot be cancelled; wait until it is done",
    )
