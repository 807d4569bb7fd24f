"""The protocol's two streams, out of reach of whatever else the process reads and prints."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Self


class Lines:
    """While it is open, stdin is empty and what is printed, by native code too, goes to stderr."""

    def __enter__(self) -> Self:
        self._asks = os.fdopen(os.dup(0), "rb")
        self._answers = os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        self._stdout, sys.stdout = sys.stdout, sys.stderr
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout = self._stdout
        with suppress(BrokenPipeError):
            self._answers.close()
        self._asks.close()

    def __iter__(self) -> Iterator[bytes]:
        """The asks, empty lines left out."""
        return (line for line in self._asks if line.strip())

    def write(self, line: bytes) -> None:
        """One answer, at once."""
        self._answers.write(line + b"\n")
        self._answers.flush()
