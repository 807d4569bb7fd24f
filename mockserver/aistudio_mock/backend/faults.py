"""The faults of one folder, and how they stand."""

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aistudio_faults.faults import Asked, Fault, Standing


class Faults:
    """What was written for a folder, in order. `standings` is empty as long as nothing was.

    `given` is what it starts with, and has again after a reset; `seed` rules chance.
    """

    __slots__ = ("_count", "_expired", "_given", "_has_given", "_lock", "_seed", "standings")

    def __init__(self, given: "tuple[Fault, ...]" = (), seed: int = 0) -> None:
        self._lock = Lock()
        self._seed = seed
        self._given = given
        self.standings: tuple[Standing, ...] = ()
        self._expired: dict[str, Standing] = {}
        self._has_given = False
        self.reset()

    @property
    def given(self) -> "tuple[Standing, ...]":
        """How the faults stand that the folder was made with; none once they were cleared."""
        return self.standings[: len(self._given)] if self._has_given else ()

    @property
    def added(self) -> "tuple[Standing, ...]":
        """How those stand that were written since."""
        return self.standings[len(self.given) :]

    def add(self, *faults: "Fault") -> "tuple[Standing, ...]":
        """Further faults, tried after those that are there, in order."""
        from aistudio_faults.faults import standing  # noqa: PLC0415 - not on the start path

        with self._lock:
            first = self._count + 1
            added = tuple(standing(fault, f"fault-{number}") for number, fault in enumerate(faults, first))
            self._count += len(added)
            self.standings = (*self.standings, *added)
        return added

    def clear(self) -> None:
        """Forgets every fault, and which credentials and URLs have expired by one."""
        with self._lock:
            self.standings = ()
            self._expired = {}
            self._has_given = False

    def reset(self) -> None:
        """As it was when the folder was made."""
        self.clear()
        self._count = 0
        if self._given:
            self.add(*self._given)
        self._has_given = True

    def meet(self, asked: "Asked", credential: str) -> "Standing | None":
        """The fault that one call meets, if any; counts it.

        `credential` is what the caller came with: a fault may make it expire, from this call on.
        """
        from aistudio_faults.faults import meet  # noqa: PLC0415 - not on the start path

        with self._lock:
            if credential in self._expired:
                return self._expired[credential]
            met = meet(self.standings, asked, self._seed)
            self.standings = met.standings
            if met.fault is not None and met.fault.expired:
                self._expired[credential] = met.fault
        return met.fault
