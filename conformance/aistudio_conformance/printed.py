"""What a child process prints on stderr, kept in a file that it alone writes."""

from pathlib import Path
from tempfile import mkstemp

_KEPT = 4 << 20
"""Bytes told at most; of more, the last ones."""


class Printed:
    """A file for a child's stderr. `file` is the descriptor for the child; whoever starts it closes it."""

    def __init__(self) -> None:
        # Read by its path: a descriptor shared with the child would share its position too.
        self.file, name = mkstemp(prefix="conformance-", suffix=".stderr")
        self._path = Path(name)

    def end(self) -> int:
        """Where it ends now."""
        return self._path.stat().st_size

    def since(self, start: int) -> str:
        """What was printed since it ended there."""
        with self._path.open("rb") as printed:
            printed.seek(max(start, self.end() - _KEPT))
            return printed.read().decode("utf-8", "replace")

    def remove(self) -> None:
        """Nobody will ask for it any more. Again does nothing."""
        self._path.unlink(missing_ok=True)
