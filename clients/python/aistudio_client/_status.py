"""A failed call as an error of this client: status code, request id, and what the details say."""

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.message import DecodeError

from aistudio_client._codec import unpacked
from aistudio_client._errors import CODES, RpcError, Violation
from aistudio_protos.google.rpc.error_details_pb2 import BadRequest, RequestInfo, RetryInfo
from aistudio_protos.google.rpc.status_pb2 import Status

_DETAILS = "grpc-status-details-bin"
_REQUEST_IDS = ("x-request-id", "x-server-trace-id")


def rpc_error(method: str, failure: Any, client_request_id: str) -> RpcError:
    """The error that a failed call of grpc, blocking or not, stands for."""
    metadata: dict[str, Any] = {}
    for pairs in (failure.initial_metadata(), failure.trailing_metadata()):
        metadata.update((str(key), value) for key, value in pairs or ())
    code, details = failure.code().name, failure.details() or ""
    found = _details(metadata.get(_DETAILS))
    known = (metadata[name] for name in _REQUEST_IDS if name in metadata)
    return CODES.get(code, RpcError)(
        method,
        code,
        details,
        request_id=next((str(one) for one in known), "") or _request_id(found),
        client_request_id=client_request_id,
        violations=_violations(found),
        retry_after=_retry_after(found),
    )


def _details(serialized: Any) -> Sequence[Any]:
    if not isinstance(serialized, bytes):
        return ()
    try:
        return [unpacked(one) for one in Status.FromString(serialized).details]
    except DecodeError:
        return ()


def _request_id(details: Iterable[Any]) -> str:
    return next((one.request_id for one in details if isinstance(one, RequestInfo)), "")


def _violations(details: Iterable[Any]) -> tuple[Violation, ...]:
    return tuple(
        Violation(one.field, one.description)
        for detail in details
        if isinstance(detail, BadRequest)
        for one in detail.field_violations
    )


def _retry_after(details: Iterable[Any]) -> float | None:
    delays = (one.retry_delay for one in details if isinstance(one, RetryInfo))
    return next((max(0.0, delay.seconds + delay.nanos / 1e9) for delay in delays), None)
