"""The HTTP side of the proxy: requests to the storage go on to where the service meant them."""

import asyncio
import re
import socket
import threading
from collections.abc import AsyncIterator
from hashlib import md5
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, web
from yarl import URL

from aistudio_conformance.recording.rewriting import Origins
from aistudio_conformance.recording.tape import Tape, now

_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
)
_ERROR = re.compile(rb"<Code>([A-Za-z]+)</Code>")
_CHUNK = 1 << 16


class HttpProxy:
    """A port for the storage. Not restartable."""

    def __init__(self, tape: Tape, origins: Origins) -> None:
        self._tape = tape
        self._origins = origins
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stopped = asyncio.Event()
        self._is_up = threading.Event()

    def start(self) -> None:
        """Answers when this returns."""
        self._thread.start()
        self._is_up.wait()

    def close(self) -> None:
        """Frees the port."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        timeout = ClientTimeout(total=None, connect=30)
        async with ClientSession(
            timeout=timeout, cookie_jar=DummyCookieJar(), auto_decompress=False, trust_env=True
        ) as self._session:
            runner = web.ServerRunner(web.Server(self._answer))
            await runner.setup()
            await web.SockSite(runner, self._socket).start()
            self._is_up.set()
            await self._stopped.wait()
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        at, body = now(), _Body(request)
        origin = self._origins.get(request.path)
        if origin is None:
            return web.Response(status=404, text="no URL that the service gave leads here\n")
        response: web.StreamResponse
        try:
            async with self._session.request(
                request.method,
                URL(origin + request.raw_path, encoded=True),
                headers=_onward(request, origin),
                data=body.stream() if request.body_exists else None,
                skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
                allow_redirects=False,
            ) as answered:
                content = await answered.read() if answered.status >= 300 else b""  # noqa: PLR2004
                self._note(request, at, body, answered.status, content)
                response = web.StreamResponse(status=answered.status, headers=_back(answered))
                await response.prepare(request)
                await response.write(content)
                async for chunk in answered.content.iter_chunked(_CHUNK):
                    await response.write(chunk)
                await response.write_eof()
        except ClientError as problem:
            self._note(request, at, body, 502, b"")
            response = web.Response(status=502, text=f"the storage does not answer: {problem}\n")
        return response

    def _note(self, request: web.BaseRequest, at: str, body: "_Body", status: int, content: bytes) -> None:
        found = _ERROR.search(content)
        self._tape.storage(
            request.method,
            request.raw_path,
            [(_text(name), _text(value)) for name, value in request.raw_headers],
            at,
            status,
            found[1].decode() if found else "",
            body.told(is_stored=status == 200),  # noqa: PLR2004
        )


class _Body:
    """The body of a request as it goes through."""

    def __init__(self, request: web.BaseRequest) -> None:
        self._request = request
        self._bytes = 0
        self._hash = md5(usedforsecurity=False)
        self._is_complete = not request.body_exists

    async def stream(self) -> AsyncIterator[bytes]:
        """What comes, counted."""
        async for chunk in self._request.content.iter_any():
            self._bytes += len(chunk)
            self._hash.update(chunk)
            yield chunk
        self._is_complete = True

    def told(self, *, is_stored: bool) -> dict[str, Any]:
        """What the journal tells of it."""
        return {
            "bytes": self._bytes,
            "announced": self._request.content_length,
            "chunked": "chunked" in self._request.headers.get("Transfer-Encoding", ""),
            "complete": self._is_complete,
            "md5": self._hash.hexdigest() if is_stored and self._request.method == "PUT" else "",
        }


def _onward(request: web.BaseRequest, origin: str) -> list[tuple[str, str]]:
    """The headers as they came, with the host that the URL was signed for."""
    given = [(_text(name), _text(value)) for name, value in request.raw_headers]
    kept = [(name, value) for name, value in given if name.lower() not in _HOP | {"host"}]
    return [*kept, ("Host", origin.partition("://")[2])]


def _back(answered: Any) -> list[tuple[str, str]]:
    given = [(_text(name), _text(value)) for name, value in answered.raw_headers]
    return [(name, value) for name, value in given if name.lower() not in _HOP]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
