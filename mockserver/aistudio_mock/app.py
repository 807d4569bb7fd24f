"""A whole server: the one place where everything is wired, started and stopped."""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict

from aistudio_formats.worker_client import Scanner
from aistudio_mock import environment
from aistudio_mock.backend.addresses import REAL, Directory, Door, directory
from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.folders import Auth
from aistudio_mock.backend.identity import Identity
from aistudio_mock.backend.journal import Noted, Sink
from aistudio_mock.backend.lazy import lazy
from aistudio_mock.config import ConfigError, ServerConfig
from aistudio_mock.domain.instant import Instant
from aistudio_mock.folder_settings import folder_settings
from aistudio_mock.ground import Ground, ground
from aistudio_mock.runtime import certificates
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.runtime.chance import secret
from aistudio_mock.runtime.clocks import system_now
from aistudio_mock.transport.admission import Admission
from aistudio_mock.transport.grpc.calls import Calls
from aistudio_mock.transport.grpc.server import GrpcServer
from aistudio_mock.transport.http.server import HttpServer, build_app
from aistudio_mock.transport.routes import Route, routes

if TYPE_CHECKING:
    from aiohttp import web

    from aistudio_mock.backend.control import Control
    from aistudio_mock.backend.journal_entries import Teller
    from aistudio_mock.backend.scans import Scans
    from aistudio_mock.domain.presign import Signer
    from aistudio_mock.transport.router.relay import Relay
    from aistudio_mock.transport.router.router import Router

_BACKLOG = 128
_LOOPBACK = "127.0.0.1"
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - told apart, not bound


class Ready(Struct, frozen=True):
    """Where a started server is reached, and with what."""

    grpc: str
    tls: str
    http: str
    ca: str
    folder_id: str
    api_key: str
    pid: int
    faults: str | None = None
    """host:port of plaintext gRPC with a relay for faults; None when it was not asked for."""
    router: str | None = None
    """The proxy that leads the service's real names here; None when there is none."""
    control_token: str | None = None
    """What the control API asks for; None where it asks for nothing."""
    state: str | None = None
    """The directory where everything is kept; None where it is kept in memory."""


