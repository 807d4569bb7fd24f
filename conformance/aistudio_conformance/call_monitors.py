"""Always-on rules about calls and polls: what goes with every call, and what is never asked again."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

import msgspec

from aistudio_conformance.deprecation import deprecated
from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.seen import Seen, kept, not_applicable, violated

_GET = "OperationService/Get"
_OPEN = frozenset({"ApiEndpointService", "IamTokenService"})
"""Services that take calls without credentials: where the others are, and where credentials come from."""

SECRET = re.compile(r"(?:AQVN|t1\.)(?:\[redacted |[A-Za-z0-9_-]{8,}=*\.?[A-Za-z0-9_-]{20,})")
"""An API key or an IAM token, as it is or as a journal shows it."""

_READS = ("Get", "Describe", "List")
_REFUSED = frozenset({"INVALID_ARGUMENT", "PERMISSION_DENIED", "UNIMPLEMENTED"})
"""How a call ends that will end so again."""

_A_PAUSE = timedelta(milliseconds=5)
"""Half of the shortest interval that a case passes in. It counts from an answer to the next question, at the
server, so that a slow machine can only make it longer."""

_IN_A_ROW = 3
"""Polls without a pause that show it: one or two may be other questions about the same operation."""

_MORE_POLLS = 10
"""Polls of what is done that are not yet a loop: a program may show an operation more than once."""


def deadline_sent(journal: Journal) -> Seen:
    """Every call by gRPC carries a deadline."""
    calls = [one for one in journal.entries if one.leg == "grpc"]
    if not calls:
        return not_applicable("nothing was called by gRPC")
    without = [one for one in calls if one.deadline is None]
    return violated(f"{_methods(without)} without a deadline", without) if without else kept(calls)


def credentials_with_every_call(journal: Journal) -> Seen:
    """A client that has credentials sends them with every call that needs them."""
    calls = [one for one in api_calls(journal) if one.method.partition("/")[0] not in _OPEN]
    without = [one for one in calls if "authorization" not in one.headers]
    if len(without) == len(calls):
        return not_applicable("no credentials were sent at all")
    return violated(f"{_methods(without)} without credentials", without) if without else kept(calls)


def idempotency_key_of_one_call(journal: Journal) -> Seen:
    """An idempotency key that is sent belongs to the attempts of one call."""
    return _of_one_call(journal, "idempotency-key", "idempotency key")


def request_id_of_one_call(journal: Journal) -> Seen:
    """An `x-client-request-id` that is sent belongs to the attempts of one call."""
    return _of_one_call(journal, "x-client-request-id", "request id")


def no_deprecated_fields(journal: Journal) -> Seen:
    """No request fills a field that the contract calls deprecated."""
    said = api_calls(journal)
    if not said:
        return not_applicable("nothing was called")
    filled = [(one, name) for one in said for name in deprecated(one.request_type, one.request or {})]
    if filled:
        told = sorted({f"{one.method} {name}" for one, name in filled})
        return violated(f"deprecated: {', '.join(told)}", [one for one, _ in filled])
    return kept(said)


def no_secret_in_messages(journal: Journal) -> Seen:
    """No token and no API key stands in a message, a URL or a header other than `authorization`."""
    if not journal.entries:
        return not_applicable("nothing was sent")
    told = [one for one in journal.entries if any(map(SECRET.search, _texts(one)))]
    return violated("a credential stands outside `authorization`", told) if told else kept(journal.entries)


def no_repeat_of_what_was_refused(journal: Journal) -> Seen:
    """A call that changes something and was refused as wrong is not sent again, word for word, at once."""
    changes = [one for one in api_calls(journal) if not one.method.rpartition("/")[2].startswith(_READS)]
    if not changes:
        return not_applicable("nothing was to be changed")
    for call, later in pairwise(api_calls(journal)):
        is_same = (later.method, later.request) == (call.method, call.request)
        if call in changes and call.status in _REFUSED and is_same:
            return violated(f"{call.method} was repeated after {call.status}", [call, later])
    return kept(changes)


def polls_with_a_pause(journal: Journal) -> Seen:
    """Nobody asks for an operation again and again without a pause."""
    polled = list(_polls(journal))
    if not polled:
        return not_applicable("no operation was polled")
    for polls in polled:
        hasty = 0
        for position, (poll, later) in enumerate(pairwise(polls), 1):
            is_hasty = later.received_at.real - poll.answered_at.real < _A_PAUSE
            hasty = hasty + 1 if is_hasty else 0
            if hasty == _IN_A_ROW:
                return violated(
                    "an operation was polled without a pause", polls[position - hasty : position + 1]
                )
    return kept([poll for polls in polled for poll in polls])


def no_polling_after_done(journal: Journal) -> Seen:
    """Polling ends when the operation is done."""
    polled = list(_polls(journal))
    if not polled:
        return not_applicable("no operation was polled")
    for polls in polled:
        end = next((number for number, poll in enumerate(polls) if poll.response.get("done")), len(polls))
        more = polls[end + 1 :]
        if len(more) > _MORE_POLLS:
            return violated(f"an operation was polled {len(more)} times after it was done", polls[end:])
    return kept([poll for polls in polled for poll in polls])


def downloads_by_the_url_given(journal: Journal) -> Seen:
    """What is fetched from the storage is fetched by the URL that the service gave, every character of it."""
    fetches = journal.calls("GET")
    if not any(one.leg == "storage" for one in fetches):
        return not_applicable("nothing was fetched from the storage")
    given = {
        _tail(one.response.get("load_url", "")) for one in journal.calls("TuningService/GetMetricsUrl", "OK")
    }
    other = [one for one in fetches if one.leg == "storage" and _tail(one.url) not in given]
    return violated("a URL was fetched that was not given so", other) if other else kept(fetches)


def api_calls(journal: Journal) -> list[Entry]:
    """The calls of the service, by gRPC or REST."""
    return [one for one in journal.entries if one.leg != "storage"]


def _of_one_call(journal: Journal, header: str, called: str) -> Seen:
    sent = [one for one in api_calls(journal) if header in one.headers]
    if not sent:
        return not_applicable(f"no {called} was sent")
    first: dict[str, Entry] = {}
    for one in sent:
        earlier = first.setdefault(one.headers[header], one)
        if earlier is not one and not _is_attempt(one, earlier):
            return violated(f"two calls have the same {called}", [earlier, one])
    return kept(sent)


def _methods(calls: Iterable[Entry]) -> str:
    return ", ".join(sorted({one.method for one in calls}))


def _is_attempt(later: Entry, earlier: Entry) -> bool:
    """Whether one may be another attempt of the other's call."""
    return earlier.status != "OK" and (later.method, later.request) == (earlier.method, earlier.request)


def _texts(entry: Entry) -> Iterator[str]:
    yield msgspec.json.encode(entry.request).decode()
    yield entry.url or entry.path
    yield from (value for name, value in entry.metadata if name != "authorization")


def _polls(journal: Journal) -> Iterator[list[Entry]]:
    """The answered polls of each operation."""
    found: dict[str, list[Entry]] = {}
    for one in journal.calls(_GET, "OK"):
        found.setdefault(str((one.request or {}).get("operation_id")), []).append(one)
    yield from found.values()


def _tail(url: str) -> str:
    """Path and query; the storage may have gone by another name and another port."""
    return url.partition("://")[2].partition("/")[2] if "://" in url else url.removeprefix("/")
