"""Long-running operations: polled until `done`, whatever their metadata say before."""

import logging
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from aistudio_client import _codec
from aistudio_client._errors import Canceled, OperationFailed, RpcError, WaitTimeout
from aistudio_client._flows import showing
from aistudio_client._flows.calls import call
from aistudio_client._link import Link
from aistudio_client._methods import method
from aistudio_client._steps import Chance, Flow, Now, Progress, Show, Sleep
from aistudio_client._types import Operation
from aistudio_protos.yandex.cloud.operation.operation_service_pb2 import (
    CancelOperationRequest,
    GetOperationRequest,
)

_log = logging.getLogger("aistudio_client")
_PASSING = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED"})


class Waiting(Struct, frozen=True):
    """What is waited for, and how that is told to people.

    `attach` is the expression that goes on waiting. `is_left` is False where whoever interrupts the wait puts
    an end to the work as well.
    """

    what: str
    id: str
    timeout: float
    attach: str
    look: Callable[[Operation], tuple[str, int, int]]
    """Phase, done and total of an operation that still runs."""

    is_left: bool = True


def get(link: Link, operation_id: str, *, endpoint: str | None = None) -> Flow[Operation]:
    """The operation as it is now. Raises RpcError."""
    wanted = method("OperationService/Get", endpoint)
    reply = yield from call(link, wanted, GetOperationRequest(operation_id=operation_id))
    return _codec.operation(reply)


def cancel(link: Link, operation_id: str, *, endpoint: str | None = None) -> Flow[Operation]:
    """Asks the work to stop, best effort: the operation as it is then. Raises RpcError."""
    wanted = method("OperationService/Cancel", endpoint)
    reply = yield from call(link, wanted, CancelOperationRequest(operation_id=operation_id))
    return _codec.operation(reply)


def awaited(
    link: Link, operation: Operation, waiting: Waiting, *, endpoint: str | None = None
) -> Flow[Operation]:
    """The operation once it is done, however it ended: see `_polled`. Ctrl-C tells what goes on."""
    polled = _polled(link, operation, waiting, endpoint)
    try:
        return (yield from showing.shown(polled, Progress(waiting.what, waiting.id)))
    except (Exception, GeneratorExit):
        raise
    except BaseException as interrupt:
        if waiting.is_left:
            interrupt.add_note(f"{waiting.what} {waiting.id} goes on; attach with {waiting.attach}")
        raise


def _polled(link: Link, operation: Operation, waiting: Waiting, endpoint: str | None) -> Flow[Operation]:
    """Polls until `done`.

    Polls begin soon and come ever later. One that does not get through is no end of the wait until
    `poll.patience` seconds have gone by.

    Raises:
        WaitTimeout: the time is over; the work goes on.
        RpcError: the service refuses the poll, or cannot be reached for too long.
    """
    poll = link.settings.poll
    began = heard = yield Now()
    polls = 0
    while not operation.done:
        now = yield Now()
        yield Show(_progress(waiting, operation, now - began))
        chance = yield Chance()
        pause = min(poll.pause(polls, chance), max(began + waiting.timeout - now, 0.0))
        if now - began >= waiting.timeout:
            phase = waiting.look(operation)[0]
            raise WaitTimeout(waiting.what, waiting.id, waiting.timeout, phase, waiting.attach)
        yield Sleep(pause)
        polls += 1
        try:
            operation = yield from get(link, operation.id, endpoint=endpoint)
            heard = yield Now()
        except RpcError as failure:
            now = yield Now()
            if failure.code not in _PASSING or now - heard >= poll.patience:
                failure.add_note(f"{waiting.what} {waiting.id} goes on; attach with {waiting.attach}")
                raise
            _log.warning("%s %s: a poll did not get through: %s", waiting.what, waiting.id, failure.code)
    now = yield Now()
    yield Show(_progress(waiting, operation, now - began, is_over=True))
    _log.info("%s %s is done after %.1f s and %d polls", waiting.what, waiting.id, now - began, polls)
    return operation


def require_success(operation: Operation) -> Operation:
    """Raises OperationFailed, or Canceled. An error without a code is an error."""
    if operation.error is None:
        return operation
    if operation.error.code == "CANCELLED":
        raise Canceled(operation.id, operation.error.message)
    raise OperationFailed(operation.id, operation.error.code, operation.error.message)


def wait(
    link: Link,
    operation: Operation | str,
    *,
    timeout: float,
    endpoint: str | None = None,
    verb: str = "operations.wait",
) -> Flow[Operation]:
    """Any operation once it has ended well. Raises OperationFailed, Canceled, WaitTimeout or RpcError."""
    if isinstance(operation, str):
        operation = yield from get(link, operation, endpoint=endpoint)
    waiting = Waiting("operation", operation.id, timeout, f"{verb}({operation.id!r})", _nothing)
    ended = yield from awaited(link, operation, waiting, endpoint=endpoint)
    return require_success(ended)


def _nothing(_: Operation) -> tuple[str, int, int]:
    return "", 0, 0


def _progress(waiting: Waiting, operation: Operation, elapsed: float, *, is_over: bool = False) -> Progress:
    phase, done, total = waiting.look(operation)
    return Progress(waiting.what, waiting.id, phase, done, total, elapsed, is_over)


def counted(name: str, done: str, total: str) -> Callable[[Operation], tuple[str, int, int]]:
    """Reads the progress off metadata that have such fields; what is not there is not told."""

    def look(operation: Operation) -> tuple[str, int, int]:
        metadata: Any = operation.metadata
        return name, int(getattr(metadata, done, 0)), int(getattr(metadata, total, 0))

    return look
