"""The gRPC side of the proxy: every call is on the tape, and its bytes go through as they are, or bent."""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any

import grpc
from msgspec import Struct

from aistudio_conformance.recording.bending import Bending, bent
from aistudio_conformance.recording.rewriting import Origins, rewritten
from aistudio_conformance.recording.tape import METHODS, Heard, Tape, now
from aistudio_faults.edits import EditError
from aistudio_faults.faults import MESSAGE, Standing

_THREADS = 64
_GRACE = 1.0
_OF_HTTP2 = frozenset({"te", "content-type", "grpc-timeout", "user-agent", "grpc-accept-encoding"})
"""What the wire's library writes itself; `user-agent` is told, and not sent on twice."""

_REQUEST_ID = "x-request-id"
_ECHOED = "x-client-request-id"
_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))

Metadata = tuple[tuple[str, str | bytes], ...]


class Upstream(Struct, frozen=True):
    """Where calls go on to: host:port; `roots` to trust, None for the system's; `plaintext` without TLS."""

    address: str
    roots: bytes | None = None
    plaintext: bool = False

    def channel(self) -> grpc.Channel:
        """A channel there."""
        if self.plaintext:
            return grpc.insecure_channel(self.address, _OPTIONS)
        return grpc.secure_channel(self.address, grpc.ssl_channel_credentials(self.roots), _OPTIONS)


class Door(Struct, frozen=True):
    """One way in, and where each call from there goes: the first upstream whose prefix the path has."""

    ways: Mapping[str, Upstream]

    def upstream(self, path: str) -> Upstream:
        """Where a call of that method goes."""
        return next(way for prefix, way in self.ways.items() if path.startswith(prefix))


