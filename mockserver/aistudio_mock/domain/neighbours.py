"""A tuned embedding model: pairs it was shown lie near each other, and so do texts that are like theirs.

A training text is drawn towards the texts it was paired with, theirs too, and away from its negatives; any
other text goes with the training text that is nearest to it, the more the nearer that is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from math import log
from typing import Self

from msgspec import Struct

from aistudio_mock.domain.vectors import DIM, Vector, cosine, mixed, own_direction, vector
from aistudio_mock.domain.words import plain

_FRIENDS = 6
"""Of a text that has been paired with many, the first so many draw it."""
_OWN = 2.0
"""How much being the very text that was trained on counts, beside being like it."""
_CLOSENESS = 4
"""How fast that fades with likeness: likeness to the power of this."""
_AWAY = 0.5
"""How much a negative pushes, beside what a positive draws."""
_LOOKED_THROUGH = 2000
"""Training texts that share a word with a new one and are weighed up, at most."""
_COMPARED = 3
"""Of these, so many of the best are compared."""

Row = Mapping[str, str]


class Neighbours(Struct, frozen=True):
    """What a tuned embedding model knows; `learned_from` makes one."""

    texts: Sequence[str]
    numbers: Mapping[str, int]
    """Where in `texts` a text is, by its words alone."""
    friends: Mapping[int, Sequence[int]]
    foes: Mapping[int, Sequence[int]]
    having: Mapping[str, Sequence[int]]
    """The texts that have a word."""

    @classmethod
    def learned_from(cls, rows: Iterable[Row]) -> Self:
        """The model trained on pairs (`anchor`, `positive`) or triplets (`negative` too).

        Raises ValueError if there is no row at all.
        """
        numbers: dict[str, int] = {}
        texts: list[str] = []
        having: defaultdict[str, list[int]] = defaultdict(list)
        friends: defaultdict[int, list[int]] = defaultdict(list)
        foes: defaultdict[int, list[int]] = defaultdict(list)

        def number(text: str) -> int:
            key = plain(text)
            if key not in numbers:
                numbers[key] = len(texts)
                for word in set(key.split()):
                    having[word].append(len(texts))
                texts.append(text)
            return numbers[key]

        for row in rows:
            anchor, positive = number(row["anchor"]), number(row["positive"])
            if anchor != positive:
                friends[anchor].append(positive)
                friends[positive].append(anchor)
            if "negative" in row:
                foes[anchor].append(number(row["negative"]))
        if not texts:
            raise ValueError("no training rows; a tuned model needs at least one")
        return cls(texts, numbers, friends, foes, having)

    def vector(self, text: str, dim: int = DIM) -> Vector:
        """The direction of `text` for the tuned model."""
        base = vector(text, dim)
        nearest, likeness = self._nearest(text, base, dim)
        if likeness <= 0:
            return base
        pull = list(self._pull(nearest))
        drawn = [
            (likeness * weight, vector(self.texts[each], dim))
            for each, weight in pull
            if each != nearest or likeness == 1
        ]
        close = _OWN * likeness**_CLOSENESS
        memory = [(close * weight, own_direction(self.texts[each], dim)) for each, weight in pull]
        return mixed([(1.0, base), *drawn, *memory])

    def _nearest(self, text: str, base: Vector, dim: int) -> tuple[int, float]:
        """The training text most like `text`, and how like it is: 1 for the same words."""
        key = plain(text)
        if key in self.numbers:
            return self.numbers[key], 1.0
        compared = ((each, cosine(base, vector(self.texts[each], dim))) for each in self._candidates(key))
        return max(compared, key=lambda one: one[1], default=(0, 0.0))

    def _candidates(self, key: str) -> list[int]:
        """The training texts that share most words with the text, and rather rare ones than common ones."""
        shared: defaultdict[int, float] = defaultdict(float)
        left = _LOOKED_THROUGH
        for word in self._rarest_first(key):
            rarity = log(1 + len(self.texts) / len(self.having[word]))
            for each in self.having[word][:left]:
                shared[each] += rarity
            left -= len(self.having[word])
            if left <= 0:
                break
        return nlargest(_COMPARED, shared, key=shared.__getitem__)

    def _rarest_first(self, key: str) -> list[str]:
        known = set(key.split()) & self.having.keys()
        return sorted(known, key=lambda word: (len(self.having[word]), word))

    def _pull(self, number: int) -> Iterator[tuple[int, float]]:
        """What draws a training text, and how strongly: itself, its friends, theirs; foes the other way.

        Two steps along the pairs, each to the mean of the friends: texts of one pair come out the same, those
        that share a friend near each other, and a long chain of pairs does not become a single heap.
        """
        weights: defaultdict[int, float] = defaultdict(float)
        for each, weight in self._step(number):
            for other, share in self._step(each):
                weights[other] += weight * share
        for foe in self.foes.get(number, ())[:_FRIENDS]:
            weights[foe] -= _AWAY
        yield from weights.items()

    def _step(self, number: int) -> Iterator[tuple[int, float]]:
        friends = self.friends.get(number, ())[:_FRIENDS]
        yield number, 1.0
        yield from ((friend, 1 / len(friends)) for friend in friends)
