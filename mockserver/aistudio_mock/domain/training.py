"""How far a run has trained at a given time."""

from msgspec import Struct

from aistudio_mock.domain.instant import Instant


class Training(Struct, frozen=True):
    """What a run trains on and when it would be through; `share` of it is done when it ends, 0 to 1."""

    rows: int = 0
    ends_at: Instant = Instant(0)
    """When the last step is done, whether or not the run gets there."""
    share: float = 1.0

    def steps_done(self, total: int, started: Instant, now: Instant) -> int:
        """How many of `total` steps are done at `now`; they follow each other evenly."""
        length = self.ends_at - started
        most = int(total * self.share)
        return most if length <= 0 else min(most, total * max(now - started, 0) // length)
