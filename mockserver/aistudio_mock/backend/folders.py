"""A folder: the unit of isolation. Clock, seed, durations and credentials belong to it."""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import reduce
from threading import RLock
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from aistudio_mock.backend.faults import Faults
from aistudio_mock.backend.journal import Journal, Sink, Tally
from aistudio_mock.backend.plans import Plans
from aistudio_mock.backend.store import Lock
from aistudio_mock.domain.behaviours import Behaviours
from aistudio_mock.domain.clock import Rate
from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.instant import Duration, Instant
from aistudio_mock.domain.ports import Chance
from aistudio_mock.runtime.chance import Ids, chance_for
from aistudio_mock.runtime.clocks import FolderClock

if TYPE_CHECKING:
    from aistudio_faults.faults import Fault, Standing


class Pace(Enum):
    """What polling an unfinished operation does to a folder's clock."""

    SKIP = "skip"
    """It moves to the operation's end: unmodified clients finish at their first poll."""
    POLL = "poll"
    """It moves to the next phase: every phase is seen, one a poll."""
    KEEP = "keep"
    """Nothing: time runs by itself, or stands still until told."""


class Auth(Enum):
    """How strictly credentials are looked at (`--auth`)."""

    OFF = "off"
    ANY = "any"
    """A Bearer or Api-Key with any value will do."""
    STRICT = "strict"
    """Only what this server issued, and only in its folder."""


class FolderDefaults(Struct, frozen=True):
    """What a new folder starts with."""

    pace: Pace = Pace.SKIP
    rate: Rate = 1
    durations: Durations = Durations.RECORDED
    seed: int = 0
    behaviours: Behaviours = field(default_factory=Behaviours)
    auth: Auth = Auth.ANY
    faults: "tuple[Fault, ...]" = ()
    """What every new folder has from the start, and again after a reset."""
    start: Instant | None = None
    """When its virtual time begins; None for the present."""
    ids_seed: str | None = None
    """Where its ids come from, if they are to repeat whatever happens in other folders."""
    skips: tuple[tuple[Instant, Duration], ...] = ()
    """What its clock skipped before its first moment: see `ClockReading`."""


class Folder(Struct, frozen=True):
    """One folder. Of its settings only how time goes ever changes; its clock moves, its lists fill."""

    id: str
    service_account_id: str
    api_key: str
    clock: FolderClock
    settings: FolderDefaults
    ids: Ids
    faults: Faults
    plans: Plans
    journal: Journal
    own: bool = False
    """Whether somebody chose its settings; else they are what the server was started with."""

    def chance(self, record_id: str) -> Chance:
        """The chance of one record of this folder."""
        return chance_for(self.settings.seed, record_id)


