"""Folders that are there again after a restart, with their credentials, settings, clocks and plans."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.backend.chosen import Chosen, exact
from aistudio_mock.backend.folders import Folder, FolderDefaults, Folders
from aistudio_mock.backend.journal import Sink
from aistudio_mock.backend.kept import Kept
from aistudio_mock.backend.plans import Plans
from aistudio_mock.backend.records import encode, stored
from aistudio_mock.domain.clock import Rate
from aistudio_mock.domain.instant import Duration, Instant
from aistudio_mock.domain.plan import Planned, Script
from aistudio_mock.runtime.chance import Ids
from aistudio_mock.runtime.clocks import FolderClock, system_now
from aistudio_mock.runtime.database import Database, Row, StateError

FOLDERS, CLOCKS, SKIPS, PLANS = "folders", "clocks", "skips", "plans"


class _KeptFolder(Struct, frozen=True):
    service_account_id: str
    api_key: str
    settings: Chosen | None


class _KeptClock(Struct, frozen=True):
    """What a clock showed, and what the system's clock showed then."""

    now: Instant
    system: Instant
    rate: str


class _KeptPlan(Struct, frozen=True):
    planned: tuple[Planned, ...]
    count: int


class _Clock(FolderClock):
    """A clock whose moves are noted. It goes back only where a move was refused."""

    def __init__(self, kept: Kept, folder_id: str, settings: FolderDefaults) -> None:
        super().__init__(settings.rate, settings.start, settings.skips)
        self._kept = kept
        self._folder_id = folder_id

    def advance(self, by: Duration) -> Instant:
        with self._moving():
            return super().advance(by)

    def advance_to(self, there: Instant) -> Instant:
        with self._moving():
            return super().advance_to(there)

    def skip_to(self, moment: Instant) -> None:
        if moment > self.now():
            with self._moving():
                super().skip_to(moment)

    def run_at(self, rate: Rate) -> None:
        with self._moving():
            super().run_at(rate)

    @contextmanager
    def _moving(self) -> Iterator[None]:
        with self._kept:
            before = self._reading

            def undo() -> None:
                with self._lock:
                    self._reading = before

            # The folder's clock is written with whatever changes in it: no row besides.
            self._kept.note((CLOCKS, self._folder_id), self._folder_id, tuple, undo)
            yield


class _Plans(Plans):
    """A plan whose changes are noted."""

    __slots__ = ("_folder_id", "_kept")

    def __init__(self, kept: Kept, folder_id: str, plan: _KeptPlan) -> None:
        super().__init__()
        self._kept = kept
        self._folder_id = folder_id
        self.planned, self._count = plan.planned, plan.count

    def add(self, script: Script) -> Planned:
        with self._kept:
            self._note()
            return super().add(script)

    def clear(self) -> None:
        with self._kept:
            self._note()
            super().clear()

    def take(self) -> Script:
        if not self.planned:
            return super().take()
        with self._kept:
            self._note()
            return super().take()

    def fill(self, planned: tuple[Planned, ...]) -> None:
        with self._kept:
            self._note()
            super().fill(planned)

    def _note(self) -> None:
        before = self.planned, self._count

        def undo() -> None:
            self.planned, self._count = before

        self._kept.note((PLANS, self._folder_id), self._folder_id, self._rows, undo)

    def _rows(self) -> Iterable[Row]:
        return [Row(PLANS, self._folder_id, 0, encode(_KeptPlan(self.planned, self._count)))]


class KeptFolders(Folders):
    """All folders of a server, those that were there before it among them."""

    def __init__(
        self,
        kept: Kept,
        database: Database,
        ids: Ids,
        defaults: FolderDefaults,
        default_id: str,
        sink: Sink | None,
    ) -> None:
        """Raises StateError."""
        self._kept = kept
        self._database = database
        self._kept_plans = {key: plan for key, _, plan in stored(database, PLANS, _KeptPlan)}
        self._skips_written: dict[str, int] = {}
        kept.clocks, kept.written = self._clock_rows, self._clock_written
        super().__init__(ids, defaults, default_id, sink, kept)

    def _known(self) -> Iterator[Folder]:
        clocks = {key: clock for key, _, clock in stored(self._database, CLOCKS, _KeptClock)}
        skips: dict[str, list[tuple[Instant, Duration]]] = {}
        for key, _, skip in stored(self._database, SKIPS, tuple[Instant, Duration]):
            skips.setdefault(key.rpartition("/")[0], []).append(skip)
        run = self._database.run
        for folder_id, _, one in stored(self._database, FOLDERS, _KeptFolder):
            try:
                chosen = self._defaults if one.settings is None else one.settings.over(self._defaults)
            except ValueError as problem:
                raise StateError(f"--state {self._database.directory} has {problem}") from None
            past = skips.get(folder_id, [])
            self._skips_written[folder_id] = len(past)
            start = _went_on(clocks[folder_id])
            seed = chosen.ids_seed
            yield self._made(
                folder_id,
                one.service_account_id,
                one.api_key,
                replace(chosen, start=start, skips=tuple(past)),
                self._ids if seed is None else Ids(f"{seed}/{folder_id}/run {run}"),
                own=one.settings is not None,
            )

    def _clock(self, folder_id: str, settings: FolderDefaults) -> FolderClock:
        return _Clock(self._kept, folder_id, settings)

    def _plans(self, folder_id: str) -> Plans:
        return _Plans(self._kept, folder_id, self._kept_plans.pop(folder_id, _KeptPlan((), 0)))

    def _enter(self, folder: Folder) -> None:
        self._note(folder, partial(super()._leave, folder))
        super()._enter(folder)

    def _exchange(self, before: Folder, after: Folder) -> None:
        self._note(before, partial(super()._enter, before))
        super()._enter(after)

    def _leave(self, folder: Folder) -> None:
        self._note(folder, partial(super()._enter, folder))
        super()._leave(folder)

    def _note(self, folder: Folder, undo: Callable[[], object]) -> None:
        self._kept.note((FOLDERS, folder.id), folder.id, partial(self._rows, folder), undo)

    def _rows(self, folder: Folder) -> Iterator[Row]:
        if self._by_id.get(folder.id) is not None:
            there = self._by_id[folder.id]
            settings = Chosen.of(there.settings) if there.own else None
            kept = _KeptFolder(there.service_account_id, there.api_key, settings)
            yield Row(FOLDERS, folder.id, 0, encode(kept))
            return
        yield from (Row(kind, folder.id) for kind in (FOLDERS, CLOCKS, PLANS))
        for number in range(self._skips_written.get(folder.id, 0)):
            yield Row(SKIPS, f"{folder.id}/{number}")

    def _clock_rows(self, folder_id: str) -> Iterator[Row]:
        folder = self._by_id.get(folder_id)
        if folder is None:
            return
        reading = folder.clock.reading
        now = encode(_KeptClock(folder.clock.now(), system_now(), str(reading.rate)))
        yield Row(CLOCKS, folder_id, 0, now)
        written = self._skips_written.get(folder_id, 0)
        for number, skip in enumerate(reading.skips[written:], written):
            yield Row(SKIPS, f"{folder_id}/{number}", number, encode(skip))

    def _clock_written(self, folder_id: str) -> None:
        folder = self._by_id.get(folder_id)
        if folder is None:
            self._skips_written.pop(folder_id, None)
        else:
            self._skips_written[folder_id] = len(folder.clock.reading.skips)


def _went_on(clock: _KeptClock) -> Instant:
    """What a clock shows that went on while nobody ran the server."""
    return Instant(clock.now + int(exact(clock.rate) * max(0, system_now() - clock.system)))
