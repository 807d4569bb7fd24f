"""Long-running operations: polled until `done`, whatever their metadata say before."""

from functools import cached_property
from time import monotonic

import grpc
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import GetOperationRequest
from yandex.cloud.operation.operation_service_pb2_grpc import OperationServiceStub

from aistudio_conformance.adapters.raw_stubs.calls import Calls
from aistudio_conformance.protocol import Refused

_CODES = {code.value[0]: code.name for code in grpc.StatusCode}


class Operations(Calls):
    """Reading operations, and waiting for their end."""

    @cached_property
    def _operations(self) -> OperationServiceStub:
        return OperationServiceStub(self._connection)

    def _operation(self, operation_id: str) -> Operation:
        request = GetOperationRequest(operation_id=operation_id)
        operation: Operation = self._call(self._operations, "Get", request)
        return operation

    def _awaited(self, operation: Operation) -> Operation:
        """The operation once it is over. Raises Refused."""
        ends = monotonic() + self._patience()
        while not self._is_done(operation):
            if monotonic() >= ends:
                raise Refused(f"operation {operation.id} is not done yet", code="DEADLINE_EXCEEDED")
            self._pause(self._poll_pause())
            operation = self._operation(operation.id)
        return operation

    def _is_done(self, operation: Operation) -> bool:
        return bool(operation.done)

    def _poll_pause(self) -> float:
        return self._place.poll_interval

    def _patience(self) -> float:
        """Seconds after which nobody waits any longer: three days."""
        return 72 * 3600.0

    def _is_failed(self, operation: Operation) -> bool:
        """An error without a code is an error."""
        return bool(operation.HasField("error"))

    def _failure(self, operation: Operation) -> Refused:
        error = operation.error
        message = error.message or f"operation {operation.id} failed without a message"
        return Refused(message, code=_CODES.get(error.code, str(error.code)))
