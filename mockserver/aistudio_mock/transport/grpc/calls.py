"""The life of one call by gRPC: bytes to request, what answers it, bytes again."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, NoReturn

import grpc

from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.heard import GrpcCall, Replies
from aistudio_mock.domain.errors import ApiError
from aistudio_mock.transport.admission import Admission, Entered, Headers, Read, bug, patience
from aistudio_mock.transport.contract import require_valid
from aistudio_mock.transport.grpc.arrival import hear
from aistudio_mock.transport.grpc.errors import CODES, DETAILS
from aistudio_mock.transport.grpc.repeats import Repeats
from aistudio_mock.transport.routes import Route

if TYPE_CHECKING:
    from aistudio_faults.faults import Standing

_ORDER = "x-aistudio-mock-relay"
"""Tells the relay of the fault port what to do with the answer (`transport.router.frames`)."""

_GONE = "the caller did not wait for the rest"


class Calls:
    """Makes grpc handlers of routes."""

    def __init__(self, admission: Admission, door: Door, *, is_relayed: bool = False) -> None:
        """`is_relayed` says that a relay takes orders for what answers do on their way (ADR 10)."""
        self._is_relayed = is_relayed
        self._admission = admission
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
            self._refuse(None, heard, context, error, headers)

        return grpc.unary_unary_rpc_method_handler(refuse)

    def _unary(self, route: Route) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        read = route.request_class.FromString
        answer: Callable[[Call, Any], Any] = route.answer
        name, path = route.name, route.path
        repeats = Repeats(route, route.lasting, self._admission, self._door) if route.lasting else None

        def behaviour(body: bytes, context: grpc.ServicerContext) -> bytes:
            if repeats is not None and (known := repeats.answer(body, context)) is not None:
                return known
            version = self._admission.identity.version
            heard, headers = self._hear(name, path, body, context)
            try:
                call, entered = self._admit(route, heard, context, read)
                what = answer if heard.fault is None else _with_fault(heard, answer)
                reply: bytes = what(call, entered[1]).SerializeToString()
            except ApiError as error:
                self._refuse(route, heard, context, error, headers)
            except Exception as found:  # noqa: BLE001 - no request may crash the server
                self._refuse(route, heard, context, bug(route, found), headers)
            heard.replies = (reply,)
            self._admission.answered(route, heard, entered)
            context.set_trailing_metadata(headers if heard.fault is None else _more(headers, heard.fault))
            if repeats is not None:
                repeats.keep(heard, entered, version)
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
                call, entered = self._admit(route, heard, context, read)
                what = answer if heard.fault is None else _with_fault_each(heard, answer)
                for reply in what(call, entered[1]):
                    yield replies.add(reply.SerializeToString())
            except ApiError as error:
                self._refuse(route, heard, context, error, headers)
            except GeneratorExit:  # the caller has gone away
                self._admission.answered(route, heard, entered, "CANCELLED", _GONE)
                raise
            except Exception as found:  # noqa: BLE001 - no request may crash the server
                self._refuse(route, heard, context, bug(route, found), headers)
            self._admission.answered(route, heard, entered)
            context.set_trailing_metadata(headers if heard.fault is None else _more(headers, heard.fault))

        return behaviour

    def _admit(
        self, route: Route, heard: GrpcCall, context: grpc.ServicerContext, read: Read
    ) -> tuple[Call, Entered]:
        entered = self._admission.enter(route, heard, read)
        credential, request, folder = entered
        if folder.faults.standings:
            self._meet(route, entered, heard, context)
        require_valid(request)
        return Call(credential, heard.door, patience(heard)), entered

    def _meet(self, route: Route, entered: Entered, heard: GrpcCall, context: grpc.ServicerContext) -> None:
        """The call meets what was written for it, if anything. Raises ApiError."""
        fault = self._admission.meet(entered, heard)
        if fault is None:
            return
        gone = Event()
        if fault.latency and context.add_callback(gone.set):
            gone.wait(fault.latency)  # and no longer than the caller does
        from aistudio_mock.transport import fault_effects  # noqa: PLC0415 - only with a fault
        from aistudio_mock.transport.grpc.connections import cut  # noqa: PLC0415

        order = fault.relayed(is_stream=route.method.server_streaming)
        fault_effects.require_relay(fault, order, is_relayed=self._is_relayed)
        if order:
            context.send_initial_metadata(((_ORDER, order),))
        fault_effects.require_passing(fault, partial(cut, heard.peer))

    def _refuse(
        self,
        route: Route | None,
        heard: GrpcCall,
        context: grpc.ServicerContext,
        error: ApiError,
        headers: Headers,
    ) -> NoReturn:
        from aistudio_mock.transport.errors import brief, status  # noqa: PLC0415 - with the first refusal

        error = brief(error)
        folder = self._admission.refused(route, heard, error)
        # With initial metadata, libraries of gRPC take the call for begun and do not retry it.
        if folder.settings.behaviours.refusal_headers == "both":
            with suppress(ValueError):  # a stream that has begun has sent its own
                context.send_initial_metadata(headers)
        details = status(error, heard.request_id).SerializeToString()
        context.set_trailing_metadata((*headers, (DETAILS, details), *error.trailers))
        context.abort(CODES[error.code], error.message)
        raise AssertionError("abort raises")

    def _hear(
        self, method: str, path: str, body: bytes, context: grpc.ServicerContext
    ) -> tuple[GrpcCall, Headers]:
        """The call that has arrived, and the headers of its answer."""
        heard = hear(method, path, body, context, self._door)
        return heard, self._admission.headers(heard)


def _with_fault(heard: GrpcCall, answer: Callable[[Call, Any], Any]) -> Callable[[Call, Any], Any]:
    from aistudio_mock.transport.fault_effects import with_fault  # noqa: PLC0415 - only with a fault
    from aistudio_mock.transport.grpc.connections import cut  # noqa: PLC0415

    assert heard.fault is not None
    if heard.fault.cut == "middle":  # the relay's work
        return answer
    return with_fault(heard.fault, answer, partial(cut, heard.peer))


def _with_fault_each(heard: GrpcCall, answer: Callable[[Call, Any], Any]) -> Callable[[Call, Any], Any]:
    from aistudio_mock.transport.fault_effects import with_fault_each  # noqa: PLC0415 - only with a fault
    from aistudio_mock.transport.grpc.connections import cut  # noqa: PLC0415

    assert heard.fault is not None
    return with_fault_each(heard.fault, answer, partial(cut, heard.peer))


def _more(headers: Headers, fault: "Standing") -> Headers:
    return (*headers, *fault.trailers.items())
