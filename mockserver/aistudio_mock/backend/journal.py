"""What callers did: a bounded journal for each folder, totals for the server.

On the way of a call only references to what came and went are kept. Whoever reads a journal pays for decoding
and redaction: `backend.journal_entries`.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from aistudio_mock.backend.heard import Heard
from aistudio_mock.runtime.clocks import FolderClock

if TYPE_CHECKING:
    from aistudio_faults.faults import Leg
    from aistudio_mock.backend.lasting import Repeat

KEPT = 10_000
"""How many calls a folder's journal remembers; older ones are dropped and counted."""

KEPT_BYTES = 16 << 20
"""How many bytes of messages and metadata it remembers at most, the newest call apart."""

_ASIDE = 63
"""How many repeats wait at most to be taken down."""


class Noted(NamedTuple):
    """One call as a journal has it; numbers count from 1."""

    number: int
    folder_id: str
    call: Heard


Sink = Callable[[Noted], None]
"""Is given every call as it is answered; must not wait."""


Bell = Callable[[], None]
"""Is rung by any thread when something of a folder may have changed; must not wait."""


class Bells(dict[str, tuple[Bell, ...]]):
    """The bells of each folder that is watched: empty, and so false, as long as none is."""

    def __init__(self) -> None:
        self._lock = Lock()

    def ring(self, folder_id: str) -> None:
        """Something of that folder may have changed."""
        for bell in self.get(folder_id, ()):
            bell()

    @contextmanager
    def hung(self, folder_id: str, bell: Bell) -> Iterator[None]:
        """In here the bell is rung for that folder."""
        with self._lock:
            self[folder_id] = (*self.get(folder_id, ()), bell)
        try:
            yield
        finally:
            with self._lock:
                self[folder_id] = tuple(one for one in self[folder_id] if one is not bell)
                if not self[folder_id]:
                    del self[folder_id]


class Totals(Struct, frozen=True):
    """How often each (leg, method, status) was seen, by all folders together, also those that are gone."""

    counts: "Mapping[tuple[Leg, str, str], int]"

    @property
    def calls(self) -> int:
        """Calls of the API, by gRPC or REST, refused ones included."""
        return sum(count for (leg, _, _), count in self.counts.items() if leg != "storage")

    @property
    def refused(self) -> int:
        """Calls of the API that did not end with OK."""
        return sum(n for (leg, _, status), n in self.counts.items() if leg != "storage" and status != "OK")

    def of(self, method: str, status: str = "OK") -> int:
        """How often that method ended with that status."""
        return sum(n for (_, name, ended), n in self.counts.items() if (name, ended) == (method, status))


class Tally:
    """Counts for the whole server, and the sink of every journal's calls; every journal adds to it.

    Repeats wait in `aside`: to take down many at once is cheaper than each by itself. Whoever takes the lock
    settles them first, so that nobody can tell.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self.lock = Lock()
        self.counts: Counter[tuple[Leg, str, str]] = Counter()
        self.sink: Final = sink
        self.bells: Final = Bells()
        self.aside: Final[deque[tuple[Journal, Repeat]]] = deque()

    @property
    def totals(self) -> Totals:
        """The counts as they are now."""
        with self.lock:
            self.settle()
            return Totals(dict(self.counts))

    def settle(self) -> None:
        """Every journal takes what was put aside for it. The lock is held."""
        while self.aside:
            journal, repeat = self.aside.popleft()
            repeat.share()
            journal.take(repeat, "OK")


class Journal:
    """The last calls of one folder: at most `KEPT`, and no more than `KEPT_BYTES` of them."""

    __slots__ = ("_calls", "_clock", "_folder_id", "_held", "_number", "_tally", "emptied")

    def __init__(self, folder_id: str, clock: FolderClock, tally: Tally) -> None:
        self._folder_id = folder_id
        self._clock = clock
        self._tally = tally
        self._calls: deque[Heard | Repeat] = deque()
        self._held = 0
        self._number = 0
        self.emptied = 0
        """How often every call was forgotten, and numbers began anew."""

    def note(self, call: Heard, status: str, message: str = "") -> None:
        """The call has been answered now. `message` is the status message, for the storage the error code."""
        call.end(status, message, self._clock)
        tally = self._tally
        with tally.lock:
            tally.settle()
            self.take(call, status)

    def repeat(self, call: "Repeat") -> None:
        """The same of a repeat, only that it may be taken down later."""
        tally = self._tally
        tally.aside.append((self, call))
        if len(tally.aside) > _ASIDE or tally.sink is not None or tally.bells:
            with tally.lock:
                tally.settle()

    def take(self, call: "Heard | Repeat", status: str) -> None:
        """One call more. The tally's lock is held."""
        calls, tally = self._calls, self._tally
        self._number += 1
        self._held += call.size
        calls.append(call)
        tally.counts[call.leg, call.method, status] += 1
        while len(calls) > KEPT or (self._held > KEPT_BYTES and len(calls) > 1):
            self._held -= calls.popleft().size
        if tally.sink is not None:  # under the lock, so that lines and numbers have one order
            tally.sink(Noted(self._number, self._folder_id, _told(call)))
        if tally.bells:
            tally.bells.ring(self._folder_id)

    def calls(self, after: int = 0, at_most: int = KEPT) -> Sequence[Noted]:
        """What is remembered of the calls after number `after`, oldest first: the first `at_most` of them."""
        with self._tally.lock:
            self._tally.settle()
            calls, first = tuple(self._calls), self._number - len(self._calls) + 1
        skipped = max(0, after + 1 - first)
        some = calls[skipped : skipped + at_most]
        return [
            Noted(number, self._folder_id, _told(call)) for number, call in enumerate(some, first + skipped)
        ]

    @property
    def number(self) -> int:
        """That of the last call; 0 before the first."""
        with self._tally.lock:
            self._tally.settle()
            return self._number

    @property
    def dropped(self) -> int:
        """How many calls are not remembered any more."""
        with self._tally.lock:
            self._tally.settle()
            return self._number - len(self._calls)

    def clear(self) -> None:
        """Forgets every call; the server's totals stay."""
        with self._tally.lock:
            self._tally.settle()
            self._calls.clear()
            self._held = self._number = 0
            self.emptied += 1
        self._tally.bells.ring(self._folder_id)


def _told(call: "Heard | Repeat") -> Heard:
    return call if isinstance(call, Heard) else call.heard()
