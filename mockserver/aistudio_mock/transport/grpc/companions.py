"""Server reflection (v1 and v1alpha) and health, by grpcio's own libraries, imported at their first call."""

from collections.abc import Callable
from functools import cache
from typing import Any

import grpc
from google.protobuf.descriptor import FileDescriptor
from msgspec import Struct

from aistudio_mock.transport.routes import service_names
from aistudio_protos.pool import POOL

_REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
_HEALTH = "grpc.health.v1.Health"


class _Details(Struct, frozen=True):
    """What a generic handler reads of a call."""

    method: str
    invocation_metadata: Any = ()


class _Collector:
    """Stands where a generated `add_…_to_server` expects a server, and keeps the handler it is given."""

    def __init__(self) -> None:
        self.handlers: list[grpc.GenericRpcHandler] = []

    def add_generic_rpc_handlers(self, handlers: "tuple[grpc.GenericRpcHandler, ...]") -> None:
        self.handlers += handlers

    def add_registered_method_handlers(self, *_: Any) -> None:
        """The generic handler knows the same methods."""


class _Symbols:
    """The contract's pool, in which the name of a method leads to its file too: protobuf's own has none."""

    def __getattr__(self, name: str) -> Any:
        return getattr(POOL, name)

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:  # noqa: N802 - the library's name
        """The file that declares `symbol`. Raises KeyError."""
        try:
            return POOL.FindFileContainingSymbol(symbol)
        except KeyError:
            declared: FileDescriptor = POOL.FindMethodByName(symbol).containing_service.file
            return declared


def companion(path: str) -> grpc.RpcMethodHandler | None:
    """The handler of a reflection or health RPC; None for any other path."""
    service, _, method = path.strip("/").rpartition("/")
    source = _SOURCES.get(service)
    if source is None:
        return None
    # The v1 messages are the v1alpha ones under another package name.
    known = _REFLECTION if service.startswith("grpc.reflection.") else service
    return source().service(_Details(f"/{known}/{method}"))


@cache
def _reflection() -> grpc.GenericRpcHandler:
    from grpc_health.v1 import health_pb2  # noqa: PLC0415 - at the first call
    from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc  # noqa: PLC0415

    for module in (health_pb2, reflection_pb2):
        # grpcurl knows services by reflection alone: it calls these two only when they are told of.
        POOL.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    collector = _Collector()
    servicer = reflection.ReflectionServicer((*service_names(), _HEALTH, _REFLECTION), pool=_Symbols())
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, collector)
    return collector.handlers[0]


@cache
def _health() -> grpc.GenericRpcHandler:
    from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # noqa: PLC0415 - at the first call

    servicer = health.HealthServicer()
    for name in ("", *service_names()):
        servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    collector = _Collector()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, collector)
    return collector.handlers[0]


_SOURCES: dict[str, Callable[[], grpc.GenericRpcHandler]] = {
    _REFLECTION: _reflection,
    "grpc.reflection.v1.ServerReflection": _reflection,
    _HEALTH: _health,
}
