"""The mock for Python programs: a server as a context manager, and folders of one's own."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Literal, Self

from aistudio_mock.app import Ready, Server, defaults
from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.folders import Folder
from aistudio_mock.config import Auth, Durations, ServerConfig, parse_time
from aistudio_mock.domain.instant import SECOND


class MockClock:
    """A folder's virtual clock, for people."""

    def __init__(self, backend: Backend, folder: Folder) -> None:
        self._backend = backend
        self._folder = folder

    def now(self) -> datetime:
        """Virtual time, aware, UTC."""
        return datetime.fromtimestamp(self._folder.clock.now() / SECOND, UTC)

    def advance(
        self,
        by: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> datetime:
        """Moves time forward as if it were lived through, and returns the new time.

        Work that the server does in the meantime (scanning an upload) is waited for, so that everything due
        by then is visible when this returns. ValueError for a negative duration.
        """
        span = (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        self._backend.validations.settle(self._folder.id)
        self._folder.clock.advance(span // timedelta(microseconds=1))
        return self.now()


class MockFolder:
    """A folder of its own: id, credentials, clock. Nobody else's objects are in it."""

    def __init__(self, backend: Backend, folder: Folder) -> None:
        self._backend = backend
        self._folder = folder
        self.id = folder.id
        self.api_key = folder.api_key
        self.clock = MockClock(backend, folder)

    def __repr__(self) -> str:
        """Never shows the key."""
        return f"MockFolder({self.id!r})"

    def iam_token(self) -> str:
        """A fresh IAM token of this folder, good for 12 hours of its clock."""
        return self._backend.identity.issue(self._folder).token


class MockServer:
    """A mock on free ports of the loopback interface, for `with` and `async with`.

    Args:
        time: `skip`, `poll`, `real`, `manual`, or a rate such as `10x`.
        durations: `recorded`, `documented` or `instant`.
        edition: the deployment to imitate: `2024-12`, `2025-01` or `2025-12`.
        auth: `off`, `any` or `strict`.
        seed: rules chance; None draws a new one.
        settings: behaviours by id, as `--set ID=VALUE` sets them.

    Raises:
        ConfigError: an argument that cannot work; the message says what would.
    """

    def __init__(
        self,
        *,
        time: str = "skip",
        durations: Durations = "recorded",
        edition: Literal["2024-12", "2025-01", "2025-12"] = "2025-12",
        auth: Auth = "any",
        seed: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._config = ServerConfig(
            grpc_port=0,
            tls_port=0,
            http_port=0,
            time=parse_time(time),
            durations=durations,
            edition=edition,
            auth=auth,
            seed=seed,
            settings=settings or {},
        )
        self._server = Server(self._config)

    def __enter__(self) -> Self:
        """Starts the server."""
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops the server and removes everything it stored."""
        self._server.stop()

    async def __aenter__(self) -> Self:
        """Starts the server; other tasks go on meanwhile."""
        await asyncio.to_thread(self._server.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops the server; other tasks go on meanwhile."""
        await asyncio.to_thread(self._server.stop)

    @property
    def _ready(self) -> Ready:
        return self._server.ready

    @property
    def endpoint(self) -> str:
        """host:port of plaintext gRPC."""
        return self._ready.grpc

    @property
    def tls_endpoint(self) -> str:
        """host:port of gRPC over TLS; its CA is the one that `env` names."""
        return self._ready.tls

    @property
    def http_url(self) -> str:
        """Base URL of storage and the REST faces."""
        return self._ready.http

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that lead a child process here."""
        return self._server.env()

    @property
    def default_folder(self) -> MockFolder:
        """The folder of calls that name none."""
        return MockFolder(self._server.backend, self._server.backend.folders.default)

    def folder(
        self, *, time: str | None = None, durations: Durations | None = None, seed: int | None = None
    ) -> MockFolder:
        """A fresh folder, with a clock, durations and seed of its own where given."""
        config = replace(
            self._config,
            time=parse_time(time) if time else self._config.time,
            durations=durations or self._config.durations,
            seed=seed if seed is not None else self._config.seed,
        )
        backend = self._server.backend
        return MockFolder(backend, backend.folders.create(change=lambda _: defaults(config)))
