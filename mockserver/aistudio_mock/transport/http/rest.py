"""The REST faces of the API: every RPC that the contract gives an HTTP path, answered by the code of gRPC.

A server-streaming RPC answers a line for each message, `{"result": …}`, and is refused with `{"error": …}`;
any other is refused with `{"code", "message", "details"}` (service-behaviour a.6).
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from aiohttp import web
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from aistudio_mock.backend.call import Call
from aistudio_mock.backend.heard import Replies, RestCall
from aistudio_mock.domain.errors import ApiError, InvalidArgument, NotFound, ResourceExhausted
from aistudio_mock.transport import fault_effects
from aistudio_mock.transport.admission import Admission, Entered, Headers, bug, patience
from aistudio_mock.transport.contract import require_valid
from aistudio_mock.transport.errors import HTTP_STATUS, status
from aistudio_mock.transport.http import rest_json
from aistudio_mock.transport.http.peers import door_of, peer_of
from aistudio_mock.transport.routes import Route
from aistudio_protos.options import HttpRule, http_rule
from aistudio_protos.pool import POOL, method_of

LONGEST = 4 << 20
"""The longest body, in bytes: what gRPC takes as one message."""

_GONE = "the caller did not wait for the rest"
_CANCEL = ":cancel"
_SERVER = "ycalb"
"""Who answers by HTTP, as recorded (a.4)."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(table: Mapping[str, Route], admission: Admission) -> Callable[[web.Application], None]:
    """Adds the face of every RPC that has one, and a refusal for what is beside them."""
    faces = [(rule, path) for path in table if (rule := http_rule(method_of(path)))]
    known = sorted(f"{verb} {rule.path}" for rule, _ in faces for verb in _verbs(rule))

    def add(app: web.Application) -> None:
        # The longest first: the path of a cancel begins like that of a read.
        for rule, path in sorted(faces, key=lambda face: len(face[0].path), reverse=True):
            face = Face(rule, partial(table.__getitem__, path), admission)
            for verb in _verbs(rule):
                app.router.add_route(verb, re.sub(r"{(\w+)}", r"{\1:[^/:]+}", rule.path), face.answer)
        for segment in sorted({rule.path.split("/")[1] for rule, _ in faces}):
            # Two paths: one that begins with a variable would be tried with every request to the storage.
            for path in (f"/{segment}", f"/{segment}/{{rest:.*}}"):
                app.router.add_route("*", path, partial(_nothing, admission, known))

    return add


class Face:
    """One RPC by HTTP."""

    def __init__(self, rule: HttpRule, route: Callable[[], Route], admission: Admission) -> None:
        """`route` is called with the first request: what answers is imported then."""
        self._rule = rule
        self._find_route = route
        self._admission = admission

    @property
    def _route(self) -> Route:
        return self._find_route()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Reads one request and answers it."""
        heard = hear(request, self._route.name, self.call_class)
        headers = self._admission.headers(heard)
        try:
            entered, replies = await self._begin(request, heard)
            first = await anext(replies)
        except ApiError as error:
            return self._refused(heard, error, headers)
        except Exception as found:  # noqa: BLE001 - no request may crash the server
            return self._refused(heard, bug(self._route, found), headers)
        if self._is_stream(entered):
            return await self._stream(request, heard, headers, entered, first, replies)
        heard.replies = (first.SerializeToString(),)
        self._admission.answered(self._route, heard, entered)
        more = () if heard.fault is None else heard.fault.trailers.items()
        return answered(self._document(heard, entered, first), (*headers, *more))

    async def _stream(
        self,
        request: web.Request,
        heard: RestCall,
        headers: Headers,
        entered: Entered,
        first: Message,
        others: AsyncIterator[Message],
    ) -> web.StreamResponse:
        """A line for each reply; what goes wrong on the way is the last one."""
        kept, written = Replies(heard), self._writer(heard, entered)
        response = web.StreamResponse(headers={**_head(headers), "Content-Type": self.stream_type})
        await response.prepare(request)
        try:
            kept.add(first.SerializeToString())
            await response.write(written(first))
            async for reply in others:
                kept.add(reply.SerializeToString())
                await response.write(written(reply))
        except (ConnectionError, asyncio.CancelledError):
            self._admission.answered(self._route, heard, entered, "CANCELLED", _GONE)
            raise
        except Exception as found:  # noqa: BLE001 - no request may crash the server
            error = bug(self._route, found)
            self._admission.refused(self._route, heard, error)
            await response.write(self._broken(error, heard.request_id))
            return response
        self._admission.answered(self._route, heard, entered)
        return response

    async def _begin(self, request: web.Request, heard: RestCall) -> tuple[Any, AsyncIterator[Message]]:
        """What the call is let in as, and its replies. Raises ApiError."""
        heard.body = body = await body_of(request, self.too_long)
        return await self._let_in(request, heard, lambda: self._fields(request, heard, body))

    async def _let_in(
        self, request: web.Request, heard: RestCall, fields: Callable[[], rest_json.Document]
    ) -> tuple[Any, AsyncIterator[Message]]:
        """The same for the request that `fields` tells. Raises ApiError."""
        route = self._route
        try:
            message = rest_json.asked(route.request_class, fields())
        except InvalidArgument as refusal:
            entered = self._admission.enter(route, heard, _raising(refusal))
        else:
            heard.rpc, heard.body = route.path, message.SerializeToString()
            entered = self._admission.enter(route, heard, route.request_class.FromString)
        credential, asked, _ = entered
        answer: Callable[[Call, Any], Any] = route.answer
        fault = self._admission.meet(entered, heard)
        if fault is not None:
            await asyncio.sleep(fault.latency)
            cut = partial(_cut, request)
            fault_effects.require_passing(fault, cut)
            is_stream = route.method.server_streaming
            wrapped = fault_effects.with_fault_each if is_stream else fault_effects.with_fault
            answer = wrapped(fault, answer, cut)
        require_valid(asked)
        return entered, self._replies(Call(credential, heard.door, patience(heard)), asked, answer)

    async def _replies(
        self, call: Call, message: Message, answer: Callable[[Call, Any], Any]
    ) -> AsyncIterator[Message]:
        """In threads: an answer may take a lock, or wait for a scan."""
        if not self._route.method.server_streaming:
            yield await asyncio.to_thread(answer, call, message)
            return
        replies: Iterator[Message] = iter(answer(call, message))
        while (reply := await asyncio.to_thread(next, replies, None)) is not None:
            yield reply

    def _fields(self, request: web.Request, heard: RestCall, body: bytes) -> rest_json.Document:  # noqa: ARG002
        """The request's fields, from its body, its query and its path."""
        if self._rule.body:
            fields = parsed(body)
        else:
            fields = rest_json.of_query(self._route.method.input_type, request.query)
        return {**fields, **request.match_info}

    def _refused(self, heard: RestCall, error: ApiError, headers: Headers) -> web.Response:
        self._admission.refused(self._route, heard, error)
        body = self._refusal(error, heard.request_id)
        return answered(body, (*headers, *error.trailers), HTTP_STATUS[error.code])

    # What a face with another form than the contract's has of its own:

    call_class: type[RestCall] = RestCall
    stream_type = "application/json"
    too_long: type[ApiError] = ResourceExhausted
    """How a body is refused that is too long."""

    def _is_stream(self, _: Entered) -> bool:
        return self._route.method.server_streaming

    def _document(self, _heard: RestCall, _: Entered, reply: Message) -> rest_json.Document:
        return rest_json.told(reply)

    def _writer(self, _heard: RestCall, _: Entered) -> Callable[[Message], bytes]:
        return lambda reply: _line({"result": rest_json.told(reply)})

    def _broken(self, error: ApiError, request_id: str) -> bytes:
        """The last thing that a stream says, which goes wrong on the way."""
        return _line(self._refusal(error, request_id))

    def _refusal(self, error: ApiError, request_id: str) -> rest_json.Document:
        is_stream = self._route.method.server_streaming
        return _in_stream(error, request_id) if is_stream else _alone(error, request_id)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


