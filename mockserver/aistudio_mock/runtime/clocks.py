"""The one place that reads the system's time."""

import time
from threading import Lock

from aistudio_mock.domain.clock import ClockReading, Rate
from aistudio_mock.domain.instant import Duration, Instant, rfc3339


def system_now() -> Instant:
    """The system's wall clock, in microseconds since the epoch."""
    return Instant(time.time_ns() // 1000)


class FolderClock:
    """A folder's virtual clock, safe to use from any thread. It never goes back."""

    def __init__(
        self, rate: Rate, start: Instant | None = None, skips: tuple[tuple[Instant, Duration], ...] = ()
    ) -> None:
        real = steady_now()
        self._lock = Lock()
        self._reading = ClockReading(start if start is not None else system_now(), real, rate, skips)

    def now(self) -> Instant:
        """Virtual time, in microseconds since the epoch."""
        # Under the lock, or a change of rate between the two reads would take the clock back.
        with self._lock:
            return self._reading.now(steady_now())

    @property
    def reading(self) -> ClockReading:
        """How the clock goes just now, over `steady_now`: a value, which later changes leave as it is."""
        return self._reading

    @property
    def rate(self) -> Rate:
        """How much faster than real time the clock runs; 0 stands still."""
        return self._reading.rate

    def advance(self, by: Duration) -> Instant:
        """Move forward by `by` microseconds of lived time; returns the new time. ValueError when negative."""
        with self._lock:
            self._reading = self._reading.advanced(steady_now(), by)
        return self.now()

    def advance_to(self, there: Instant) -> Instant:
        """Move forward to `there` as lived time; returns the new time. ValueError when that is past."""
        with self._lock:
            real = steady_now()
            now = self._reading.now(real)
            if there < now:
                raise ValueError(f"the clock shows {rfc3339(now)} and never goes back to {rfc3339(there)}")
            self._reading = self._reading.advanced(real, there - now)
        return self.now()

    def skip_to(self, moment: Instant) -> None:
        """Move forward to `moment` as skipped time; nothing happens when it is past."""
        with self._lock:
            self._reading = self._reading.skipped_to(steady_now(), moment)

    def run_at(self, rate: Rate) -> None:
        """Run at `rate` times real time from here on; 0 stands still. ValueError when negative."""
        with self._lock:
            self._reading = self._reading.at_rate(steady_now(), rate)

    def age(self, since: Instant) -> Duration:
        """Lived time since a virtual instant: real and explicitly advanced, without what was skipped."""
        with self._lock:
            return self._reading.lived(since, self._reading.now(steady_now()))


def steady_now() -> Instant:
    """Real time that no correction of the system's clock moves, in microseconds since some moment."""
    return Instant(time.monotonic_ns() // 1000)
