"""Instants and durations: whole microseconds, so that time arithmetic is exact."""

from typing import NewType

Instant = NewType("Instant", int)
"""A moment: microseconds since 1970-01-01T00:00:00Z."""

Duration = int
"""A span of time in microseconds; never negative."""

SECOND: Duration = 1_000_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE
DAY: Duration = 24 * HOUR


def seconds(value: float) -> Duration:
    """A duration given in seconds, rounded to the microsecond."""
    return round(value * SECOND)


def later(instant: Instant, by: Duration) -> Instant:
    """The moment `by` microseconds after `instant`."""
    return Instant(instant + by)


def whole_second(instant: Instant) -> Instant:
    """The instant cut to its second, as operations and datasets show it (service-behaviour c.3, e.3)."""
    return Instant(instant - instant % SECOND)
