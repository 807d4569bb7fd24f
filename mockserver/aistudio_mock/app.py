"""A whole server: the one place where everything is wired, started and stopped."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict

from aistudio_mock import environment
from aistudio_mock.backend.addresses import Directory, Door
from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.folders import Auth
from aistudio_mock.backend.identity import Identity
from aistudio_mock.backend.journal import Noted, Sink
from aistudio_mock.backend.lazy import lazy
from aistudio_mock.config import ConfigError, ServerConfig
from aistudio_mock.domain.instant import Instant
from aistudio_mock.doors import Doors
from aistudio_mock.folder_settings import folder_settings
from aistudio_mock.ground import Ground, ground
from aistudio_mock.runtime import certificates
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.runtime.chance import secret
from aistudio_mock.runtime.clocks import system_now
from aistudio_mock.transport.admission import Admission
from aistudio_mock.transport.http.server import build_app
from aistudio_mock.transport.routes import Route, routes

if TYPE_CHECKING:
    from aiohttp import web

    from aistudio_mock.backend.control import Control
    from aistudio_mock.backend.journal_entries import Teller
    from aistudio_mock.backend.scans import Scans
    from aistudio_mock.domain.presign import Signer
    from aistudio_mock.transport.http.control_guard import Guard


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


class _Started(Struct, frozen=True):
    """What a server that is started is made of."""

    backend: Backend
    doors: Doors
    certificates: certificates.Certificates
    control_token: str | None


class Server:
    """The mock, from start to stop. Not restartable."""

    def __init__(self, config: ServerConfig, shutdown: Callable[[], None] | None = None) -> None:
        """`shutdown` is what the control API's shutdown calls, from any thread; without it, it is refused."""
        self._config = config
        self._shutdown = shutdown
        self._running = ExitStack()
        self._process = 0
        self._teller = cache(partial(_teller, secret(32), system_now()))
        self._started: _Started | None = None

    @property
    def ready(self) -> Ready:
        """Where the server is reached. Raises RuntimeError before `start`."""
        parts, state = self._parts, self._config.state
        doors, default = parts.doors, parts.backend.folders.default
        return Ready(
            grpc=doors.grpc,
            tls=doors.tls,
            http=doors.http,
            ca=str(parts.certificates.ca_path),
            folder_id=default.id,
            api_key=default.api_key,
            pid=self._process,
            faults=doors.faults if self._config.fault_port is not None else None,
            router="http://{}:{}".format(*doors.router.proxy) if doors.router else None,
            control_token=parts.control_token,
            state=str(state.absolute()) if state is not None else None,
        )

    @property
    def backend(self) -> Backend:
        """What answers the calls. Raises RuntimeError before `start`."""
        return self._parts.backend

    @property
    def fault_address(self) -> str:
        """host:port of plaintext gRPC with a relay for faults; opened at the first look."""
        return self._parts.doors.fault_address()

    @property
    def refused_hosts(self) -> Mapping[str, int]:
        """How often the router refused each host."""
        router = self._parts.doors.router
        return router.refused if router else {}

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
        bundle = certificates.bundle(self._parts.certificates)
        return {
            **self._way_here(bundle),
            **environment.trust(ready.ca, str(bundle)),
            **environment.identity(ready.folder_id, ready.api_key),
            **environment.place(ready.grpc, ready.http),
            **({environment.CONTROL_TOKEN: ready.control_token} if ready.control_token else {}),
        }

    def _way_here(self, bundle: Path) -> dict[str, str]:
        doors = self._parts.doors
        if doors.router is None:
            return {"YC_API_ENDPOINT": doors.tls, **environment.direct(doors.host.strip("[]"), os.environ)}
        from aistudio_mock.transport.router.environment import variables  # noqa: PLC0415 - only with a router

        led = variables(doors.router.proxy, doors.router.tls, self._config.allow, os.environ)
        return {**led, "SYSTEM_WGETRC": str(certificates.wgetrc(bundle))}

    @property
    def _parts(self) -> "_Started":
        if self._started is None:
            raise RuntimeError("the server is not started; call start() first")
        return self._started

    def _start(self, undo: ExitStack) -> None:
        config, self._process = self._config, os.getpid()
        sink = _journal_file(undo, config.journal, self._teller) if config.journal else None
        tls = certificates.load(config.advertise, config.ca_dir)
        found = ground(config, sink)
        undo.callback(found.blobs.close)
        making_scans = undo.enter_context(ExitStack())
        undo.callback(found.close)  # before scans end: what is not done goes on after a restart
        doors = Doors(config, tls, undo)
        backend = _assemble(config, found, doors.directories, partial(_scans, making_scans, found.blobs))
        _fill(backend, config)
        token = _control_token(config)
        self._started = _Started(backend, doors, tls, token)
        admission = Admission(backend.identity, found.ids, lambda: backend.rates)
        table = routes(backend)
        doors.open(table, admission, partial(self._application, table, admission))

    def _application(self, table: Mapping[str, Route], admission: Admission) -> "web.Application":
        from aistudio_mock.transport.http import control as control_api  # noqa: PLC0415 - in the HTTP thread
        from aistudio_mock.transport.http import metadata, openai, rest, s3_watch  # noqa: PLC0415

        parts = self._parts
        guard, ca = _guard(self._config, parts.control_token), parts.certificates.ca_pem

        def add(app: "web.Application") -> None:
            rest.routes(table, admission)(app)
            openai.routes(parts.backend, table, admission)(app)
            metadata.routes(parts.backend.identity)(app)
            control_api.routes(self.control, self._described, ca, guard)(app)
            s3_watch.routes(parts.backend.folders)(app)

        return build_app(parts.backend.objects, parts.backend.blobs, add)

    def _described(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self.ready).items() if name != "control_token"}


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


def _scans(undo: ExitStack, blobs: BlobStore) -> "Scans":
    """Called with the first dataset that is validated."""
    from aistudio_formats.worker_client import Scanner  # noqa: PLC0415 - not needed to start
    from aistudio_mock.backend.scans import Scans  # noqa: PLC0415

    scanner = Scanner()
    undo.callback(scanner.close)
    scans = Scans(blobs, scanner)
    undo.callback(scans.close)
    return scans


def _fill(backend: Backend, config: ServerConfig) -> None:
    """What was there before: a saved folder, and what a directory of state holds."""
    if config.load:
        from aistudio_mock.loading import load  # noqa: PLC0415 - only where something is loaded

        load(backend, config.load)
    if config.state is not None:
        from aistudio_mock.backend.resuming import resume  # noqa: PLC0415 - with a state

        resume(backend)


def _control_token(config: ServerConfig) -> str | None:
    """What the control API asks for: the user's; else one of ours, where other machines reach it."""
    return config.control_token or (None if environment.is_loopback(config.host) else secret(24).hex())


def _guard(config: ServerConfig, token: str | None) -> "Guard":
    from aistudio_mock.transport.http.control_guard import Guard  # noqa: PLC0415 - in the HTTP thread

    local = environment.is_loopback(config.host)
    return Guard(token, frozenset({config.host, config.advertise or config.host}) if local else None)


def _signer(access_key_id: str, secret: str) -> "Signer":
    from aistudio_mock.domain.presign import Signer  # noqa: PLC0415 - with the first URL

    return Signer(access_key_id, secret)


def _teller(key: bytes, started: Instant) -> "Teller":
    from aistudio_mock.backend.journal_entries import Teller  # noqa: PLC0415 - with the first reader of a journal
    from aistudio_protos.redaction import Redactor  # noqa: PLC0415

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
