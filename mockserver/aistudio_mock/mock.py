"""The mock for Python programs: a server as a context manager, and folders of one's own."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from aistudio_mock.app import Ready, Server
from aistudio_mock.config import Auth, Durations, ServerConfig, parse_faults, parse_time
from aistudio_mock.handles import Folders, Making, MockClock, MockFolder

__all__ = ["MockClock", "MockFolder", "MockServer"]


class MockServer(Folders):
    """A mock on free ports of the loopback interface, for `with` and `async with`.

    Args:
        time: `skip`, `poll`, `real`, `manual`, or a rate such as `10x`.
        durations: `recorded`, `documented` or `instant`.
        edition: the deployment to imitate: `2024-12`, `2025-01` or `2025-12`.
        auth: `off`, `any` or `strict`.
        seed: rules chance; None draws a new one.
        settings: behaviours by id, as `--set ID=VALUE` sets them.
        faults: what every folder has from the start: presets by name, and YAML files.
        state: a directory where everything is kept, to be there again in the next server; None for memory.

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
        faults: Sequence[str] = (),
        state: str | Path | None = None,
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
            faults=parse_faults(list(faults)),
            state=None if state is None else Path(state),
        )
        self._server = Server(self._config)

    def __enter__(self) -> Self:
        """Starts the server."""
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops the server; what it stored goes, unless there is a directory for it."""
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
    def fault_endpoint(self) -> str:
        """host:port of gRPC where GOAWAY, half answers and drips are met; opened at the first look."""
        return self._server.fault_address

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
        return MockFolder(self._server.control, self._ready.folder_id, self._ready.api_key)

    @property
    def _making(self) -> Making:
        return self._server.control
