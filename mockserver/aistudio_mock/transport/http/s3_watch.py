"""Faults and journal of the storage leg: what a request meets on its way, and a note of its answer."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.backend.heard import StorageCall
from aistudio_mock.transport.http import s3, s3_faults
from aistudio_mock.transport.http.bodies import body_of, request_key
from aistudio_mock.transport.http.peers import peer_of
from aistudio_mock.transport.http.reads import http_date

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEARD: Final = request_key("heard")


def routes(folders: Folders) -> Callable[[web.Application], None]:
    """Watches the storage of an application; the key of an object tells its folder."""

    @web.middleware
    async def watch(request: web.Request, handler: _Handler) -> web.StreamResponse:
        folder = _folder(request, folders)
        if folder is None:
            return await handler(request)
        request[_HEARD] = heard = _hear(request, folder)
        if not folder.faults.standings:
            return await handler(request)
        fault = folder.faults.meet(s3_faults.asked(request), s3.target(request))
        if fault is None:
            return await handler(request)
        heard.fault = fault
        return await s3_faults.answer(request, handler, fault)

    async def note(request: web.Request, response: web.StreamResponse) -> None:
        # Before the first byte goes out, so that a client that has its answer finds it in the journal.
        folder = _folder(request, folders)
        if folder is not None:
            # What is refused for its Expect header does not come by `watch`.
            heard: StorageCall = request.get(_HEARD) or _hear(request, folder)
            heard.request_id = response.headers.get("X-Amz-Request-Id", "")
            heard.body = body_of(request, response)
            # By the clock that objects are stored by, or Last-Modified could be later.
            response.headers["Date"] = http_date(folder.clock.now())
            if heard.fault is not None:
                response.headers.update(heard.fault.headers)
            code = response.error_code if isinstance(response, s3.Refusal) else ""
            folder.journal.note(heard, str(response.status), code)
            if isinstance(response, s3_faults.Cut):
                s3_faults.cut(request)

    def add(app: web.Application) -> None:
        app.middlewares.append(watch)
        app.on_response_prepare.append(note)

    return add


def _hear(request: web.Request, folder: Folder) -> StorageCall:
    heard = StorageCall(
        request.method,
        s3.target(request),
        request.raw_headers,
        peer_of(request),
    )
    heard.before = folder.clock.reading
    return heard


def _folder(request: web.Request, folders: Folders) -> Folder | None:
    """The folder of a request to the storage; None for any other request."""
    key = request.match_info.get("key")
    return None if key is None else folders.find(key.rpartition("/")[0]) or folders.default
