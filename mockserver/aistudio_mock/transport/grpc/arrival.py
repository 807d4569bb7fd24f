"""What grpcio knows of a call that arrives."""

import grpc

from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.heard import GrpcCall

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


def _deadline(context: grpc.ServicerContext) -> float | None:
    remaining: float | None = context.time_remaining()
    return None if remaining is None or remaining >= _NO_DEADLINE else remaining


def _door(context: grpc.ServicerContext) -> Door:
    # Not "is there a context": newer grpcio has one for plaintext too, of the type `insecure`.
    kind = context.auth_context().get("transport_security_type", ())
    return Door.TLS if b"ssl" in kind else Door.PLAINTEXT
