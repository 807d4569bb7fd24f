"""Always-on rules about attempts: how soon, how often and with what a call is sent again that has failed."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from aistudio_conformance.call_monitors import api_calls
from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.seen import Seen, kept, not_applicable, violated

_LATER = frozenset({"UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED"})
"""How a call ends that may succeed later, and not sooner for being asked at once."""

_FAILED = _LATER | {"DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN"}
"""How a call ends in which the service, or the way to it, has failed: nobody waits for what is to come."""

_A_PAUSE = timedelta(milliseconds=5)
"""From an answer to the next attempt, at the server: a slow machine can only make it longer."""

_AT_ONCE = 2
"""Attempts without a pause that show it: one alone may be another thread's call, or a wire's own repair."""

_MORE_ATTEMPTS = 10
"""Failed attempts of one call that are not yet without end."""

_MORE_CALLS = 3
"""Calls with a refused credential that may have been under way, or belong to its renewal."""


def retries_with_a_pause(journal: Journal) -> Seen:
    """What the service could not do now is not asked for again at once, time after time."""
    failed = [one for one in api_calls(journal) if one.status in _LATER]
    if not failed:
        return not_applicable("no call failed for a while only")
    for attempts in _attempts(journal):
        hasty = 0
        for position, (call, later) in enumerate(pairwise(attempts), 1):
            pause = later.received_at.real - call.answered_at.real
            is_hasty = call.status in _LATER and timedelta() <= pause < _A_PAUSE
            hasty = hasty + 1 if is_hasty else 0
            if hasty == _AT_ONCE:
                shown = attempts[position - hasty : position + 1]
                return violated(f"{call.method} was repeated without a pause after {call.status}", shown)
    return kept(failed)


def no_endless_retries(journal: Journal) -> Seen:
    """A call that fails again and again is given up."""
    failed = [one for one in api_calls(journal) if one.status in _FAILED]
    if not failed:
        return not_applicable("no call failed")
    for attempts in _attempts(journal):
        if len(attempts) > _MORE_ATTEMPTS:
            return violated(f"{attempts[0].method} failed, and was sent {len(attempts)} times", attempts)
    return kept(failed)


def refused_credentials_dropped(journal: Journal) -> Seen:
    """A credential that was refused as not valid is not sent again and again."""
    calls = [one for one in api_calls(journal) if "authorization" in one.headers]
    refused = [one for one in calls if one.status == "UNAUTHENTICATED"]
    if not refused:
        return not_applicable("no credential was refused")
    for first in refused:
        again = [
            one
            for one in refused
            if one.headers["authorization"] == first.headers["authorization"]
            and one.received_at.real >= first.answered_at.real
        ]
        if len(again) > _MORE_CALLS:
            return violated(f"a refused credential was sent {len(again)} times more", [first, *again])
    return kept(refused)


def _attempts(journal: Journal) -> Iterator[list[Entry]]:
    """Calls that are the same word for word, one after the other; all but the last of them failed."""
    row: list[Entry] = []
    for call in api_calls(journal):
        last = row[-1] if row else call
        is_same = (last.method, last.request) == (call.method, call.request)
        if row and not (is_same and last.status in _FAILED):
            yield row
            row = []
        row.append(call)
    yield row
