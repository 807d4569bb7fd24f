"""A folder's clock as a value: an affine map from real time, with the time that was skipped kept apart.

`now = virtual_base + rate × (real − real_base)`. Changing the rate rebases first, so the reading is
continuous and never goes back. Skipped time (moved over because somebody polled) is remembered: what a person
would call the age of a URL or a token counts real and explicitly advanced time only.
"""

from bisect import bisect_right
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.domain.instant import NEVER, Duration, Instant

if TYPE_CHECKING:
    from fractions import Fraction

Rate: TypeAlias = "int | Fraction"
"""Virtual seconds a real second, exactly. Whole rates are ints: importing fractions takes 3 ms."""


class ClockReading(Struct, frozen=True):
    """The map at one moment of its life. `rate` 0 stands still, 1 is real time, 60 a minute a second."""

    virtual_base: Instant
    real_base: Instant
    rate: Rate = 1
    skips: tuple[tuple[Instant, Duration], ...] = ()
    """(the moment after the skip, all time skipped until then), oldest first."""

    def now(self, real: Instant) -> Instant:
        """Virtual time at the real instant `real`, in microseconds."""
        return Instant(self.virtual_base + int(self.rate * max(0, real - self.real_base)))

    def not_before(self, real: Instant, ahead: Duration | None) -> Instant:
        """A real instant until which the clock goes less far than `ahead` from where it is at `real`.

        It is exact to one microsecond of virtual time. None is never reached.
        """
        if ahead is None or not self.rate:
            return NEVER
        return Instant(real + max(0, ahead - 1) // self.rate)

    def rebased(self, real: Instant) -> "ClockReading":
        """The same map with both ends moved to `real`."""
        return replace(self, virtual_base=self.now(real), real_base=max(real, self.real_base))

    def at_rate(self, real: Instant, rate: Rate) -> "ClockReading":
        """The clock running at `rate` from `real` on.

        Raises:
            ValueError: the rate is negative; time never goes back.
        """
        if rate < 0:
            raise ValueError(f"a clock rate is 0 or more, not {rate}; time never goes back")
        return replace(self.rebased(real), rate=rate)

    def advanced(self, real: Instant, by: Duration) -> "ClockReading":
        """The clock moved forward by `by`, as time that was lived through.

        Raises:
            ValueError: `by` is negative.
        """
        if by < 0:
            raise ValueError(f"a clock moves forward only, not by {by} microseconds")
        there = self.rebased(real)
        return replace(there, virtual_base=Instant(there.virtual_base + by))

    def skipped_to(self, real: Instant, moment: Instant) -> "ClockReading":
        """The clock moved forward to `moment` as skipped time; unchanged when `moment` is past."""
        by = moment - self.now(real)
        if by <= 0:
            return self
        there = self.rebased(real)
        total = (there.skips[-1][1] if there.skips else 0) + by
        return replace(there, virtual_base=moment, skips=(*there.skips, (moment, total)))

    def lived(self, since: Instant, until: Instant) -> Duration:
        """Real and explicitly advanced time between two virtual instants, without what was skipped."""
        return (until - since) - (self._skipped_before(until) - self._skipped_before(since))

    def _skipped_before(self, moment: Instant) -> Duration:
        index = bisect_right(self.skips, moment, key=lambda skip: skip[0])
        before = self.skips[index - 1][1] if index else 0
        if index == len(self.skips):
            return before
        # Nobody reads the clock inside a skip, but a URL's date is cut to the second and may lie there.
        end, total = self.skips[index]
        return max(before, total - (end - moment))
