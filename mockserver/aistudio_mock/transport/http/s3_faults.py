"""What a request to the storage meets that a fault was written for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

from aiohttp import web

from aistudio_faults.faults import Asked, Fault
from aistudio_mock.domain.s3_errors import BY_CODE, AccessDenied, S3Error, TemporaryRedirect
from aistudio_mock.transport.http import s3

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOST = "InternalError"
"""How a request ends whose answer is lost, if the fault does not say."""

_NO_ANSWER = 444
"""What the journal has for a request that got no answer: nginx's own word for it."""

_PIECES_A_SECOND = 20
"""How smoothly a body drips."""


class Cut(web.Response):
    """No answer: the connection is cut where it would be sent."""

    def __init__(self) -> None:
        super().__init__(status=_NO_ANSWER)


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
    refused = _refused_before(request, fault)
    if refused is not None:
        return refused
    if fault.cut == "middle" and request.method == "PUT":
        return await _half_taken(request)
    if fault.drip and request.method == "PUT":
        await asyncio.sleep((request.content_length or 0) / fault.drip)
    if fault.truncate is not None or fault.drip or fault.cut == "middle":
        request[s3.SENDING] = _sending(request, fault)
    done = await handler(request)
    if done.status < 300:  # noqa: PLR2004 - what is refused anyway says why
        if fault.cut == "after":
            return Cut()
        if fault.lost:
            return s3.refused(request, _error(fault))
    return done


def cut(request: web.Request) -> None:
    """Cuts the connection of a request."""
    if request.transport is not None:
        request.transport.abort()


def _refused_before(request: web.Request, fault: Fault) -> web.StreamResponse | None:
    if fault.cut == "before" or (fault.cut == "after" and request.method != "PUT"):  # a read does no work
        return Cut()
    if fault.expired:
        return s3.refused(request, AccessDenied("Request has expired"))
    if fault.redirect:
        return _redirected(request, fault.redirect)
    return s3.refused(request, _error(fault)) if fault.status and not fault.lost else None


def _error(fault: Fault) -> S3Error:
    return BY_CODE[fault.status or _LOST](fault.message or None)


def _redirected(request: web.Request, url: str) -> web.Response:
    parts = urlsplit(url)
    refusal = s3.refused(request, TemporaryRedirect(details=(("Endpoint", parts.netloc),)))
    bare = parts.path in {"", "/"} and not parts.query
    refusal.headers["Location"] = url.rstrip("/") + s3.target(request) if bare else url
    return refusal


async def _half_taken(request: web.Request) -> web.StreamResponse:
    await s3.proceed(request)
    half = (request.content_length or 0) // 2
    while half > 0:
        half -= len(await request.content.read(half)) or half
    return Cut()


def _sending(request: web.Request, fault: Fault) -> s3.Sending:
    """How the body of a download goes out under the fault."""

    async def send(body: BinaryIO, response: web.StreamResponse, count: int) -> None:
        left = count
        if fault.cut == "middle":
            left = count // 2
        elif fault.truncate is not None:
            left = min(count, fault.truncate)
        await _dripped(body, response, left, fault.drip)
        if fault.cut:
            cut(request)
        elif left < count and request.transport is not None:
            request.transport.close()  # once what was written is out

    return send


async def _dripped(body: BinaryIO, response: web.StreamResponse, count: int, rate: float | None) -> None:
    step = max(1, int(rate / _PIECES_A_SECOND)) if rate else s3.READ
    while count > 0:
        piece = body.read(min(count, step))
        if not piece:
            raise ConnectionError("the object is shorter than it was announced")
        if rate:
            await asyncio.sleep(len(piece) / rate)
        await response.write(piece)
        count -= len(piece)
