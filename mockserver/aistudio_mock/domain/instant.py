"""Instants and durations: whole microseconds, so that time arithmetic is exact."""

from datetime import UTC, datetime, timedelta
from typing import NewType

Instant = NewType("Instant", int)
"""A moment: microseconds since 1970-01-01T00:00:00Z."""

Duration = int
"""A span of time in microseconds; never negative."""

SECOND: Duration = 1_000_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE
DAY: Duration = 24 * HOUR
YEAR: Duration = 366 * DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END = Instant((datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1))
"""The last instant of the calendar."""
LAST = Instant(END - YEAR)
"""The last one that a clock may be set to: what is due later is in the calendar too."""
NEVER = Instant(1 << 62)
"""Later than any."""


def seconds(value: float) -> Duration:
    """A duration given in seconds, rounded to the microsecond."""
    return round(value * SECOND)


def read_seconds(text: str) -> float:
    """Seconds as a setting writes them. ValueError for what is no number from 0 to a year's."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= YEAR // SECOND:
        raise ValueError(f"write seconds as a number from 0 to {YEAR // SECOND}, a year, such as 2.5")
    return value


def later(instant: Instant, by: Duration) -> Instant:
    """The moment `by` microseconds after `instant`."""
    return Instant(instant + by)


def whole_second(instant: Instant) -> Instant:
    """The instant cut to its second, as operations and datasets show it (service-behaviour c.3, e.3)."""
    return Instant(instant - instant % SECOND)


def moment(instant: Instant) -> datetime:
    """The instant as Python has it, aware, UTC; the last one of the calendar for those after it."""
    return _EPOCH + timedelta(microseconds=min(instant, END))


def instant_of(moment: datetime) -> Instant:
    """The instant of an aware moment."""
    return Instant((moment - _EPOCH) // timedelta(microseconds=1))


def rfc3339(instant: Instant) -> str:
    """The instant with its microseconds; the last one of the calendar for those after it."""
    return moment(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")
