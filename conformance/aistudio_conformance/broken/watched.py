"""Broken clients: what the monitors alone catch, in the calls and polls of whatever is being done."""

from collections.abc import Mapping
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


@turns_red("monitor/only-signed-headers")
class AsksForAnAcl(RawStubs):
    """It asks the storage for an access list, in a header that the URL does not sign."""

    def _storage_headers(self, size: int) -> Mapping[str, str]:
        return {**super()._storage_headers(size), "x-amz-acl": "bucket-owner-full-control"}


@turns_red("monitor/request-id-of-one-call")
class HasOneRequestId(RawStubs):
    """It sends every call of a session under one request id."""

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        return (*super()._authorization(), ("x-client-request-id", f"{id(self)}"))


@turns_red("monitor/no-deprecated-fields")
class FillsTheOldField(RawStubs):
    """It names the dataset to validate on in the deprecated field."""

    def _add_validation(self, request: TuningRequest, ask: TuningStart) -> None:
        if ask.validation_dataset_id:
            request.validation_datasets.add(dataset_id=ask.validation_dataset_id, weight=1)


def _again(error: grpc.RpcError, code: grpc.StatusCode) -> None:
    """Raises the error unless it is that one."""
    if error.code() is not code:
        raise error


@turns_red("monitor/retries-with-a-pause")
class HammersAtTheQuota(RawStubs):
    """It asks ten times on end for what the quota has no room for."""

    def _attempt(self, stub: Any, method: str, request: Any, left: float) -> Any:
        for _ in range(9):
            try:
                return super()._attempt(stub, method, request, left)
            except grpc.RpcError as error:
                _again(error, grpc.StatusCode.RESOURCE_EXHAUSTED)
        return super()._attempt(stub, method, request, left)


@turns_red("monitor/no-endless-retries")
class WaitsForRoom(RawStubs):
    """It asks for what the quota has no room for until there may be room."""

    def _attempt(self, stub: Any, method: str, request: Any, left: float) -> Any:
        for _ in range(12):
            try:
                return super()._attempt(stub, method, request, left)
            except grpc.RpcError as error:
                _again(error, grpc.StatusCode.RESOURCE_EXHAUSTED)
                self._pause(self._poll_pause())
        return super()._attempt(stub, method, request, left)


@turns_red("monitor/refused-credentials-dropped")
class InsistsOnItsToken(RawStubs):
    """It sends a token that has expired again, in case it was a mistake."""

    def _attempt(self, stub: Any, method: str, request: Any, left: float) -> Any:
        for _ in range(5):
            try:
                return super()._attempt(stub, method, request, left)
            except grpc.RpcError as error:
                _again(error, grpc.StatusCode.UNAUTHENTICATED)
                self._pause(self._poll_pause())
        return super()._attempt(stub, method, request, left)
