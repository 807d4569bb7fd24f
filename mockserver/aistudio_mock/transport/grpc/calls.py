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
from aistudio_mock.backend.heard import GrpcCall, Replies
from aistudio_mock.backend.identity import Credential, Identity
from aistudio_mock.domain.errors import ApiError, Internal, Unauthenticated
from aistudio_mock.runtime.chance import Ids
from aistudio_mock.transport.contract import require_valid
from aistudio_mock.transport.grpc.arrival import header, hear, patience
from aistudio_mock.transport.grpc.errors import CODES, DETAILS, details
from aistudio_mock.transport.grpc.routes import Route

_LOG = logging.getLogger("aistudio_mock.grpc")

_GONE = "the caller did not wait for the rest"

Headers = tuple[tuple[str, str], ...]


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

        def refuse(body: bytes, context: grpc.ServicerContext) -> NoReturn:
            heard, headers = self._hear(name, path, body, context)
            caller = self._identity.caller(header(heard, "authorization"))
            (caller or self._identity.nobody).journal.note(heard, error.name, error.message)
            self._abort(context, error, headers)

        return grpc.unary_unary_rpc_method_handler(refuse)

    def _unary(self, route: Route) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        read = route.request_class.FromString
        answer: Callable[[Call, Any], Any] = route.answer
        name, path = route.name, route.path

        def behaviour(body: bytes, context: grpc.ServicerContext) -> bytes:
            heard, headers = self._hear(name, path, body, context)
            try:
                call, request, folder = self._admit(route, heard, context, read)
                reply: bytes = answer(call, request).SerializeToString()
            except ApiError as error:
                self._refuse(route, heard, context, error, headers)
            except Exception as bug:  # noqa: BLE001 - no request may crash the server
                self._refuse(route, heard, context, _bug(route, bug), headers)
            heard.replies = (reply,)
            self._note(route, heard, folder, call, request)
            context.set_trailing_metadata(headers)
            return reply

        return behaviour

    def _streaming(self, route: Route) -> Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]:
        read = route.request_class.FromString
        answer: Callable[[Call, Any], Any] = route.answer
        name, path = route.name, route.path

        def behaviour(body: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            heard, headers = self._hear(name, path, body, context)
            replies = Replies(heard)
            try:
                call, request, folder = self._admit(route, heard, context, read)
                for reply in answer(call, request):
                    yield replies.add(reply.SerializeToString())
            except ApiError as error:
                self._refuse(route, heard, context, error, headers)
            except GeneratorExit:  # the caller has gone away
                self._note(route, heard, folder, call, request, "CANCELLED", _GONE)
                raise
            except Exception as bug:  # noqa: BLE001 - no request may crash the server
                self._refuse(route, heard, context, _bug(route, bug), headers)
            self._note(route, heard, folder, call, request)
            context.set_trailing_metadata(headers)

        return behaviour

    def _admit(
        self, route: Route, heard: GrpcCall, context: grpc.ServicerContext, read: Callable[[bytes], Message]
    ) -> tuple[Call, Message, Folder]:
        authorization = header(heard, "authorization")
        if route.needs_credentials:
            credential = self._authenticate(route, authorization, heard.body)
        else:
            credential = Credential(self._identity.caller(authorization))
        try:
            request = read(heard.body)
        except DecodeError:
            raise Internal("Invalid protobuf byte sequence") from None
        folder = credential.folder
        if folder is None:
            folder = route.folder_of(request)
            if route.needs_credentials and folder.settings.auth is Auth.STRICT:
                self._identity.authenticate(authorization, Auth.STRICT)
        heard.before = folder.clock.reading
        if folder.faults.standings:
            self._fault(folder, heard, context)
        require_valid(request)
        return Call(credential, heard.door, patience(heard)), request, folder

    def _authenticate(self, route: Route, authorization: str | None, body: bytes) -> Credential:
        try:
            return self._identity.authenticate(authorization)
        except Unauthenticated:
            # The folder that the call is about may look less closely than the server.
            named = route.folder_of(_readable(route, body))
            return self._identity.authenticate(authorization, named.settings.auth)

    @staticmethod
    def _fault(folder: Folder, heard: GrpcCall, context: grpc.ServicerContext) -> None:
        """The call meets what was written for it, if anything. Raises ApiError."""
        met = folder.faults.meet("grpc", heard.method)
        effect, heard.fault = met.effect, met.fault_id
        if effect is None:
            return
        gone = Event()
        if effect.latency and context.add_callback(gone.set):
            gone.wait(effect.latency)  # and no longer than the caller does
        error = effect.api_error()
        if error is not None:
            raise error

    def _note(
        self,
        route: Route,
        heard: GrpcCall,
        folder: Folder,
        call: Call,
        request: Message,
        status: str = "OK",
        message: str = "",
    ) -> None:
        """The call has been answered. `folder` is the one that it was about when it came."""
        if folder is self._identity.nobody and call.credential.folder is None:
            folder = route.folder_of(request)  # which the call itself may have made
            heard.before = heard.before if folder is self._identity.nobody else None
        folder.journal.note(heard, status, message)

    def _refuse(
        self,
        route: Route,
        heard: GrpcCall,
        context: grpc.ServicerContext,
        error: ApiError,
        headers: Headers,
    ) -> NoReturn:
        caller = self._identity.caller(header(heard, "authorization"))
        folder = caller or route.folder_of(_readable(route, heard.body))
        folder.journal.note(heard, error.name, error.message)
        self._abort(context, error, headers)

    def _hear(
        self, method: str, path: str, body: bytes, context: grpc.ServicerContext
    ) -> tuple[GrpcCall, Headers]:
        """The call that has arrived, and the headers of its answer (service-behaviour a.4).

        They are request and trace ids, and the caller's own id echoed.
        """
        heard = hear(method, path, body, context, self._door)
        digits = self._ids.of_call()
        request_id = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"
        trace = f"{digits[32:48]}:{digits[48:64]}:{digits[64:]}:1"
        heard.request_id = request_id
        own = (("x-request-id", request_id), ("x-server-trace-id", trace))
        echoed = header(heard, "x-client-request-id") or ""
        # gRPC takes any bytes in a header it receives, and refuses to send what is not printable ASCII.
        can_be_sent = echoed.isascii() and echoed.isprintable()
        return heard, (*own, ("x-client-request-id", echoed)) if echoed and can_be_sent else own

    @staticmethod
    def _abort(context: grpc.ServicerContext, error: ApiError, headers: Headers) -> NoReturn:
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
