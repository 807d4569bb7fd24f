"""Presigned URLs: bytes sent and read, every attempt from the beginning, checked by their MD5."""

import logging
import re
from itertools import count
from typing import Any

from aistudio_client._errors import StorageError
from aistudio_client._link import Link
from aistudio_client._places import require_storage_allowed
from aistudio_client._steps import Chance, Flow, Get, Put, Sleep, Stored, Work

_log = logging.getLogger("aistudio_client")
_MD5 = re.compile(r"[0-9a-f]{32}")


def put(link: Link, step: Put) -> Flow[Stored]:
    """What is stored. Raises StorageError.

    An ETag that is an MD5 has to be that of what was sent: if it is not, the piece is sent again. Others (of
    an encrypted bucket) say nothing about the content.
    """
    require_storage_allowed(step.url, link.settings.endpoint)
    for attempt in count(1):
        try:
            stored = yield step
            _require_intact(stored)
        except StorageError as failure:
            yield from _pause_or_raise(link, failure, attempt)
        else:
            return stored  # type: ignore[no-any-return]
    raise AssertionError


def get(link: Link, url: str, sink: Any) -> Flow[None]:
    """Reads a presigned URL into a binary file, from its beginning at every attempt.

    Raises:
        StorageError: refused, or not to be reached.
    """
    require_storage_allowed(url, link.settings.endpoint)
    for attempt in count(1):
        try:
            yield Get(url, sink, link.timeouts.storage)
        except StorageError as failure:
            yield from _pause_or_raise(link, failure, attempt)
            yield Work(lambda: (sink.seek(0), sink.truncate()))
        else:
            return


def is_expired(failure: StorageError) -> bool:
    """Whether a URL was refused for its age alone; a fresh one may do."""
    return failure.code in {"ExpiredToken", "RequestExpired"} or (
        failure.code == "AccessDenied" and "expired" in str(failure.args[0]).lower()
    )


def _require_intact(stored: Stored) -> None:
    etag = stored.etag.strip('"').lower()
    if not etag:
        raise StorageError("PUT", 0, "", "the storage took the bytes and gave no ETag, so they may be lost")
    if _MD5.fullmatch(etag) and etag != stored.md5:
        raise StorageError(
            "PUT", 0, "", f"the storage has other bytes (MD5 {etag}) than were sent (MD5 {stored.md5})"
        )


def _pause_or_raise(link: Link, failure: StorageError, attempt: int) -> Flow[None]:
    retry = link.settings.retry
    if attempt >= retry.attempts or not retry.repeats_storage(failure):
        raise failure
    chance = yield Chance()
    pause = retry.pause(attempt, chance, failure.retry_after)
    _log.warning("%s: %s, attempt %d; again in %.1f s", failure.verb, _said(failure), attempt, pause)
    yield Sleep(pause)


def _said(failure: StorageError) -> str:
    return " ".join(str(one) for one in (failure.status or "no answer", failure.code) if one)
