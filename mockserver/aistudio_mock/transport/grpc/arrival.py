"""What grpcio knows of a call that arrives."""

import grpc

from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.heard import GrpcCall

_HELD_SHARE = 0.5
"""A read may be held for this share of the caller's deadline."""
_HELD_WITHOUT_DEADLINE = 30.0
"""Seconds, for callers that set no deadline."""
_NO_DEADLINE = 1e9
"""From so many seconds on there is no deadline: grpcio then says about 9.2e18, not None."""


def hear(method: str, path: str, body: bytes, context: grpc.ServicerContext, door: Door | None) -> GrpcCall:
    """The call that has arrived; `door` is None where the connection tells."""
    return GrpcCall(
        method,
        path,
        body,
        context.invocation_metadata(),
        context.peer(),
        _deadline(context),
        door or _door(context),
    )


def header(call: GrpcCall, name: str) -> str | None:
    """The first value of that name; None where there is none, or one that is not text."""
    for key, value in call.metadata:
        if key == name:
            return value if isinstance(value, str) else None
    return None


def patience(call: GrpcCall) -> float:
    """For how many seconds a read may be held."""
    return _HELD_WITHOUT_DEADLINE if call.deadline is None else call.deadline * _HELD_SHARE


def _deadline(context: grpc.ServicerContext) -> float | None:
    remaining: float | None = context.time_remaining()
    return None if remaining is None or remaining >= _NO_DEADLINE else remaining


def _door(context: grpc.ServicerContext) -> Door:
    # Not "is there a context": newer grpcio has one for plaintext too, of the type `insecure`.
    kind = context.auth_context().get("transport_security_type", ())
    return Door.TLS if b"ssl" in kind else Door.PLAINTEXT
