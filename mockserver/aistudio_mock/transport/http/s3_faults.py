"""What a request to the storage meets that a fault was written for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from aistudio_mock.domain.faults import Asked, Fault
from aistudio_mock.domain.s3_errors import BY_CODE, AccessDenied, S3Error
from aistudio_mock.transport.http import s3

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOST = "InternalError"
"""How a request ends whose answer is lost, if the fault does not say."""


def asked(request: web.Request) -> Asked:
    """The request as faults see it: its verb, BUCKET/KEY, query and headers."""
    path, _, query = s3.target(request).partition("?")

    def look(path: str) -> Iterable[str]:
        kind, _, name = path.partition(".")
        if kind == "query":
            return [value for key, value in parse_qsl(query, keep_blank_values=True) if key == name]
        return request.headers.getall(name, [])

    return Asked("storage", request.method, look, unquote(path)[1:])


async def answer(request: web.Request, handler: _Handler, fault: Fault) -> web.StreamResponse:
    """The answer to a request that meets a fault."""
    await asyncio.sleep(fault.latency)
    if fault.expired:
        return s3.refused(request, AccessDenied("Request has expired"))
    if fault.lost:
        stored = await handler(request)
        return s3.refused(request, _error(fault)) if stored.status < 300 else stored  # noqa: PLR2004 - HTTP's OK
    return s3.refused(request, _error(fault)) if fault.status else await handler(request)


def _error(fault: Fault) -> S3Error:
    return BY_CODE[fault.status or _LOST](fault.message or None)
