"""A caller without any SDK: plain grpcio, our own messages, urllib for presigned URLs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar
from urllib.request import ProxyHandler, Request, build_opener

import grpc

from aistudio_protos.yandex.cloud.operation.operation_pb2 import Operation
from aistudio_protos.yandex.cloud.operation.operation_service_pb2 import GetOperationRequest

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from aistudio_mock.app import Ready

A = TypeVar("A", bound="Message")
_TIMEOUT = 60.0  # seconds


class Caller:
    """One client of one server, with the server's own API key."""

    def __init__(self, ready: "Ready") -> None:
        # The environment's proxies are for the outside world, gRPC's and urllib's alike.
        self._channel = grpc.insecure_channel(ready.grpc, options=[("grpc.enable_http_proxy", 0)])
        self._metadata = (("authorization", f"Api-Key {ready.api_key}"),)
        self._http = build_opener(ProxyHandler({}))

    def call(self, method: str, request: "Message", answer: type[A]) -> A:
        """One unary call; `method` as in `ai.dataset.v1.DatasetService/Create`. Raises grpc.RpcError."""
        invoke = self._channel.unary_unary(
            f"/yandex.cloud.{method}", type(request).SerializeToString, answer.FromString
        )
        found: A = invoke(request, timeout=_TIMEOUT, metadata=self._metadata)
        return found

    def stream(self, method: str, request: "Message", answer: type[A]) -> Iterator[A]:
        """One call with a stream of answers. Raises grpc.RpcError."""
        invoke = self._channel.unary_stream(
            f"/yandex.cloud.{method}", type(request).SerializeToString, answer.FromString
        )
        yield from invoke(request, timeout=_TIMEOUT, metadata=self._metadata)

    def finish(self, operation: Operation) -> Operation:
        """Poll until `done`, as every client must. The mock holds each poll until there is something new."""
        request = GetOperationRequest(operation_id=operation.id)
        while not operation.done:
            operation = self.call("operation.OperationService/Get", request, Operation)
        return operation

    def put(self, url: str, body: bytes) -> str:
        """Upload to a presigned URL; returns the ETag. Raises urllib.error.URLError."""
        request = Request(url, data=body, method="PUT")  # noqa: S310 - the server's own URL
        with self._http.open(request, timeout=_TIMEOUT) as answer:
            return str(answer.headers["ETag"])

    def get(self, url: str) -> bytes:
        """Download from a presigned URL. Raises urllib.error.URLError."""
        with self._http.open(url, timeout=_TIMEOUT) as answer:
            body: bytes = answer.read()
        return body

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()
