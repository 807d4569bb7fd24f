"""What is new in a folder since one watcher last looked.

Nothing is queued for watchers. A bell says that something may have changed; who hears it looks at the folder
as it is then. Clock readings and standings of faults are values, so another object is a change. However slow
a watcher is, it costs nobody anything: what it missed is told by the journal, as far as that remembers.
"""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from aistudio_mock.backend.control import clock_of
from aistudio_mock.backend.folders import Folder
from aistudio_mock.control_types import ClockShown, Document, Nothing, Standings, Watching

if TYPE_CHECKING:
    from aistudio_faults.faults import Standing
    from aistudio_mock.backend.backend import Backend
    from aistudio_mock.backend.journal import Bell
    from aistudio_mock.backend.journal_entries import Teller
    from aistudio_mock.domain.clock import ClockReading

AT_ONCE = 100
"""How many calls one look tells at most."""


class Event(NamedTuple):
    """One thing that is new. `number` is that of a call."""

    name: str
    data: Watching | ClockShown | Standings | Nothing | Document
    number: int | None = None


class _Look(NamedTuple):
    """What was seen of a folder. None is not looked at yet; the version is compared by value."""

    reading: "ClockReading | None" = None
    standings: "tuple[Standing, ...] | None" = None
    version: tuple[int, ...] = ()


_NOTHING = _Look()


class Watch:
    """One watcher of a folder. Its first look tells everything, of the calls those after number `after`."""

    def __init__(self, backend: "Backend", folder: Folder, teller: "Teller", after: int | None) -> None:
        self._backend = backend
        self._folder = folder
        self._teller = teller
        self._told = folder.journal.number if after is None else after
        self._emptied: int | None = None
        self._seen = _NOTHING
        self.over = False
        """Whether the folder was deleted: nothing follows."""

    def hears(self, bell: "Bell") -> AbstractContextManager[None]:
        """In here the bell is rung whenever another look is worth it."""
        return self._backend.journal.bells.hung(self._folder.id, bell)

    def news(self) -> list[Event]:
        """What is new: nothing, when there is no more for now."""
        found = self._backend.folders.find(self._folder.id)
        if found is None or found.journal is not self._folder.journal:
            news = [] if self.over else [Event("gone", Nothing())]
            self.over = True
            return news
        self._folder = found
        return [*self._beginning(), *self._changes(), *self._calls()]

    def _beginning(self) -> list[Event]:
        journal = self._folder.journal
        emptied, before = journal.emptied, self._emptied
        if emptied == before:
            return []
        self._emptied, self._seen = emptied, _NOTHING
        if before is not None:
            self._told = 0  # numbers began anew
        return [Event("watching", Watching(self._folder.id, journal.number, journal.dropped))]

    def _changes(self) -> list[Event]:
        folder, before = self._folder, self._seen
        version = self._backend.store.version(folder.id)
        self._seen = now = _Look(folder.clock.reading, folder.faults.standings, version)
        news = []
        if now.reading is not before.reading:
            news.append(Event("clock", clock_of(folder)))
        if now.standings is not before.standings:
            news.append(Event("faults", Standings([*folder.faults.standings])))
        if now.version != before.version:
            news.append(Event("state", Nothing()))
        return news

    def _calls(self) -> list[Event]:
        calls = self._folder.journal.calls(self._told, AT_ONCE)
        if calls:
            self._told = calls[-1].number
        return [Event("call", self._teller.entry(noted), noted.number) for noted in calls]
