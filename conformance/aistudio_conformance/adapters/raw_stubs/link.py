"""What every part of the client shares: the place, waiting, and letting go."""

from threading import Event

from aistudio_conformance.protocol import Place


class Link:
    """A client of one place. The methods with an underscore are its decisions, one each."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._closed = Event()

    def close(self) -> None:
        """Ends every wait."""
        self._closed.set()

    def _pause(self, seconds: float) -> None:
        self._closed.wait(seconds)

    def _attempts(self) -> int:
        """How often one thing is tried at most."""
        return 5

    def _backoff(self, attempt: int) -> float:
        """Seconds between an attempt, counted from 1, and the next: they grow."""
        return min(0.03 * 2.0 ** (attempt - 1), 10.0)