class Server:
    """The mock, from start to stop. Not restartable."""

    def __init__(self, config: ServerConfig, shutdown: Callable[[], None] | None = None) -> None:
        """`shutdown` is what the control API's shutdown calls, from any thread; without it, it is refused."""
        self._config = config
        self._shutdown = shutdown
        self._running = ExitStack()
        self._ready: Ready | None = None
        self._backend: Backend | None = None
        self._certificates: certificates.Certificates | None = None
        self._router: Router | None = None
        self._fault_address: str | None = None

    @property
    def ready(self) -> Ready:
        """Where the server is reached. Raises RuntimeError before `start`."""
        if self._ready is None:
            raise RuntimeError("the server is not started; call start() first")
        return self._ready

    @property
    def backend(self) -> Backend:
        """What answers the calls. Raises RuntimeError before `start`."""
        if self._backend is None:
            raise RuntimeError("the server is not started; call start() first")
        return self._backend

    @lazy
    def control(self) -> "Control":
        """Folders, clocks, faults and journals. Raises RuntimeError before `start`."""
        from aistudio_mock.backend.control import Control  # noqa: PLC0415 - not on the start path

        settings = partial(folder_settings, self._config)
        return Control(self.backend, settings, self._teller, self._process, self._shutdown)

    def start(self) -> None:
        """Answers gRPC when this returns; HTTP answers as soon as its thread has imported what it needs.

        Raises:
            OSError: a port is taken, or the certificate cannot be written.
            ConfigError: the file for the journal cannot be written, or holds something else.
            StateError: the directory of the state cannot be used; it is an OSError.
        """
        undo = self._running
        try:
            self._start(undo)
        except BaseException:
            undo.close()
            raise

    def stop(self) -> None:
        """Frees ports, threads, processes and files. Again does nothing."""
        self._running.close()

    def env(self) -> dict[str, str]:
        """The variables that lead a program's clients here (product, "How `run` redirects a program")."""
        ready = self.ready
        assert self._certificates is not None
        bundle = str(certificates.bundle(self._certificates))
        return {
            **self._way_here(),
            **environment.trust(ready.ca, bundle),
            **environment.identity(ready.folder_id, ready.api_key),
            **environment.place(ready.grpc, ready.http),
            **({environment.CONTROL_TOKEN: ready.control_token} if ready.control_token else {}),
        }

    @property
    def fault_address(self) -> str:
        """host:port of plaintext gRPC with a relay for faults; opened at the first look."""
        if self._fault_address is None:
            with ExitStack() as undo:
                self._open_fault_port(undo, self._config.fault_port or 0)
                self._running.push(undo.pop_all())
        assert self._fault_address is not None
        return self._fault_address

    def _start_router(
        self, undo: ExitStack, tls: certificates.Certificates, http: tuple[str, int]
    ) -> "Router":
        """The router, and behind it a gRPC port of its own, by which its calls are known."""
        from aistudio_mock.transport.router.router import Router  # noqa: PLC0415 - imports what is slow to import

        config = self._config
        if any(fault.relayed(is_stream=False) for fault in config.faults):
            port = self._relayed(undo, _LOOPBACK, 0, Door.ROUTER).port
        else:
            grpc_server = GrpcServer()
            undo.callback(grpc_server.stop)
            port = grpc_server.bind(_LOOPBACK, 0)
            grpc_server.start(self._table, Calls(self._admission, Door.ROUTER))
        router = Router(tls, (_LOOPBACK, port), http, config.allow)
        router.start()
        undo.callback(router.stop)
        return router

    def _open_fault_port(self, undo: ExitStack, port: int) -> None:
        relay = self._relayed(undo, self._config.host, port, Door.FAULTS)
        self._fault_address = address = f"{_shown_host(self._config)}:{relay.port}"
        self._directories[Door.FAULTS] = directory(address, self._directories[Door.FAULTS].storage_url)

    def _relayed(self, undo: ExitStack, host: str, port: int, door: Door) -> "Relay":
        """A relay, and behind it a gRPC port of its own."""
        from aistudio_mock.transport.router.relay import Relay  # noqa: PLC0415 - only with a fault port

        grpc_server = GrpcServer()
        undo.callback(grpc_server.stop)
        behind = grpc_server.bind(_LOOPBACK, 0)
        grpc_server.start(self._table, Calls(self._admission, door, is_relayed=True))
        relay = Relay(host, port, (_LOOPBACK, behind))
        relay.start()
        undo.callback(relay.stop)
        return relay

    @property
    def refused_hosts(self) -> Mapping[str, int]:
        """How often the router refused each host."""
        return self._router.refused if self._router else {}

    def _way_here(self) -> dict[str, str]:
        if self._router is None:
            host = _shown_host(self._config).strip("[]")
            return {"YC_API_ENDPOINT": self.ready.tls, **environment.direct(host, os.environ)}
        from aistudio_mock.transport.router.environment import variables  # noqa: PLC0415 - only with a router

        return variables(self._router.proxy, self._router.tls, self._config.allow, os.environ)

    def _start(self, undo: ExitStack) -> None:
        config, self._process = self._config, os.getpid()
        self._teller = teller = cache(partial(_teller, secret(32), system_now()))
        sink = _journal_file(undo, config.journal, teller) if config.journal else None
        self._certificates = tls = certificates.load(config.advertise, config.ca_dir)
        listener = undo.enter_context(_listening(config.host, config.http_port))
        found = ground(config, sink)
        undo.callback(found.blobs.close)
        scanner = Scanner()
        undo.callback(scanner.close)
        scans = _Scans(found.blobs, scanner)
        undo.callback(scans.close)
        undo.callback(found.close)  # before scans end: what is not done goes on after a restart
        plaintext_server, tls_server = GrpcServer(), GrpcServer()
        undo.callback(plaintext_server.stop)
        undo.callback(tls_server.stop)
        host = _shown_host(config)
        http_url = f"http://{host}:{listener.getsockname()[1]}"
        plaintext = f"{host}:{plaintext_server.bind(config.host, config.grpc_port)}"
        secure = f"{host}:{tls_server.bind_tls(config.host, config.tls_port, tls)}"
        self._directories = directories = {
            Door.PLAINTEXT: directory(plaintext, http_url),
            Door.TLS: directory(secure, http_url),
            Door.ROUTER: REAL,
            Door.FAULTS: directory(plaintext, http_url),  # until that port is opened
        }
        self._backend = backend = _assemble(config, found, directories, scans.made)
        if config.load:
            from aistudio_mock.loading import load  # noqa: PLC0415 - only where something is loaded

            load(backend, config.load)
        if config.state is not None:
            from aistudio_mock.backend.resuming import resume  # noqa: PLC0415 - with a state

            resume(backend)
        self._admission = admission = Admission(backend.identity, found.ids, lambda: backend.rates)
        self._table = table = routes(backend)
        plaintext_server.start(table, Calls(admission, Door.PLAINTEXT))
        tls_server.start(table, Calls(admission, Door.TLS))
        local = environment.is_loopback(config.host)
        token = config.control_token or (None if local else secret(24).hex())
        names = frozenset({config.host, config.advertise or config.host}) if local else None
        http_server = HttpServer(
            listener, partial(_application, self, (token, names), tls.ca_pem, found.blobs, table, admission)
        )
        http_server.start()
        undo.callback(http_server.stop)
        if config.router:
            http_host, http_port = listener.getsockname()[:2]
            http_address = (_LOOPBACK if http_host in _EVERYWHERE else http_host, http_port)
            self._router = self._start_router(undo, tls, http_address)
        if config.fault_port is not None:
            self._open_fault_port(undo, config.fault_port)
        default = backend.folders.default
        self._ready = Ready(
            grpc=plaintext,
            tls=secure,
            http=http_url,
            ca=str(tls.ca_path),
            folder_id=default.id,
            api_key=default.api_key,
            pid=self._process,
            faults=self._fault_address,
            router="http://{}:{}".format(*self._router.proxy) if self._router else None,
            control_token=token,
            state=str(config.state.absolute()) if config.state is not None else None,
        )


