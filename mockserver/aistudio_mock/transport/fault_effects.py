"""What a call of the API meets that a fault was written for, whatever wire it came by."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.message import Message

from aistudio_faults.edits import EditError, edit
from aistudio_faults.faults import MESSAGE, Fault, Standing
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.fault_check import packed_details
from aistudio_mock.domain.errors import (
    BY_NAME,
    ApiError,
    FailedPrecondition,
    Internal,
    Unauthenticated,
    Unavailable,
)
from aistudio_protos.google.protobuf.duration_pb2 import Duration
from aistudio_protos.google.rpc.error_details_pb2 import RetryInfo

_LOG = logging.getLogger("aistudio_mock.faults")

_LOST = "UNAVAILABLE"
"""How a call ends whose answer is lost, if the fault does not say."""

_EXPIRED = "The token is invalid"
"""As `identity` says of a token whose time is over."""

_GONE = "a fault told the connection to go away before the work"
_CUT = "a fault cut the connection"

Answer = Callable[[Call, Any], Message]
Answers = Callable[[Call, Any], Iterator[Message]]


Cut = Callable[[], object]
"""Cuts the caller's connection."""


def require_relay(fault: Standing, order: str, *, is_relayed: bool) -> None:
    """Raises FailedPrecondition for an order to a relay, where none is on the way to the caller."""
    if order and not is_relayed:
        raise FailedPrecondition(
            f"{fault.id} ({order}) reaches clients of the fault port only: connect to mock.fault_endpoint, "
            "or to the port of serve --fault-port"
        )


def require_passing(fault: Fault, cut: Cut) -> None:
    """Raises the ApiError that a call meets before its work is done, if it meets one."""
    if fault.cut == "before":
        raise Unavailable(_CUT, cut=cut)
    if fault.goaway == "before":
        raise Unavailable(_GONE)
    if fault.expired:
        raise Unauthenticated(_EXPIRED)
    if fault.status and not fault.lost:
        raise refusal(fault)


def with_fault(fault: Standing, answer: Answer, cut: Cut) -> Answer:
    """The work, and then what the fault leaves of its answer."""

    def answered(call: Call, request: Any) -> Message:
        reply = answer(call, request)
        if fault.lost:
            raise refusal(fault)
        if fault.cut:
            raise Unavailable(_CUT, cut=cut)
        return _edited(fault, request, reply, lambda other: answer(call, other)) if fault.has_edits else reply

    return answered


def with_fault_each(fault: Standing, answer: Answers, cut: Cut) -> Answers:
    """The same for a stream: every reply of it."""

    def answered(call: Call, request: Any) -> Iterator[Message]:
        for reply in answer(call, request):
            if fault.lost:
                raise refusal(fault)
            if fault.cut == "after":
                raise Unavailable(_CUT, cut=cut)
            yield _edited(fault, request, reply) if fault.has_edits else reply
            if fault.cut == "middle":
                raise Unavailable(_CUT, cut=cut)

    return answered


def refusal(fault: Fault) -> ApiError:
    """The status that the fault names, with its details."""
    return BY_NAME[fault.status or _LOST](
        fault.message or MESSAGE,
        details=(*_retry_info(fault), *packed_details(fault)),
        trailers=tuple(fault.trailers.items()),
    )


def _retry_info(fault: Fault) -> tuple[tuple[str, bytes], ...]:
    if fault.retry_after is None:
        return ()
    delay = Duration()
    delay.FromNanoseconds(round(fault.retry_after * 1e9))
    info = RetryInfo(retry_delay=delay)
    return (("type.googleapis.com/google.rpc.RetryInfo", info.SerializeToString()),)


def _edited(
    fault: Standing, request: Any, reply: Message, again: Callable[[Any], Message] | None = None
) -> Message:
    if fault.page_token and again is not None and "next_page_token" in reply.DESCRIPTOR.fields_by_name:
        _turn_page(fault, request, reply, again)
    try:
        nowhere = edit(reply, fault)
    except EditError as problem:
        raise Internal(f"{fault.id}: {problem}") from None
    if nowhere:
        _LOG.warning("%s: this answer has nothing at %s", fault.id, ", ".join(nowhere))
    return reply


def _turn_page(fault: Fault, request: Any, page: Any, again: Callable[[Any], Message]) -> None:
    """Gives the page the token that the fault says."""
    if fault.page_token == "repeated":  # noqa: S105 - no password
        page.next_page_token = request.page_token or page.next_page_token
    elif page.next_page_token:
        next_one = type(request)()
        next_one.CopyFrom(request)
        next_one.page_token = page.next_page_token
        if not _has_items(again(next_one)):
            page.next_page_token = ""


def _has_items(page: Message) -> bool:
    return any(field.is_repeated for field, _ in page.ListFields())
