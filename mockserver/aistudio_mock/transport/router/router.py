"""The router's life and its two doors: a proxy for those who use one, raw TLS for those who cannot."""

import asyncio
import logging
import socket
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from functools import partial

from aistudio_mock.runtime.certificates import Certificates
from aistudio_mock.transport.router.hosts import METADATA, Way, canonical, refusal, way
from aistudio_mock.transport.router.outward import open_outward
from aistudio_mock.transport.router.pipe import CHUNK, Address, End, join, open_end
from aistudio_mock.transport.router.refusal import answer_grpc, answer_http
from aistudio_mock.transport.router.request import BadRequest, ProxyRequest, parse
from aistudio_mock.transport.router.tls import Names

_LOG = logging.getLogger("aistudio_mock.router")
_LOOPBACK = "127.0.0.1"
_BACKLOG = 1024
_HEAD_SECONDS = 30.0
_CONNECT_SECONDS = 30.0
_SHUTDOWN_SECONDS = 5.0
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"

Handler = Callable[[StreamReader, StreamWriter], Coroutine[None, None, None]]
_WENT_AWAY = (OSError, EOFError, ValueError, TimeoutError)
"""How a connection may end that is no bug of ours: reset, cut short, nonsense sent, too slow."""


class Router:
    """Leads connections for the service's real names to the mock's gRPC and HTTP sides, and stops the rest.

    Both doors are on the loopback interface only: an open proxy is nothing for a network. Not restartable.
    """

    def __init__(
        self,
        certificates: Certificates,
        grpc: Address,
        http: Address,
        allowed: Collection[str] = (),
        *,
        metadata: bool = False,
    ) -> None:
        """`grpc` is plaintext; `allowed` hosts go through. With `metadata` the metadata address leads here.

        Raises:
            OSError: no free port.
        """
        self._grpc = grpc
        self._http = http
        self._allowed = frozenset(map(canonical, allowed))
        self._metadata = metadata
        self._names = Names(certificates, self._allowed)
        self._doors = [socket.create_server((_LOOPBACK, 0), backlog=_BACKLOG) for _ in range(2)]
        self._loop = asyncio.SelectorEventLoop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="aistudio-mock-router", daemon=True)
        self._clients: set[asyncio.Future[None]] = set()
        self.refused: Counter[str] = Counter()

    @property
    def proxy(self) -> Address:
        """Where the HTTP proxy listens."""
        return _LOOPBACK, self._doors[0].getsockname()[1]

    @property
    def tls(self) -> Address:
        """Where TLS is taken straight away, told apart by the name that the client asks for."""
        return _LOOPBACK, self._doors[1].getsockname()[1]

    def start(self) -> None:
        """Starts the thread and returns at once; clients may connect already."""
        self._thread.start()

    def stop(self) -> None:
        """Cuts every connection, closes both doors and waits for the thread; again does nothing."""
        with suppress(RuntimeError):  # the loop is closed: stopped before
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.ident is None:
            self._loop.close()
        else:
            self._thread.join()
        for door in self._doors:
            door.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        proxy_door, tls_door = self._doors
        servers = (
            await asyncio.start_server(self._taking(self._proxy), sock=proxy_door, limit=CHUNK),
            await asyncio.start_server(
                self._taking(self._ended),
                sock=tls_door,
                limit=CHUNK,
                ssl=self._names.default,
                ssl_handshake_timeout=_HEAD_SECONDS,
                ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
            ),
        )
        await self._stopping.wait()
        for server in servers:
            server.close()

    def _taking(self, handle: Handler) -> Callable[[StreamReader, StreamWriter], None]:
        def take(reader: StreamReader, writer: StreamWriter) -> None:
            task = asyncio.ensure_future(handle(reader, writer))
            self._clients.add(task)
            task.add_done_callback(partial(self._gone, writer))

        return take

    def _gone(self, writer: StreamWriter, task: "asyncio.Future[None]") -> None:
        self._clients.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            writer.transport.abort()
        if isinstance(error, _WENT_AWAY):
            _LOG.debug("a connection ended early: %r", error)
        elif error is not None:
            _LOG.error("bug in aistudio-mock while routing", exc_info=error)
        writer.close()

    async def _proxy(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One client of the proxy: one head, then bytes."""
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                request = parse(await reader.readuntil(b"\r\n\r\n"))
        except BadRequest as error:
            return await answer_http(reader, writer, "400", str(error))
        except asyncio.LimitOverrunError:
            return await answer_http(reader, writer, "431", "the head of this request is too long")
        direction = self._way(request)
        if direction is Way.REFUSED and not request.is_grpc:
            return await answer_http(reader, writer, "403", self._refuse(request.host))
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                upstream = await self._upstream(request, direction)
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that no resolver can be asked for
            why = "no answer in time" if isinstance(error, TimeoutError) else error
            return await answer_http(reader, writer, "502", f"aistudio-mock: no way to {request.host}: {why}")
        if request.is_tunnel:
            writer.write(_ESTABLISHED)
        return await _joined((reader, writer), upstream)

    def _way(self, request: ProxyRequest) -> Way:
        direction = way(request.host, self._allowed)
        is_asked = self._metadata and request.host == METADATA[0] and not request.is_tunnel
        return Way.MOCK if is_asked and direction is Way.REFUSED else direction

    async def _upstream(self, request: ProxyRequest, direction: Way) -> End:
        if direction is Way.THROUGH:
            _LOG.info("%s:%d: %s", request.host, request.port, direction.value)
            return await open_outward(request)
        if request.is_tunnel:  # the TLS door looks at the name again
            return await open_end(self.tls)
        _LOG.info("%s:%d: %s", request.host, request.port, direction.value)
        end = await open_end(self._http)
        end[1].write(request.head)
        return end

    async def _ended(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One client whose TLS ends here."""
        tls = writer.get_extra_info("ssl_object")
        assert isinstance(tls, ssl.SSLObject)
        is_grpc = tls.selected_alpn_protocol() == "h2"
        host = self._names.refused_host(tls)
        if host is None:
            upstream = await open_end(self._grpc if is_grpc else self._http)
            return await _joined((reader, writer), upstream)
        message = self._refuse(host)
        if is_grpc:
            return await answer_grpc(reader, writer, message)
        return await answer_http(reader, writer, "403", message)

    def _refuse(self, host: str) -> str:
        message = refusal(host)
        if not self.refused[host]:
            _LOG.warning("%s", message.removeprefix("aistudio-mock "))
        self.refused[host] += 1
        return message


async def _joined(client: End, upstream: End) -> None:
    try:
        await join(client, upstream)
    finally:
        upstream[1].close()