class _Scans:
    """Scans, made with the first dataset that is validated."""

    def __init__(self, blobs: BlobStore, scanner: Scanner) -> None:
        self._blobs = blobs
        self._scanner = scanner
        self._made: Scans | None = None

    def made(self) -> "Scans":
        from aistudio_mock.backend.scans import Scans  # noqa: PLC0415 - not needed to start

        self._made = Scans(self._blobs, self._scanner)
        return self._made

    def close(self) -> None:
        if self._made is not None:
            self._made.close()


def _assemble(
    config: ServerConfig,
    found: Ground,
    directories: Mapping[Door, Directory],
    scans: "Callable[[], Scans]",
) -> Backend:
    return Backend(
        folders=found.folders,
        identity=Identity(found.folders, Auth(config.auth), found.token_secret, found.first_token),
        directories=directories,
        blobs=found.blobs,
        signer=partial(_signer, *found.signing),
        scans=scans,
        store=found.store,
        lock=found.lock,
    )


def _signer(access_key_id: str, secret: str) -> "Signer":
    from aistudio_mock.domain.presign import Signer  # noqa: PLC0415 - with the first URL

    return Signer(access_key_id, secret)


def _teller(key: bytes, started: Instant) -> "Teller":
    from aistudio_mock.backend.journal_entries import Teller  # noqa: PLC0415 - with the first reader of a journal
    from aistudio_mock.backend.redaction import Redactor  # noqa: PLC0415

    return Teller(Redactor(key), started)


def _journal_file(undo: ExitStack, path: Path, teller: "Callable[[], Teller]") -> Sink:
    """Writes every call to `path` until the server has stopped. Raises ConfigError where that cannot work."""
    from aistudio_mock.backend.journal_entries import is_header, line  # noqa: PLC0415 - only with such a file
    from aistudio_mock.runtime.line_file import LineFile, OccupiedError, create  # noqa: PLC0415

    try:
        file = create(path, is_header)
    except OccupiedError:
        raise ConfigError(f"--journal {path} holds something else than a journal; name a new file") from None
    except OSError as problem:
        raise ConfigError(f"--journal {path}: {problem.strerror}; name a file that can be written") from None
    lines = LineFile[Noted](file, lambda: line(teller().header()), lambda noted: line(teller().entry(noted)))
    undo.callback(lines.close)
    return lines.put


def _described(server: Server) -> dict[str, Any]:
    return {name: value for name, value in asdict(server.ready).items() if name != "control_token"}


def _application(
    server: Server,
    guarded: tuple[str | None, frozenset[str] | None],
    ca_pem: bytes,
    blobs: BlobStore,
    table: Mapping[str, Route],
    admission: Admission,
) -> "web.Application":
    from aistudio_mock.transport.http import control as control_api  # noqa: PLC0415 - in the HTTP thread
    from aistudio_mock.transport.http import openai, rest, s3_watch  # noqa: PLC0415
    from aistudio_mock.transport.http.control_guard import Guard  # noqa: PLC0415

    backend, guard = server.backend, Guard(*guarded)

    def add(app: "web.Application") -> None:
        rest.routes(table, admission)(app)
        openai.routes(backend, table, admission)(app)
        control_api.routes(server.control, partial(_described, server), ca_pem, guard)(app)
        s3_watch.routes(backend.folders)(app)

    return build_app(backend.objects, blobs, add)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as problem:
        raise OSError(f"cannot listen on {host}:{port}: {problem.strerror}") from None


def _shown_host(config: ServerConfig) -> str:
    host = config.advertise or ("localhost" if config.host in _EVERYWHERE else config.host)
    return f"[{host}]" if ":" in host else host
