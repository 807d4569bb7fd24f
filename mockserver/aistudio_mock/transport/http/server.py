"""The HTTP side's life: a listening socket in, a thread with its own event loop, out again without noise.

Importing aiohttp takes longer than everything gRPC needs to start. So this module does without it: the import
happens in the thread, when the first client comes, and until then clients wait in the socket's backlog.
"""

import asyncio
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

    from aistudio_mock.domain.objects import Objects
    from aistudio_mock.runtime.blobs import BlobStore

_GRACE_SECONDS = 0.02
"""How long `stop` lets a request in progress go on, twice: for its handler, then for its connection."""

_ACCEPT_STEPS = 6
"""More turns of the event loop than a connection takes from accept() to being known to aiohttp."""

_BACKLOG = 1024

_protocol_log = logging.getLogger("aistudio_mock.http.protocol")


def build_app(
    objects: "Objects", blobs: "BlobStore", extra: Callable[["web.Application"], None] | None = None
) -> "web.Application":
    """The HTTP application: what `extra` adds, and the storage at every other /BUCKET/KEY.

    A path whose first segment belongs to a route of `extra` never reaches the storage, whatever follows it.
    """
    from aiohttp import web  # noqa: PLC0415  see the module's docstring

    from aistudio_mock.transport.http import s3  # noqa: PLC0415

    app = web.Application()
    app.on_response_prepare.append(_name_server)
    if extra is not None:
        extra(app)
    taken = "|".join(sorted(re.escape(segment) for segment in _first_segments(app)))
    bucket = f"(?!(?:{taken})/)[^/]+" if taken else "[^/]+"
    storage = s3.Storage(objects, blobs)
    app.router.add_route(
        "*", f"/{{bucket:{bucket}}}/{{key:[\\s\\S]+}}", storage.serve, expect_handler=s3.expect
    )
    return app


class HttpServer:
    """Serves one application on one listening socket, which it owns from `start` on.

    `app_factory` is called in the server's thread when the first client connects, so it is the place to
    import what is slow to import: a server that nobody uploads to starts and stops without it.
    """

    def __init__(self, listener: socket.socket, app_factory: Callable[[], "web.Application"]) -> None:
        self._listener = listener
        self._app_factory = app_factory
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wanted = asyncio.Event()
        self._stopping = asyncio.Event()
        self._settled = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="aistudio-mock-http", daemon=True)

    def start(self) -> None:
        """Starts the thread and returns at once; clients may connect already."""
        self._loop = (
            asyncio.SelectorEventLoop()
        )  # whatever the policy of the process: its habits are relied on
        self._thread.start()

    def wait(self, timeout: float | None = None) -> None:
        """Returns when requests are answered (or `stop` came first); does not wait for a first client.

        Raises:
            TimeoutError: not within `timeout` seconds.
            Exception: what the start failed with.
        """
        self._call(self._wanted.set)
        if not self._settled.wait(timeout):
            raise TimeoutError(f"the HTTP server did not start within {timeout} s")
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Closes every connection and the socket, and waits for the thread; again does nothing.

        Raises:
            Exception: what the start or the serving failed with.
        """
        if self._loop is None:
            self._listener.close()
            return
        self._call(self._stopping.set)
        self._call(self._wanted.set)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _call(self, callback: Callable[[], None]) -> None:
        """Has the thread call it, if it still runs."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: stopped or failed before
                self._loop.call_soon_threadsafe(callback)

    def _run(self) -> None:
        assert self._loop is not None
        loop = self._loop
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as thread:
                if thread.run(self._first_client()):
                    thread.run(self._serve(_runner(self._app_factory())))
        except BaseException as failure:  # noqa: BLE001  raised again by wait and stop, in the owner's thread
            self._failure = failure
        finally:
            loop.close()
            self._listener.close()
            self._settled.set()

    async def _first_client(self) -> bool:
        """Whether somebody has come; else `stop` was called."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._listener, self._wanted.set)
        await self._wanted.wait()
        loop.remove_reader(self._listener)
        return not self._stopping.is_set()

    async def _serve(self, runner: "web.AppRunner") -> None:
        try:
            await runner.setup()
            await _listen(runner, self._listener)
            self._settled.set()
            await self._stopping.wait()
        finally:
            await _close(runner, self._listener)


def _runner(app: "web.Application") -> "web.AppRunner":
    from aiohttp import web  # noqa: PLC0415

    from aistudio_mock.transport.http.s3 import KEEP_ALIVE_SECONDS  # noqa: PLC0415

    _protocol_log.addFilter(_is_ours)
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,  # what was PUT is stored as it came, whatever its Content-Encoding
        handle_signals=False,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        logger=_protocol_log,
        shutdown_timeout=_GRACE_SECONDS,
    )


async def _listen(runner: "web.AppRunner", listener: socket.socket) -> None:
    from aiohttp import web  # noqa: PLC0415

    listener.setblocking(False)  # noqa: FBT003
    await web.SockSite(runner, listener, backlog=_BACKLOG).start()


async def _close(runner: "web.AppRunner", listener: socket.socket) -> None:
    # Accepting ends before the server does: asyncio loses what it has accepted but not yet set up.
    asyncio.get_running_loop().remove_reader(listener)
    for _ in range(_ACCEPT_STEPS):
        await asyncio.sleep(0)
    connections = runner.server.connections if runner.server is not None else []
    transports = [connection.transport for connection in connections]
    await runner.cleanup()
    for transport in transports:
        if isinstance(transport, asyncio.Transport):
            transport.abort()  # cleanup alone waits for clients that do not read
    await asyncio.sleep(0)


async def _name_server(_request: "web.Request", response: "web.StreamResponse") -> None:
    if response.headers.get("Server", "").startswith("Python/"):  # aiohttp's own name, put there just before
        response.headers["Server"] = "nginx"


def _first_segments(app: "web.Application") -> Iterator[str]:
    """The literal first segments of an application's routes."""
    for resource in app.router.resources():
        segment = resource.canonical.split("/")[1]
        if segment and "{" not in segment:
            yield segment


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a log record tells of a bug of ours, not of nonsense on the wire or a caller who has left."""
    from aiohttp.http_exceptions import HttpProcessingError  # noqa: PLC0415

    theirs = (HttpProcessingError, ConnectionError)
    return record.exc_info is None or not isinstance(record.exc_info[1], theirs)
