"""The life of one call: credentials, bytes to request, the contract, the backend, bytes again."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError, Message

from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Auth, Folder
from aistudio_mock.backend.identity import Credential, Identity
from aistudio_mock.domain.errors import ApiError, Internal, Unauthenticated
from aistudio_mock.runtime.chance import Ids
from aistudio_mock.transport.contract import require_valid
from aistudio_mock.transport.grpc.errors import CODES, DETAILS, details
from aistudio_mock.transport.grpc.routes import Route

_LOG = logging.getLogger("aistudio_mock.grpc")
_HELD_SHARE = 0.5
"""A read may be held for this share of the caller's deadline."""
_HELD_WITHOUT_DEADLINE = 30.0
"""Seconds, for callers that set no deadline."""
_NO_DEADLINE = 1e9
"""From so many seconds on there is no deadline: grpcio then says about 9.2e18, not None."""


class Calls:
    """Makes grpc handlers of routes."""

    def __init__(self, identity: Identity, ids: Ids, door: Door | None = None) -> None:
        """`door` is set where every call comes in the same way; else the connection tells."""
        self._identity = identity
        self._ids = ids
        self._door = door

    def handler(self, route: Route) -> grpc.RpcMethodHandler:
        """The handler of one RPC. It is given bytes and gives bytes: the codec is ours."""
        if route.method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(self._streaming(route))
        return grpc.unary_unary_rpc_method_handler(self._unary(route))

    def refusal(self, path: str, error: ApiError) -> grpc.RpcMethodHandler:
        """A handler that refuses every call of `path` with `error`, whatever the request is."""
        name = path.strip("/").rpartition(".")[2]

        def refuse(_: bytes, context: grpc.ServicerContext) -> NoReturn:
            headers = self._headers(context)
            caller = self._identity.caller(_header(context, "authorization"))
            (caller or self._identity.nobody).journal.note(name, error.name, headers[0][1])
            self._abort(context, error, headers)

        return grpc.unary_unary_rpc_method_handler(refuse)

    def _unary(self, route: Route) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        read = route.request_class.FromString
        answer: Callable[[Call, Any], Any] = route.answer
        name, folder_of = route.name, route.folder_of

        def behaviour(body: bytes, context: grpc.ServicerContext) -> bytes:
            headers = self._headers(context)
            try:
                call, request = self._admit(route, context, read, body)
                reply: bytes = answer(call, request).SerializeToString()
            except ApiError as error:
                self._refuse(route, context, body, error, headers)
            except Exception as bug:  # noqa: BLE001 - no request may crash the server
                self._refuse(route, context, body, _bug(route, bug), headers)
            folder = call.credential.folder or folder_of(request)
            folder.journal.note(name, "OK", headers[0][1])
            context.set_trailing_metadata(headers)
            return reply

        return behaviour

    def _streaming(self, route: Route) -> Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]:
        read = route.request_class.FromString
        answer: Callable[[Call, Any], Any] = route.answer
        name, folder_of = route.name, route.folder_of

        def behaviour(body: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            headers = self._headers(context)
            try:
                call, request = self._admit(route, context, read, body)
                for reply in answer(call, request):
                    yield reply.SerializeToString()
            except ApiError as error:
                self._refuse(route, context, body, error, headers)
            except Exception as bug:  # noqa: BLE001 - no request may crash the server
                self._refuse(route, context, body, _bug(route, bug), headers)
            folder = call.credential.folder or folder_of(request)
            folder.journal.note(name, "OK", headers[0][1])
            context.set_trailing_metadata(headers)

        return behaviour

    def _admit(
        self, route: Route, context: grpc.ServicerContext, read: Callable[[bytes], Message], body: bytes
    ) -> tuple[Call, Message]:
        authorization = _header(context, "authorization")
        if route.needs_credentials:
            credential = self._authenticate(route, authorization, body)
        else:
            credential = Credential(self._identity.caller(authorization))
        try:
            request = read(body)
        except DecodeError:
            raise Internal("Invalid protobuf byte sequence") from None
        folder = credential.folder
        if folder is None:
            folder = route.folder_of(request)
            if route.needs_credentials and folder.settings.auth is Auth.STRICT:
                self._identity.authenticate(authorization, Auth.STRICT)
        if folder.faults.standings:
            self._fault(folder, route, context)
        require_valid(request)
        return Call(credential, self._door or _door(context), _patience(context)), request

    def _authenticate(self, route: Route, authorization: str | None, body: bytes) -> Credential:
        try:
            return self._identity.authenticate(authorization)
        except Unauthenticated:
            # The folder that the call is about may look less closely than the server.
            named = route.folder_of(_readable(route, body))
            return self._identity.authenticate(authorization, named.settings.auth)

    @staticmethod
    def _fault(folder: Folder, route: Route, context: grpc.ServicerContext) -> None:
        """The call meets what was written for it, if anything. Raises ApiError."""
        effect = folder.faults.meet("grpc", route.name)
        if effect is None:
            return
        gone = Event()
        if effect.latency and context.add_callback(gone.set):
            gone.wait(effect.latency)  # and no longer than the caller does
        error = effect.api_error()
        if error is not None:
            raise error

    def _refuse(
        self,
        route: Route,
        context: grpc.ServicerContext,
        body: bytes,
        error: ApiError,
        headers: tuple[tuple[str, str], ...],
    ) -> NoReturn:
        caller = self._identity.caller(_header(context, "authorization"))
        folder = caller or route.folder_of(_readable(route, body))
        folder.journal.note(route.name, error.name, headers[0][1])
        self._abort(context, error, headers)

    def _headers(self, context: grpc.ServicerContext) -> tuple[tuple[str, str], ...]:
        """Request and trace ids of this call, and the caller's own echoed (service-behaviour a.4)."""
        digits = self._ids.of_call()
        request_id = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"
        trace = f"{digits[32:48]}:{digits[48:64]}:{digits[64:]}:1"
        own = (("x-request-id", request_id), ("x-server-trace-id", trace))
        echoed = _header(context, "x-client-request-id") or ""
        # gRPC takes any bytes in a header it receives, and refuses to send what is not printable ASCII.
        can_be_sent = echoed.isascii() and echoed.isprintable()
        return (*own, ("x-client-request-id", echoed)) if echoed and can_be_sent else own

    @staticmethod
    def _abort(
        context: grpc.ServicerContext, error: ApiError, headers: tuple[tuple[str, str], ...]
    ) -> NoReturn:
        # Only here: initial metadata apart from the reply costs a call half as much again.
        with suppress(ValueError):  # a stream that has begun has sent its own
            context.send_initial_metadata(headers)
        context.set_trailing_metadata((*headers, (DETAILS, details(error, headers[0][1]))))
        context.abort(CODES[error.code], error.message)
        raise AssertionError("abort raises")


def _bug(route: Route, bug: Exception) -> ApiError:
    if isinstance(bug, ApiError):
        return bug
    _LOG.error("bug in aistudio-mock while answering %s", route.path, exc_info=bug)
    return Internal(f"bug in aistudio-mock: {type(bug).__name__}; its log has the details")


def _readable(route: Route, body: bytes) -> Message:
    """The request; an empty one where the bytes are none."""
    try:
        return route.request_class.FromString(body)
    except DecodeError:
        return route.request_class()


def _header(context: grpc.ServicerContext, name: str) -> str | None:
    for key, value in context.invocation_metadata():
        if key == name:
            return value if isinstance(value, str) else None
    return None


def _door(context: grpc.ServicerContext) -> Door:
    # Not "is there a context": newer grpcio has one for plaintext too, of the type `insecure`.
    kind = context.auth_context().get("transport_security_type", ())
    return Door.TLS if b"ssl" in kind else Door.PLAINTEXT


def _patience(context: grpc.ServicerContext) -> float:
    remaining: float | None = context.time_remaining()
    if remaining is None or remaining >= _NO_DEADLINE:
        return _HELD_WITHOUT_DEADLINE
    return remaining * _HELD_SHARE
