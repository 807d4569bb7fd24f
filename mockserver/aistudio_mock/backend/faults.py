"""The faults of one folder, and how they stand."""

from threading import Lock

from aistudio_mock.domain.faults import Fault, Leg, Met, Standing, meet


class Faults:
    """What was written for a folder, in order. `standings` is empty as long as nothing was."""

    __slots__ = ("_count", "_lock", "standings")

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self.standings: tuple[Standing, ...] = ()

    def add(self, fault: Fault) -> Standing:
        """One more fault, tried after those that are there."""
        with self._lock:
            self._count += 1
            standing = Standing(f"fault-{self._count}", fault)
            self.standings = (*self.standings, standing)
        return standing

    def clear(self) -> None:
        """Forgets every fault."""
        with self._lock:
            self.standings = ()

    def meet(self, leg: Leg, name: str) -> Met:
        """What one call meets; counts it."""
        with self._lock:
            met = meet(self.standings, leg, name)
            self.standings = met.standings
        return met
