"""Broken clients: what the monitors alone catch, in the calls and polls of whatever is being done."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningRequest
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.broken.mutant import turns_red
from aistudio_conformance.protocol import TuningStart


@turns_red("monitor/deadline-sent")
class WaitsForEver(RawStubs):
    """It sends no deadline."""

    def _deadline(self, left: float) -> float | None:  # noqa: ARG002 - not sent
        return None


@turns_red("monitor/credentials-with-every-call")
class AsksForMetricsUnnamed(RawStubs):
    """It asks for metrics without credentials first, in case they are public."""

    def _attempt(self, stub: Any, method: str, request: Any, left: float) -> Any:
        if method == "GetMetricsUrl":
            with suppress(grpc.RpcError):
                stub.GetMetricsUrl(request, timeout=left)
        return super()._attempt(stub, method, request, left)


@turns_red("monitor/idempotency-key-of-one-call")
class HasOneIdempotencyKey(RawStubs):
    """It sends every call of a session under one idempotency key."""

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        return (*super()._authorization(), ("idempotency-key", f"{id(self)}"))


@turns_red("monitor/no-secret-in-messages")
class SignsWithItsKey(RawStubs):
    """It notes the credential with which a tuning was started in the description of the tuning."""

    def _order(self, ask: TuningStart) -> TuningRequest:
        order = super()._order(ask)
        order.description = f"started with {self._place.credentials.value}"
        return order


@turns_red("monitor/no-repeat-of-what-was-refused")
class InsistsOnADraft(RawStubs):
    """It sends a Create again that the service found wrong."""

    def _is_worth_repeating(self, method: str, code: grpc.StatusCode) -> bool:
        insists = method == "Create" and code is grpc.StatusCode.INVALID_ARGUMENT
        return insists or super()._is_worth_repeating(method, code)


@turns_red("monitor/polls-with-a-pause")
class PollsInBursts(RawStubs):
    """It asks for an operation five times on end, to have the latest, before it pauses."""

    def _operation(self, operation_id: str) -> Operation:
        for _ in range(4):
            super()._operation(operation_id)
        return super()._operation(operation_id)


@turns_red("monitor/no-polling-after-done")
class PollsOn(RawStubs):
    """It goes on polling when an operation is done, to be sure."""

    def _awaited(self, operation: Operation) -> Operation:
        over = super()._awaited(operation)
        for _ in range(12):
            self._pause(self._poll_pause())
            over = self._operation(operation.id)
        return over


@turns_red("monitor/downloads-by-the-url-given")
class TurnsTheQuery(RawStubs):
    """It takes the URL of an archive apart and puts it together again in another order."""

    def _download(self, url: str, file: Path) -> None:
        path, _, query = url.partition("?")
        super()._download(f"{path}?{'&'.join(reversed(query.split('&')))}", file)
