"""What grpcio knows of a call that arrives."""

import grpc

from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.heard import GrpcCall

_NO_DEADLINE = 1e9
"""From so many seconds on there is no deadline: grpcio then says about 9.2e18, not None."""


def hear(method: str, path: str, body: bytes, context: grpc.ServicerContext, door: Door) -> GrpcCall:
    """The call that has arrived by `door`."""
    return GrpcCall(
        method,
        path,
        body,
        context.invocation_metadata(),
        context.peer(),
        deadline_of(context),
        door,
    )


def deadline_of(context: grpc.ServicerContext) -> float | None:
    """Seconds until the caller gives up; None where it never does."""
    remaining: float | None = context.time_remaining()
    return None if remaining is None or remaining >= _NO_DEADLINE else remaining