class Folders:
    """All folders of a server. An unknown folder is made when it is first named.

    `sink` is given every call that is answered in any of them.
    """

    def __init__(
        self,
        ids: Ids,
        defaults: FolderDefaults,
        default_id: str | None = None,
        sink: Sink | None = None,
        lock: Lock | None = None,
    ) -> None:
        self._ids = ids
        self._defaults = defaults
        self.tally = Tally(sink)
        self._by_id: dict[str, Folder] = {}
        self._by_api_key: dict[str, Folder] = {}
        self._lock = lock or RLock()
        self._accounted: tuple[Standing, ...] = ()
        self.version = object()
        """Another object after each change of what ids and keys name."""
        for folder in self._known():
            self._by_id[folder.id] = self._by_api_key[folder.api_key] = folder
        self.default = self.get(default_id or ids.new("b1g"))

    def get(self, folder_id: str) -> Folder:
        """The folder of that id; made now if nobody named it before."""
        found = self._by_id.get(folder_id)
        if found is not None:
            return found
        with self._lock:
            return self._by_id.get(folder_id) or self.create(folder_id)

    def find(self, folder_id: str) -> Folder | None:
        """The folder of that id, if somebody named it before."""
        return self._by_id.get(folder_id)

    def with_api_key(self, api_key: str) -> Folder | None:
        """The folder whose API key this is."""
        return self._by_api_key.get(api_key)

    def create(
        self,
        folder_id: str | None = None,
        change: Callable[[FolderDefaults], FolderDefaults] | None = None,
        service_account_id: str = "",
    ) -> Folder:
        """A fresh folder, with settings as `change` makes them. ValueError when the id is taken."""
        settings = self._defaults if change is None else change(self._defaults)
        folder_id = folder_id or self._ids.new("b1g")
        # With the folder's id in it: no two folders of one server have the same ids.
        ids = self._ids if settings.ids_seed is None else Ids(f"{settings.ids_seed}/{folder_id}")
        account = service_account_id or ids.new("aje")
        api_key = f"AQVN{ids.hexadecimal(36)}"
        folder = self._made(folder_id, account, api_key, settings, ids, own=change is not None)
        with self._lock:
            if folder.id in self._by_id:
                raise ValueError(f"folder {folder.id} exists already; leave the id out for a fresh one")
            self._enter(folder)
        return folder

    def _made(
        self,
        folder_id: str,
        service_account_id: str,
        api_key: str,
        settings: FolderDefaults,
        ids: Ids,
        *,
        own: bool,
    ) -> Folder:
        clock = self._clock(folder_id, settings)
        return Folder(
            id=folder_id,
            service_account_id=service_account_id,
            api_key=api_key,
            clock=clock,
            settings=settings,
            ids=ids,
            faults=Faults(settings.faults, settings.seed),
            plans=self._plans(folder_id),
            journal=Journal(folder_id, clock, self.tally),
            own=own,
        )

    def _known(self) -> Iterable[Folder]:
        """The folders that there are from the start."""
        return ()

    def _clock(self, _folder_id: str, settings: FolderDefaults) -> FolderClock:
        return FolderClock(settings.rate, settings.start, settings.skips)

    def _plans(self, _folder_id: str) -> Plans:
        return Plans()

    def _enter(self, folder: Folder) -> None:
        self._by_id[folder.id] = self._by_api_key[folder.api_key] = folder
        self.version = object()

    def run(self, folder: Folder, pace: Pace, rate: Rate) -> None:
        """Polling does something else to the folder's clock from now on, and it runs at another rate."""
        settings = replace(folder.settings, pace=pace, rate=rate)
        changed = replace(folder, settings=settings, own=True)
        with self._lock:
            self._exchange(folder, changed)
            folder.clock.run_at(rate)
        if self.default is folder:
            self.default = changed

    def _exchange(self, _before: Folder, after: Folder) -> None:
        self._enter(after)

    def _leave(self, folder: Folder) -> None:
        self._by_id.pop(folder.id, None)
        self._by_api_key.pop(folder.api_key, None)
        self.version = object()

    def account(self, folder: Folder) -> None:
        """Keeps what became of the faults that the folder was made with: they are about to go."""
        with self._lock:
            self._accounted = _together(self._accounted, folder.faults.given)

    def accounts(self) -> "tuple[Standing, ...]":
        """What became of the faults that every folder is made with, in all folders together."""
        return _together(self._accounted, *(folder.faults.given for folder in self))

    def replace_default(self, make: Callable[[], Folder]) -> None:
        """The folder of calls that name none is what `make` makes, and the one before, still unused, goes."""
        with self._lock:
            self._leave(self.default)
            self.default = make()

    def forget(self, folder: Folder) -> None:
        """Its id and key are unknown from here on. The default folder stays."""
        if folder is not self.default:
            with self._lock:
                self._leave(folder)

    def __iter__(self) -> Iterator[Folder]:
        return iter(tuple(self._by_id.values()))


def _together(*accounts: "tuple[Standing, ...]") -> "tuple[Standing, ...]":
    """The same faults in several folders, with their counts together."""
    some = [account for account in accounts if account]
    if not some:
        return ()
    from aistudio_faults.faults import add_up  # noqa: PLC0415 - not on the start path

    return reduce(add_up, some)
