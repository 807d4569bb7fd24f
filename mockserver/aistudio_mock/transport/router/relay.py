"""The fault port: gRPC led to a server of ours through a relay that can do to frames what no server does.

Nobody who does not connect there pays for it (ADR 10).
"""

import asyncio
import logging
import socket
import threading
from asyncio import StreamReader, StreamWriter
from contextlib import suppress

from aistudio_mock.transport.router.frames import CutShort, Downstream
from aistudio_mock.transport.router.pipe import CHUNK, Address, open_end

_LOG = logging.getLogger("aistudio_mock.faults")
_BACKLOG = 128


class Relay:
    """Leads HTTP/2 connections to `upstream`. Not restartable."""

    def __init__(self, host: str, port: int, upstream: Address) -> None:
        """Raises OSError when the port is taken; 0 is any free one."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as problem:
            raise OSError(f"cannot listen on {host}:{port}: {problem.strerror}") from None
        self._upstream = upstream
        self._loop = asyncio.SelectorEventLoop()
        self._stopping = asyncio.Event()
        self._clients: set[asyncio.Future[None]] = set()
        self._thread = threading.Thread(target=self._run, name="aistudio-mock-relay", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Starts the thread and returns at once; clients may connect already."""
        self._thread.start()

    def stop(self) -> None:
        """Cuts every connection, frees the port and waits for the thread; again does nothing."""
        with suppress(RuntimeError):  # the loop is closed: stopped before
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._take, sock=self._listener, limit=CHUNK)
        await self._stopping.wait()
        server.close()

    def _take(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.ensure_future(self._lead(reader, writer))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _lead(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            upstream_reader, upstream_writer = await open_end(self._upstream)
        except OSError as problem:
            _LOG.debug("the fault port finds no server: %r", problem)
            writer.transport.abort()
            return
        down = asyncio.ensure_future(Downstream(upstream_reader, writer).carry())
        up = asyncio.ensure_future(_carry_up(reader, upstream_writer))
        try:
            await asyncio.wait((down, up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in (down, up):
                way.cancel()
            for found in await asyncio.gather(down, up, return_exceptions=True):
                _tell(found)
            upstream_writer.transport.abort()
            writer.close()  # what was written goes out first


async def _carry_up(reader: StreamReader, writer: StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()


def _tell(found: BaseException | None) -> None:
    if isinstance(found, CutShort | OSError | EOFError | asyncio.CancelledError) or found is None:
        return
    _LOG.error("bug in aistudio-mock while relaying", exc_info=found)
