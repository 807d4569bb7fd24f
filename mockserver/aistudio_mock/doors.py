"""The ports of a server: bound before it can answer, so that its addresses are known, opened once it can."""

import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from aistudio_mock.backend.addresses import REAL, Directory, Door, directory
from aistudio_mock.config import ServerConfig
from aistudio_mock.runtime.certificates import Certificates
from aistudio_mock.transport.admission import Admission
from aistudio_mock.transport.grpc.calls import Calls
from aistudio_mock.transport.grpc.server import GrpcServer
from aistudio_mock.transport.http.server import HttpServer
from aistudio_mock.transport.routes import Route

if TYPE_CHECKING:
    from aiohttp import web

    from aistudio_mock.transport.router.relay import Relay
    from aistudio_mock.transport.router.router import Router

_BACKLOG = 128
_LOOPBACK = "127.0.0.1"
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - told apart, not bound


class Doors:
    """Every way into one server. They are closed by the stack that they were made with."""

    def __init__(self, config: ServerConfig, tls: Certificates, undo: ExitStack) -> None:
        """Binds the ports that every server has. Raises OSError when one is taken."""
        self._config = config
        self._tls = tls
        self._undo = undo
        self._listener = undo.enter_context(_listening(config.host, config.http_port))
        self._plaintext, self._secure = _grpc_server(undo), _grpc_server(undo)
        self.host = host = _shown_host(config)
        """As addresses show it: a name, or an IP address, in brackets if it is of version 6."""
        self.http = f"http://{host}:{self._listener.getsockname()[1]}"
        self.grpc = f"{host}:{self._plaintext.bind(config.host, config.grpc_port)}"
        self.tls = f"{host}:{self._secure.bind_tls(config.host, config.tls_port, tls)}"
        self.router: Router | None = None
        self._faults: str | None = None
        self.directories: dict[Door, Directory] = {
            Door.PLAINTEXT: directory(self.grpc, self.http),
            Door.TLS: directory(self.tls, self.http),
            Door.ROUTER: REAL,
            Door.FAULTS: directory(self.grpc, self.http),  # until that port is opened
        }
        """What callers are told of the server, by the way they came."""

    def open(
        self,
        table: Mapping[str, Route],
        admission: Admission,
        application: "Callable[[], web.Application]",
    ) -> None:
        """Answers gRPC when this returns; `application` is called with the first HTTP client, in a thread."""
        self._table = table
        self._admission = admission
        self._plaintext.start(table, Calls(admission, Door.PLAINTEXT))
        self._secure.start(table, Calls(admission, Door.TLS))
        http_server = HttpServer(self._listener, application)
        http_server.start()
        self._undo.callback(http_server.stop)
        if self._config.router:
            self.router = self._open_router(self._undo)
        if self._config.fault_port is not None:
            self._open_faults(self._undo, self._config.fault_port)
        if self._config.metadata:
            http_server.wait()  # programs give the metadata address a second, as it is on their machine

    @property
    def faults(self) -> str | None:
        """host:port of plaintext gRPC with a relay for faults; None when it is not open."""
        return self._faults

    def fault_address(self) -> str:
        """The same, opened if it is not yet."""
        if self._faults is None:
            with ExitStack() as undo:
                self._open_faults(undo, self._config.fault_port or 0)
                self._undo.push(undo.pop_all())
        assert self._faults is not None
        return self._faults

    def _open_faults(self, undo: ExitStack, port: int) -> None:
        relay = self._relayed(undo, self._config.host, port, Door.FAULTS)
        self._faults = address = f"{self.host}:{relay.port}"
        self.directories[Door.FAULTS] = directory(address, self.http)

    def _open_router(self, undo: ExitStack) -> "Router":
        """The router, and behind it a gRPC port of its own, by which its calls are known."""
        from aistudio_mock.transport.router.router import Router  # noqa: PLC0415 - imports what is slow to import

        if any(fault.relayed(is_stream=False) for fault in self._config.faults):
            port = self._relayed(undo, _LOOPBACK, 0, Door.ROUTER).port
        else:
            port = self._behind(undo, Calls(self._admission, Door.ROUTER))
        http_host, http_port = self._listener.getsockname()[:2]
        http = (_LOOPBACK if http_host in _EVERYWHERE else http_host, http_port)
        config = self._config
        router = Router(self._tls, (_LOOPBACK, port), http, config.allow, metadata=config.metadata)
        router.start()
        undo.callback(router.stop)
        return router

    def _relayed(self, undo: ExitStack, host: str, port: int, door: Door) -> "Relay":
        """A relay, and behind it a gRPC port of its own."""
        from aistudio_mock.transport.router.relay import Relay  # noqa: PLC0415 - only with a fault port

        behind = self._behind(undo, Calls(self._admission, door, is_relayed=True))
        relay = Relay(host, port, (_LOOPBACK, behind))
        relay.start()
        undo.callback(relay.stop)
        return relay

    def _behind(self, undo: ExitStack, calls: Calls) -> int:
        """A gRPC port that only this process knows."""
        server = _grpc_server(undo)
        port = server.bind(_LOOPBACK, 0)
        server.start(self._table, calls)
        return port


def _grpc_server(undo: ExitStack) -> GrpcServer:
    server = GrpcServer()
    undo.callback(server.stop)
    return server


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as problem:
        raise OSError(f"cannot listen on {host}:{port}: {problem.strerror}") from None


def _shown_host(config: ServerConfig) -> str:
    host = config.advertise or ("localhost" if config.host in _EVERYWHERE else config.host)
    return f"[{host}]" if ":" in host else host
