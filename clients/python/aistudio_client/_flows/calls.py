"""One call of the service: all attempts under one deadline, repeated only where that does no harm."""

import logging
from itertools import count
from typing import Any

from google.protobuf.message import Message

from aistudio_client._errors import RpcError
from aistudio_client._flows.access import address, authorization, can_renew
from aistudio_client._link import Link
from aistudio_client._methods import Method
from aistudio_client._steps import Chance, Flow, Nonce, Now, Sleep, Unary

_log = logging.getLogger("aistudio_client")

MAYBE_DONE = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN", "INTERNAL"})
"""Codes after which it is not known whether the call was carried out."""


def call(link: Link, wanted: Method, request: Message, *, timeout: float | None = None) -> Flow[Any]:
    """The reply; `timeout` is in seconds, for discovery, a token, all attempts and the pauses between them.

    Raises:
        RpcError: of the last attempt.
    """
    began = yield Now()
    ends = began + (link.timeouts.call if timeout is None else timeout)
    renewed = False
    for attempt in count(1):
        place, metadata = yield from prepared(link, wanted, ends)
        now = yield Now()
        try:
            return (yield Unary(wanted, place, request, metadata, max(ends - now, 0.0)))
        except RpcError as failure:
            failure.attempts = attempt
            if failure.code == "UNAUTHENTICATED" and can_renew(link) and not renewed:
                link.token, renewed = None, True
                continue
            yield from pause_or_raise(link, failure, attempt, ends, is_repeatable=wanted.is_repeatable)


def prepared(link: Link, wanted: Method, ends: float) -> Flow[tuple[str, tuple[tuple[str, str], ...]]]:
    """Where the call goes, and its metadata."""
    now = yield Now()
    left = max(ends - now, 0.0)
    place = yield from address(link, wanted, left)
    nonce = yield Nonce()
    metadata = [("x-client-request-id", nonce)]
    if not wanted.needs_no_credentials:
        value = yield from authorization(link, left)
        if value is not None:
            metadata.append(("authorization", value))
    return place, tuple(metadata)


def pause_or_raise(
    link: Link, failure: RpcError, attempt: int, ends: float, *, is_repeatable: bool
) -> Flow[None]:
    """Lets the time before the next attempt pass. Raises the failure when there is to be none."""
    retry = link.settings.retry
    if attempt >= retry.attempts or not retry.repeats(failure, is_repeatable=is_repeatable):
        raise failure
    chance = yield Chance()
    pause = retry.pause(attempt, chance, failure.retry_after)
    now = yield Now()
    if now + pause >= ends:
        raise failure
    _log.warning("%s: %s, attempt %d; again in %.1f s", failure.method, failure.code, attempt, pause)
    yield Sleep(pause)
