"""What callers did: a bounded journal for each folder, totals for the server. No bodies, no secrets."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from aistudio_mock.domain.faults import Leg
from aistudio_mock.domain.instant import Instant
from aistudio_mock.runtime.clocks import FolderClock

KEPT = 10_000
"""How many calls a folder's journal remembers; older ones are dropped and counted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One call that was answered.

    `method` is `Service/Method`, or the verb of a request to the storage; `status` the name of a gRPC status
    code, or an HTTP status; `error_code` and `key` (BUCKET/FOLDER/NAME) are the storage's.
    """

    number: int
    at: Instant
    leg: Leg
    method: str
    status: str
    request_id: str
    key: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """How often each (leg, method, status) was seen, by all folders together, also those that are gone."""

    counts: Mapping[tuple[Leg, str, str], int]

    @property
    def calls(self) -> int:
        """Calls by gRPC, refused ones included."""
        return sum(count for (leg, _, _), count in self.counts.items() if leg == "grpc")

    @property
    def refused(self) -> int:
        """Calls by gRPC that did not end with OK."""
        return sum(n for (leg, _, status), n in self.counts.items() if leg == "grpc" and status != "OK")

    def of(self, method: str, status: str = "OK") -> int:
        """How often that method ended with that status."""
        return sum(n for (_, name, ended), n in self.counts.items() if (name, ended) == (method, status))


class Tally:
    """Counts for the whole server; every journal adds to it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.counts: Counter[tuple[Leg, str, str]] = Counter()

    @property
    def totals(self) -> Totals:
        """The counts as they are now."""
        with self.lock:
            return Totals(dict(self.counts))


_Line = tuple[Instant, Leg, str, str, str, str, str]


class Journal:
    """The last `KEPT` calls of one folder."""

    __slots__ = ("_clock", "_lines", "_number", "_tally")

    def __init__(self, clock: FolderClock, tally: Tally) -> None:
        self._clock = clock
        self._tally = tally
        self._lines: deque[_Line] = deque(maxlen=KEPT)
        self._number = 0

    def note(self, method: str, status: str, request_id: str) -> None:
        """One gRPC call has been answered now."""
        self._add((self._clock.now(), "grpc", method, status, request_id, "", ""))

    def note_object(self, verb: str, status: str, request_id: str, key: str, error_code: str = "") -> None:
        """One request to the storage has been answered now."""
        self._add((self._clock.now(), "storage", verb, status, request_id, key, error_code))

    def _add(self, line: _Line) -> None:
        # A bare tuple, because this is on the way of every call.
        with self._tally.lock:
            self._number += 1
            self._lines.append(line)
            self._tally.counts[line[1:4]] += 1

    def entries(self) -> tuple[Entry, ...]:
        """What is remembered, oldest first; numbers count from 1 and tell what was dropped."""
        with self._tally.lock:
            lines, first = tuple(self._lines), self._number - len(self._lines) + 1
        return tuple(Entry(number, *line) for number, line in enumerate(lines, first))

    def clear(self) -> None:
        """Forgets every call; the server's totals stay."""
        with self._tally.lock:
            self._lines.clear()
            self._number = 0