Heard = TypeVar("Heard", bound=RestCall)


def hear(request: web.Request, method: str, call_class: type[Heard]) -> Heard:
    """The request that has arrived, as the journal knows it: no RPC yet."""
    metadata = [(name.lower(), value) for name, value in request.headers.items()]
    heard = call_class(method, request.path, b"", metadata, peer_of(request), None, door_of(request))
    heard.rpc = ""
    return heard


def parsed(body: bytes) -> rest_json.Document:
    """The JSON object that a body is; none at all is an empty one. Raises InvalidArgument."""
    try:
        fields = json.loads(body or b"{}")
    except (ValueError, RecursionError) as problem:
        raise InvalidArgument(f"the body is not JSON: {problem}") from None
    if not isinstance(fields, dict):
        raise InvalidArgument("the body is not a JSON object")
    return fields


def answered(body: rest_json.Document, headers: Headers, code: int = 200) -> web.Response:
    """One JSON document as an answer of the API."""
    return web.json_response(body, status=code, headers=_head(headers), dumps=_dumps)


async def _nothing(admission: Admission, known: list[str], request: web.Request) -> web.Response:
    heard = hear(request, f"{request.method} {request.path}", RestCall)
    headers = admission.headers(heard)
    error = NotFound(f"no {request.method} {request.path}; there is {', '.join(known)}")
    admission.refused(None, heard, error)
    return answered(_alone(error, heard.request_id), headers, HTTP_STATUS[error.code])


async def body_of(request: web.Request, too_long: type[ApiError]) -> bytes:
    """What the request brings. Raises InvalidArgument where it is cut, and `too_long`."""
    parts, size = [], 0
    try:
        async for part in request.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > LONGEST:
                raise too_long(f"the body is longer than {LONGEST} bytes")
    except (web.RequestPayloadError, ConnectionError):
        raise InvalidArgument("the body ends before its time, or is not encoded as its headers say") from None
    return b"".join(parts)


def _verbs(rule: HttpRule) -> tuple[str, ...]:
    """Cancel is a GET in the contract and a POST in the design guide (a.1): both will do."""
    return ("GET", "POST") if rule.path.endswith(_CANCEL) else (rule.verb,)


def _raising(refusal: InvalidArgument) -> Callable[[bytes], Message]:
    def read(_: bytes) -> Message:
        raise refusal

    return read


def _head(headers: Headers) -> dict[str, str]:
    return {**dict(headers), "Server": _SERVER}


def _alone(error: ApiError, request_id: str) -> rest_json.Document:
    return MessageToDict(status(error, request_id), descriptor_pool=POOL)


def _in_stream(error: ApiError, request_id: str) -> rest_json.Document:
    """The refusal of a stream."""
    http = HTTP_STATUS[error.code]
    return {
        "error": {
            "grpcCode": error.code,
            "httpCode": http,
            "message": error.message,
            "httpStatus": _REASONS.get(http, ""),
            "details": _alone(error, request_id)["details"],
        }
    }


_REASONS: Mapping[int, str] = {499: "Client Closed Request", **{one.value: one.phrase for one in HTTPStatus}}


def _dumps(document: rest_json.Document) -> str:
    return json.dumps(document, ensure_ascii=False)


def _line(document: rest_json.Document) -> bytes:
    return _dumps(document).encode() + b"\n"
