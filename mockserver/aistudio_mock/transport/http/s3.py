"""The storage on the wire: PUT, GET and HEAD of /BUCKET/KEY, streamed, refused in S3's XML."""

import io
import logging
import os
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import BinaryIO, Final
from urllib.parse import unquote

from aiohttp import HttpVersion11, web
from msgspec import Struct

from aistudio_mock.domain.errors import ApiError
from aistudio_mock.domain.objects import Blob, FinishedUpload, Grant, Objects, Place, expiration
from aistudio_mock.domain.s3_errors import (
    BadDigest,
    EntityTooLarge,
    IncompleteBody,
    InternalError,
    InvalidDigest,
    InvalidRange,
    MethodNotAllowed,
    MissingContentLength,
    NoSuchKey,
    S3Error,
    to_xml,
)
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.transport.http.bodies import request_key
from aistudio_mock.transport.http.reads import Reading, http_date, reading

KEEP_ALIVE_SECONDS = 60
"""How long an idle connection stays, as the recorded Keep-Alive header says (service-behaviour c.4)."""

MAX_PUT = 5 << 30
"""The biggest body of one PUT, in bytes (service-behaviour c.4)."""

READ = 256 << 10
"""How many bytes of an object are sent at once."""

_CONTENT_TYPE = "application/octet-stream"
_NOT_MODIFIED = 304
_MD5 = 16
"""Bytes of an MD5."""

_log = logging.getLogger("aistudio_mock.http")


class _Call(Struct, frozen=True):
    """One request, its target as on the request line: nothing unescaped or normalised on the way."""

    http: web.Request
    request_id: str
    path: str
    query: str

    @property
    def address(self) -> tuple[str, str]:
        """Bucket and key, unescaped."""
        _, bucket, key = self.path.split("/", 2)
        return unquote(bucket), unquote(key)


class _Reply(Struct, frozen=True):
    """What to send: `count` bytes of `body` from where it stands; no body and no length is sent chunked."""

    status: int
    headers: Mapping[str, str]
    body: BinaryIO | None = None
    count: int = 0


Sending = Callable[[BinaryIO, web.StreamResponse, int], Awaitable[None]]
"""Sends so many bytes of an object."""

SENDING: Final = request_key("sending")
"""Where a request keeps another way of sending than the usual one."""


