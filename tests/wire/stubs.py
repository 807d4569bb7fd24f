"""Raw calls over a real channel, with our own messages: the shortest client there is."""

from collections.abc import Iterator
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from aistudio_protos.pool import message_class, services

METHODS = {
    f"{service.full_name}/{method.name}": method for service in services() for method in service.methods
}
_SHORT = {name.rpartition(".")[2]: method for name, method in METHODS.items()}


class Client:
    """Calls methods by their short name, such as `DatasetService/Create`."""

    def __init__(
        self,
        target: str,
        authorization: str | None = "Api-Key AQVNanything",
        timeout: float = 20,
        options: tuple[tuple[str, Any], ...] = (),
    ):
        # A connection of its own: those of one process are shared otherwise.
        self.channel = grpc.insecure_channel(target, (("grpc.use_local_subchannel_pool", 1), *options))
        self.metadata = (("authorization", authorization),) if authorization else ()
        self.timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    def call(self, rpc_name: str, /, **fields: Any) -> Any:
        """The reply of a unary RPC. Raises grpc.RpcError."""
        return self.with_call(rpc_name, **fields)[0]

    def with_call(self, rpc_name: str, /, **fields: Any) -> tuple[Any, Any]:
        """The reply and the call, whose metadata can be looked at."""
        method = _SHORT[rpc_name]
        rpc = self.channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class(method.output_type.full_name).FromString,
        )
        request = message_class(method.input_type.full_name)(**fields)
        return rpc.with_call(request, metadata=self.metadata, timeout=self.timeout)

    def later(self, rpc_name: str, /, **fields: Any) -> Any:
        """The call as a future; others may be made meanwhile."""
        method = _SHORT[rpc_name]
        rpc = self.channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class(method.output_type.full_name).FromString,
        )
        request = message_class(method.input_type.full_name)(**fields)
        return rpc.future(request, metadata=self.metadata, timeout=self.timeout)

    def stream(self, rpc_name: str, /, **fields: Any) -> Iterator[Any]:
        """The replies of a server-streaming RPC."""
        method = _SHORT[rpc_name]
        rpc = self.channel.unary_stream(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class(method.output_type.full_name).FromString,
        )
        request = message_class(method.input_type.full_name)(**fields)
        return rpc(request, metadata=self.metadata, timeout=self.timeout)


def unpack(packed: Any) -> Message:
    """The message inside an Any of the private pool."""
    return message_class(packed.type_url.rpartition("/")[2]).FromString(packed.value)
