"""What somebody wrote in advance for the next tunings of one folder."""

from threading import Lock
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from aistudio_mock.domain.plan import Planned, Script


class Plans:
    """A folder's scripts, in order. `planned` is empty as long as nothing was written."""

    __slots__ = ("_count", "_lock", "planned")

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self.planned: tuple[Planned, ...] = ()

    def fill(self, planned: "tuple[Planned, ...]") -> None:
        """Takes over the scripts of another plan."""
        with self._lock:
            self._count = len(planned)
            self.planned = planned

    def add(self, script: "Script") -> "Planned":
        """One more script, for tunings after those that the earlier ones are for."""
        from aistudio_mock.domain.plan import Planned  # noqa: PLC0415 - not on the start path

        with self._lock:
            self._count += 1
            added = Planned(f"plan-{self._count}", script)
            self.planned = (*self.planned, added)
        return added

    def clear(self) -> None:
        """Forgets every script; tunings that live by one go on."""
        with self._lock:
            self.planned = ()

    def take(self) -> "Script":
        """The script of one new tuning; counts it."""
        from aistudio_mock.domain.plan import AS_USUAL  # noqa: PLC0415 - not on the start path

        with self._lock:
            for index, one in enumerate(self.planned):
                if one.is_due:
                    used = replace(one, used=one.used + 1)
                    self.planned = (*self.planned[:index], used, *self.planned[index + 1 :])
                    return one.script
        return AS_USUAL