class Refusal(web.Response):
    """An answer that refuses, and the error code that it carries."""

    __slots__ = ("error_code",)

    def __init__(self, error: S3Error, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(status=error.status, body=body, headers=headers)
        self.error_code = error.code


class Storage:
    """Serves the presigned URLs of one backend. Refusals and bugs alike leave as S3 errors."""

    def __init__(self, objects: Objects, blobs: BlobStore) -> None:
        self._objects = objects
        self._blobs = blobs
        self._methods = {"PUT": self._put, "GET": self._get, "HEAD": self._head}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answers one request; decides everything before the first byte goes out."""
        call = _call(request)
        try:
            reply = await self._methods.get(request.method, _not_allowed)(call)
        except S3Error as error:
            return _refusal(call, error)
        except ApiError as refusal:  # what was sent cannot be kept
            return _refusal(call, InternalError(refusal.message))
        except OSError as problem:  # callers who leave are told apart where bodies are read
            _log.error(
                "storage %s %s: the disk refuses (%s); $TMPDIR names a directory that has room and can be "
                "written",
                *(request.method, call.path, problem),
            )
            return _refusal(call, InternalError(f"the disk refuses: {problem.strerror or problem}"))
        except Exception:  # noqa: BLE001  the edge: a bug leaves as S3 InternalError, and is logged
            _log.exception("storage %s %s failed (request %s)", request.method, call.path, call.request_id)
            return _refusal(call, InternalError())
        return await _send(call, reply)

    async def _put(self, call: _Call) -> _Reply:
        length = call.http.content_length
        if length is None:
            raise MissingContentLength
        if length > MAX_PUT:
            raise EntityTooLarge(details=(("ProposedSize", str(length)), ("MaxSizeAllowed", str(MAX_PUT))))
        grant = self._authorize(call)
        digest = _content_md5(call.http)
        await proceed(call.http)
        upload = await self._receive(call.http, grant.place)
        try:
            blob = self._stored(grant, upload, digest)
        except BaseException:
            self._blobs.discard(upload)
            raise
        return _Reply(200, _stored_headers(call, grant, blob))

    async def _get(self, call: _Call) -> _Reply:
        blob = self._blob(call)
        found = reading(call.http.headers, blob)
        body = None if found.status == _NOT_MODIFIED else self._opened(blob, found.first)
        return _Reply(found.status, _described(call, found), body, found.count)

    async def _head(self, call: _Call) -> _Reply:
        found = reading(call.http.headers, self._blob(call))
        return _Reply(found.status, _described(call, found))

    def _authorize(self, call: _Call) -> Grant:
        bucket, key = call.address
        return self._objects.authorize(
            method=call.http.method,
            bucket=bucket,
            key=key,
            path=call.path,
            query_string=call.query,
            headers=_joined(call.http),
        )

    def _stored(self, grant: Grant, upload: FinishedUpload, digest: bytes | None) -> Blob:
        if upload.size != grant.size:
            raise IncompleteBody
        if digest not in {None, bytes.fromhex(upload.md5)}:
            raise BadDigest
        return self._objects.put(grant, upload)

    def _blob(self, call: _Call) -> Blob:
        grant = self._authorize(call)
        return self._objects.get(grant.bucket, grant.key)

    def _opened(self, blob: Blob, first: int) -> BinaryIO:
        try:
            file = io.BytesIO(blob.content) if blob.content is not None else self._blobs.open(blob.source)
        except FileNotFoundError as gone:  # deleted since the backend named it
            raise NoSuchKey from gone
        file.seek(first)
        return file

    async def _receive(self, request: web.Request, place: Place | None) -> FinishedUpload:
        writer = self._blobs.create() if place is None else self._blobs.within(place)
        try:
            # Hashed and written while it is in the processor's cache: that takes less than handing it to a
            # thread, whatever the size, and calls by gRPC go on meanwhile (bench/under_load.py).
            async for chunk in request.content.iter_any():
                writer.write(chunk)
            return writer.commit()
        except (web.RequestPayloadError, ConnectionError) as gone:
            raise IncompleteBody from gone
        finally:
            writer.abort()


def refused(request: web.Request, error: S3Error) -> web.Response:
    """The answer that refuses `request` with `error`, whatever the storage would have said."""
    return _refusal(_call(request), error)


async def expect(request: web.Request) -> None:
    """Leaves `Expect: 100-continue` to the handler, which says go on once the signature is checked."""
    if request.headers["Expect"].lower() != "100-continue" and request.version >= HttpVersion11:
        raise web.HTTPExpectationFailed(text="the storage knows Expect: 100-continue only")


async def proceed(request: web.Request) -> None:
    """Tells a client that waits for it to send the body."""
    if "Expect" in request.headers and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


def _content_md5(request: web.Request) -> bytes | None:
    """The MD5 that the caller says the body has, if any. Raises InvalidDigest."""
    told = request.headers.get("Content-MD5")
    if told is None:
        return None
    with suppress(ValueError):  # no base64
        digest = b64decode(told, validate=True)
        if len(digest) == _MD5:
            return digest
    raise InvalidDigest


async def _not_allowed(_call: _Call) -> _Reply:
    raise MethodNotAllowed


def target(request: web.Request) -> str:
    """Path and query as on the request line, without the host that proxies are told there."""
    line = request.raw_path
    return line if line.startswith("/") else "/" + line.partition("://")[2].partition("/")[2]


def _call(request: web.Request) -> _Call:
    path, _, query = target(request).partition("?")
    return _Call(request, os.urandom(8).hex(), path, query)


def _joined(request: web.Request) -> dict[str, str]:
    """Header name in lower case → its values, joined by commas, as Signature Version 4 reads them."""
    headers: dict[str, str] = {}
    for name, text in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def _stored_headers(call: _Call, grant: Grant, blob: Blob) -> dict[str, str]:
    headers = {
        "Content-Type": _CONTENT_TYPE,
        "Etag": f'"{blob.etag}"',
        "X-Amz-Request-Id": call.request_id,
    }
    if call.http.keep_alive:
        headers |= {"Connection": "keep-alive", "Keep-Alive": f"timeout={KEEP_ALIVE_SECONDS}"}
    ends = expiration(grant.bucket, blob.modified) if grant.part is None else None
    if ends is not None:
        headers["X-Amz-Expiration"] = f'expiry-date="{http_date(ends.at)}", rule-id="{ends.rule_id}"'
    return headers


def _described(call: _Call, found: Reading) -> dict[str, str]:
    """The headers of an answer to a read (service-behaviour c.10)."""
    return {**found.headers, "Content-Type": _CONTENT_TYPE, "X-Amz-Request-Id": call.request_id}


def _refusal(call: _Call, error: S3Error) -> web.Response:
    headers = {"Content-Type": "application/xml", "X-Amz-Request-Id": call.request_id}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = "GET, HEAD, PUT"
    if isinstance(error, InvalidRange):
        headers["Content-Range"] = f"bytes */{dict(error.details).get('ActualObjectSize', '*')}"
    body = to_xml(error, unquote(call.path), call.request_id)
    response = Refusal(error, body, headers)
    if call.http.body_exists and not call.http.content.is_eof():
        # The client may be sending still: it is told to stop, and aiohttp reads on for a while, so that the
        # answer is not lost in a connection reset.
        response.force_close()
    return response


async def _send(call: _Call, reply: _Reply) -> web.StreamResponse:
    if reply.body is None:
        return _bodiless(call, reply)
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    with reply.body as body:
        await response.prepare(call.http)
        send: Sending = call.http.get(SENDING) or _copy
        await send(body, response, reply.count)
    await response.write_eof()
    return response


def _bodiless(call: _Call, reply: _Reply) -> web.Response:
    """Leaves in one packet, its empty body chunked, as recorded, where the version of HTTP knows that."""
    response = web.Response(status=reply.status, headers=reply.headers)
    if "Content-Length" not in reply.headers and call.http.version >= HttpVersion11:
        response.enable_chunked_encoding()
    return response


async def _copy(body: BinaryIO, response: web.StreamResponse, count: int) -> None:
    while count > 0:
        chunk = body.read(min(count, READ))
        if not chunk:
            raise ConnectionError("the object is shorter than it was announced")
        await response.write(chunk)
        count -= len(chunk)
