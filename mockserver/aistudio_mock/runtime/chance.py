"""The one place that draws at random: ids, and chance per record."""

import os
import random
from threading import Lock

from aistudio_mock.domain.ports import Chance

_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
"""The 32 characters of every id of the platform (service-behaviour b)."""


_SECRET = random.SystemRandom()
"""What the module `secrets` draws from, without what else it imports."""


def secret(size: int) -> bytes:
    """So many bytes that nobody can guess."""
    return os.urandom(size)


def new_seed() -> int:
    """A seed for those who gave none."""
    return _SECRET.getrandbits(32)


class Ids:
    """New ids: a prefix and 17 characters. With a seed they repeat from run to run, in order of creation."""

    def __init__(self, seed: int | str | None) -> None:
        self._bits = random.Random(seed).getrandbits if seed is not None else _SECRET.getrandbits
        # Apart, so that the ids of objects do not depend on how many calls came before them.
        self._calls = random.Random(None if seed is None else f"{seed}/calls")
        self._lock = Lock()

    def new(self, prefix: str) -> str:
        """`prefix` and 17 characters of `[0-9a-v]` (service-behaviour b)."""
        with self._lock:
            bits = self._bits(17 * 5)
        return prefix + "".join(_ALPHABET[bits >> shift & 31] for shift in range(0, 17 * 5, 5))

    def hexadecimal(self, digits: int) -> str:
        """`digits` hexadecimal digits, lower case."""
        with self._lock:
            return f"{self._bits(digits * 4):0{digits}x}"

    def of_call(self) -> str:
        """80 hexadecimal digits for the ids of one call: no secret, so they need not be hard to guess."""
        return self._calls.randbytes(40).hex()


def chance_for(seed: int, record_id: str) -> Chance:
    """The chance of one record: independent of the order in which requests arrive."""
    return random.Random(f"{seed}/{record_id}")
