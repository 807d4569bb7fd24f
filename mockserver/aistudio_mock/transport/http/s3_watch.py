"""Faults and journal of the storage leg: what a request meets on its way, and a note of its answer."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.transport.http import s3

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(folders: Folders) -> Callable[[web.Application], None]:
    """Watches the storage of an application; the key of an object tells its folder."""

    @web.middleware
    async def fault(request: web.Request, handler: _Handler) -> web.StreamResponse:
        folder = _folder(request, folders)
        if folder is None or not folder.faults.standings:
            return await handler(request)
        effect = folder.faults.meet("storage", request.method)
        if effect is not None:
            await asyncio.sleep(effect.latency)
            error = effect.s3_error()
            if error is not None:
                return s3.refused(request, error)
        return await handler(request)

    async def note(request: web.Request, response: web.StreamResponse) -> None:
        # Before the first byte goes out, so that a client that has its answer finds it in the journal.
        folder = _folder(request, folders)
        if folder is not None:
            bucket, key = request.match_info["bucket"], request.match_info["key"]
            request_id = response.headers.get("X-Amz-Request-Id", "")
            code = response.error_code if isinstance(response, s3.Refusal) else ""
            folder.journal.note_object(
                request.method, str(response.status), request_id, f"{bucket}/{key}", code
            )

    def add(app: web.Application) -> None:
        app.middlewares.append(fault)
        app.on_response_prepare.append(note)

    return add


def _folder(request: web.Request, folders: Folders) -> Folder | None:
    """The folder of a request to the storage; None for any other request."""
    key = request.match_info.get("key")
    return None if key is None else folders.find(key.rpartition("/")[0]) or folders.default
