"""The gRPC server: a port, every route, and a helpful answer for what has none."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import grpc

from aistudio_mock.domain.errors import Unimplemented
from aistudio_mock.runtime.certificates import Certificates
from aistudio_mock.transport.grpc.calls import Calls
from aistudio_mock.transport.grpc.companions import companion
from aistudio_mock.transport.grpc.threads import Threads
from aistudio_mock.transport.routes import Route, declared_paths

_THREADS = 512
"""Threads are made when a call finds none idle: hundreds of held calls do not starve the others (ADR 1)."""

_GRACE_SECONDS = 0.5
"""How long `stop` lets calls in progress go on; without any it takes a millisecond.

Not zero: connections would end with an error, and gRPC's core tells every client in so many words, on stderr.
"""

_METADATA = 16 << 10
"""A call may bring so many bytes of metadata. By default gRPC refuses by chance between 8 and 16 KiB."""

_OPTIONS = (
    ("grpc.so_reuseport", 0),  # a port that is taken must be an error, not a silent share
    ("grpc.max_metadata_size", _METADATA),
    ("grpc.absolute_max_metadata_size", _METADATA),
    ("grpc.http2.max_ping_strikes", 0),  # however often a client asks whether the connection lives
)


_ALIKE = 0.95
"""From so much likeness on the name of a service is a slip of the one that is meant."""


class GrpcServer:
    """One grpcio server on one port, so that a call need not be asked which way it came (ADR 1)."""

    def __init__(self) -> None:
        logging.getLogger("grpc._cython.cygrpc").addFilter(_without_values)
        self._threads = Threads(_THREADS, "aistudio-mock-grpc")
        self._server = grpc.server(self._threads, options=_OPTIONS)

    def bind(self, host: str, port: int) -> int:
        """Binds a plaintext port; 0 takes a free one. Raises OSError when it is taken."""
        return self._bound(host, port, self._server.add_insecure_port)

    def bind_tls(self, host: str, port: int, certificates: Certificates) -> int:
        """Binds a TLS port; 0 takes a free one. Raises OSError when it is taken."""
        credentials = grpc.ssl_server_credentials(((certificates.key_pem, certificates.chain_pem),))
        return self._bound(host, port, lambda address: self._server.add_secure_port(address, credentials))

    def start(self, routes: Mapping[str, Route], calls: Calls) -> None:
        """Answers from here on; grpcio wants its port bound before."""
        self._server.add_generic_rpc_handlers((_Handlers(routes, calls),))
        self._server.start()

    def stop(self) -> None:
        """Ends open calls and frees the port."""
        self._server.stop(grace=_GRACE_SECONDS).wait()
        self._threads.shut()

    @staticmethod
    def _bound(host: str, port: int, add: Any) -> int:
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            bound: int = add(address)
        except RuntimeError as problem:
            raise OSError(f"cannot listen on {address}: {problem}") from None
        if not bound:
            raise OSError(f"cannot listen on {address}")
        return bound


class _Handlers(grpc.GenericRpcHandler):
    """Finds the handler of a call by its path, and keeps it."""

    def __init__(self, routes: Mapping[str, Route], calls: Calls) -> None:
        self._routes = routes
        self._calls = calls
        self._made: dict[str, grpc.RpcMethodHandler] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        path = handler_call_details.method
        return self._made.get(path) or self._routed(path) or companion(path) or self._unknown(path)

    def _routed(self, path: str) -> grpc.RpcMethodHandler | None:
        route = self._routes.get(path)
        if route is None:
            return None
        made = self._made[path] = self._calls.handler(route)
        return made

    def _unknown(self, path: str) -> grpc.RpcMethodHandler:
        return self._calls.refusal(path, Unimplemented(_hint(path, tuple(self._routes))))


def _without_values(record: logging.LogRecord) -> bool:
    """Takes out a header that is no UTF-8: it may be a secret, and is no error of ours as grpcio says."""
    if str(record.msg).startswith("Invalid encoding on"):
        record.msg, record.args, record.exc_info = "a caller's header is no UTF-8", (), None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
    return logging.getLogger(record.name).isEnabledFor(record.levelno)


@lru_cache(maxsize=256)
def _hint(path: str, known: tuple[str, ...]) -> str:
    """What to say of an unimplemented method; one that does not exist gets the name of a similar one."""
    message = f"Method {path.strip('/')} is unimplemented"
    if path in declared_paths():
        return message
    from difflib import get_close_matches  # noqa: PLC0415 - only a misspelt method needs it

    service, _, method = path.rpartition("/")
    services = {one.rpartition("/")[0] for one in known}
    if not get_close_matches(service, services, n=1, cutoff=_ALIKE):
        return message  # of a service that is not mocked; any method of the same name would mislead
    names = [one.rpartition("/")[2] for one in known]
    near = get_close_matches(method.removesuffix("Request"), names, n=1, cutoff=0.8)
    # Of several services with such a method, the one whose name is nearest.
    namesakes = [one for one in known if near and one.endswith(f"/{near[0]}")]
    suggestion = get_close_matches(path, namesakes, n=1, cutoff=0)
    return f"{message}; did you mean {suggestion[0].strip('/')}?" if suggestion else message