class GrpcProxy:
    """Ports that lead on; each call comes by a door, plaintext or TLS. Not restartable."""

    def __init__(
        self, tape: Tape, origins: Origins, storage: str, credentials: grpc.ServerCredentials
    ) -> None:
        self._tape = tape
        self._origins = origins
        self._storage = storage
        self._credentials = credentials
        self._servers: list[grpc.Server] = []
        self._pools: list[ThreadPoolExecutor] = []
        self._channels: dict[Upstream, grpc.Channel] = {}
        self._lock = threading.RLock()
        self._addresses: dict[tuple[str, bool], str] = {}
        self.onward: Callable[[str], Upstream] = Upstream
        """How an endpoint that the service names is reached."""
        self.bending = Bending()

    def open(self, door: Door, *, tls: bool) -> str:
        """One more port, and its address."""
        pool = ThreadPoolExecutor(_THREADS)
        server = grpc.server(
            pool,
            (_Everything(lambda path: self._handler(door, path, tls=tls)),),
            (),
            _OPTIONS,
        )
        where = "127.0.0.1:0"
        port = server.add_secure_port(where, self._credentials) if tls else server.add_insecure_port(where)
        server.start()
        with self._lock:
            self._servers.append(server)
            self._pools.append(pool)
        return f"localhost:{port}" if tls else f"127.0.0.1:{port}"

    def close(self) -> None:
        """Ends every call."""
        for server in self._servers:
            server.stop(_GRACE).wait()
        for pool in self._pools:
            pool.shutdown(wait=False)
        for channel in self._channels.values():
            channel.close()

    def _handler(self, door: Door, path: str, *, tls: bool) -> Any:
        def forward(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            call = _Call(path, requests, context)
            self._meet(call, context)
            answers = self._channel(door.upstream(path)).stream_stream(path)(
                call.requests, metadata=call.onward, timeout=context.time_remaining(), wait_for_ready=False
            )
            context.add_callback(answers.cancel)
            try:
                _send_initial(answers, context)
                for answer in answers:
                    call.replies.append(self._shown(call, answer, tls=tls))
                    yield call.replies[-1]
                context.set_trailing_metadata(answers.trailing_metadata() or ())
            except grpc.RpcError:
                pass
            except EditError as problem:
                answers.cancel()
                self._refuse(call, "INTERNAL", str(problem), context)
            self._end(call, answers, context)

        return grpc.stream_stream_rpc_method_handler(forward)

    def _meet(self, call: "_Call", context: grpc.ServicerContext) -> None:
        """Finds the fault that the call meets, if any; a refusal ends it here, in the server's place."""
        if self.bending.is_idle:
            return
        call.fault = fault = self.bending.meet(call.path, call.ahead())
        if fault is not None and fault.status:
            self._refuse(call, fault.status, fault.message or MESSAGE, context)

    def _refuse(self, call: "_Call", status: str, told: str, context: grpc.ServicerContext) -> None:
        ids = ((_REQUEST_ID, secrets.token_hex(16)), *(one for one in call.metadata if one[0] == _ECHOED))
        self._tape.grpc(call.heard(status, told, ids))
        context.set_trailing_metadata(ids)
        context.abort(grpc.StatusCode[status], told)

    def _end(self, call: "_Call", answers: Any, context: grpc.ServicerContext) -> None:
        code, told = answers.code(), answers.details() or ""
        trailing = answers.trailing_metadata() or ()
        self._tape.grpc(call.heard(code.name, told, (*trailing, *(answers.initial_metadata() or ()))))
        if code is grpc.StatusCode.OK:
            return
        context.set_trailing_metadata(trailing)
        context.abort(code, told)

    def _shown(self, call: "_Call", answer: bytes, *, tls: bool) -> bytes:
        """What the client gets: a fault changes what would come through, addresses of the proxy included."""
        method = METHODS.get(call.path)
        if method is None:
            return answer
        name = method.output_type.full_name
        through = rewritten(
            name, answer, self._storage, self._origins, lambda address: self._address(address, tls=tls)
        )
        return bent(call.fault, name, through)

    def _address(self, address: str, *, tls: bool) -> str:
        """Our own address that leads to an endpoint of the service, opened when it is first named."""
        with self._lock:
            known = self._addresses.get((address, tls))
            if known is None:
                known = self.open(Door({"": self.onward(address)}), tls=tls)
                self._addresses[address, tls] = known
            return known

    def _channel(self, upstream: Upstream) -> grpc.Channel:
        with self._lock:
            if upstream not in self._channels:
                self._channels[upstream] = upstream.channel()
            return self._channels[upstream]


def _send_initial(answers: Any, context: grpc.ServicerContext) -> None:
    """Waits for the beginning of the answer; without metadata of its own it begins with the first message."""
    initial = answers.initial_metadata()
    if initial:
        context.send_initial_metadata(initial)


class _Call:
    """One call as it came."""

    def __init__(self, path: str, requests: Iterator[bytes], context: grpc.ServicerContext) -> None:
        self.at = now()
        self.path = path
        left = context.time_remaining()
        self.deadline = None if left is None else round(left, 3)
        self.metadata: Metadata = tuple((one.key, one.value) for one in context.invocation_metadata())
        self.onward = tuple(pair for pair in self.metadata if pair[0] not in _OF_HTTP2)
        self.request = b""
        self.requests: Iterator[bytes] = self._kept(requests)
        """On their way on; the first is kept."""
        self.replies: list[bytes] = []
        self.fault: Standing | None = None
        """What the call meets."""

    def ahead(self) -> bytes:
        """The first request, before it goes on."""
        self.requests = chain([*islice(self.requests, 1)], self.requests)
        return self.request

    def heard(self, status: str, message: str, metadata: Metadata) -> Heard:
        """What goes on the tape of it at its end, with this metadata; replies before a failure do not."""
        return Heard(
            path=self.path,
            request=self.request,
            replies=self.replies if status == "OK" else (),
            metadata=self.metadata,
            received_at=self.at,
            status=status,
            message=message,
            request_id=str(next((value for name, value in metadata if name == _REQUEST_ID), "")),
            deadline=self.deadline,
            fault=self.fault.id if self.fault else None,
        )

    def _kept(self, requests: Iterator[bytes]) -> Iterator[bytes]:
        for request in requests:
            self.request = self.request or request
            yield request


class _Everything(grpc.GenericRpcHandler):
    """A handler for any method."""

    def __init__(self, handler: Callable[[str], Any]) -> None:
        self._handler = handler

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """The handler of that method."""
        return self._handler(handler_call_details.method)
