"""A tuned classifier: what its training rows say about words, and so about texts.

Naive Bayes over words and pairs of words: each tells for or against each class, by how often it came with
that class in training; a text is what its words say together. Nothing is drawn at random, so the same rows
give the same classifier. A base model goes by likeness to labels and examples (`few_shot`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from math import exp, log, sqrt
from typing import Any, Self

from msgspec import Struct

from aistudio_mock.domain.vectors import cosine, vector
from aistudio_mock.domain.words import plain, words

TEXT = "text"
"""The one key of a row that is no class (service-behaviour d)."""

GRID = 2048
"""Confidences are whole multiples of 1/GRID: they look like half-precision numbers, as recorded (f)."""

_STEM = 6
"""Letters of a word that count: the rest is mostly its ending."""
_COUNTED = 5000
"""Rows that words are counted in, evenly spread; what more of them would say changes little."""
_COMMON = 1000
"""From so many rows on, a word that came once says nothing."""
_TRIED = 3000
"""How many (row, class) the scale of confidences is found with."""
_SURE = 3.0
"""Log-odds of a class that is as likely as in its own training texts: a confidence of 0.95."""
_SHARP = 12.0
"""How much likeness to its examples speaks for a class, when a base model classifies."""

Row = Mapping[str, Any]
Score = tuple[str, float]


class _Scale(Struct, frozen=True):
    """Evidence of a class in texts that have it or not: halfway between them, and half the distance."""

    middle: float = 0.0
    half: float = 1.0

    def log_odds(self, evidence: float) -> float:
        return _SURE * (evidence - self.middle) / self.half


class _Counts(Struct, frozen=True):
    """How many of the counted rows have each feature; and of those with one class."""

    rows: int
    of_all: Counter[str]
    rows_of: Mapping[str, int]
    of_class: Mapping[str, Counter[str]]

    def share(self, name: str) -> float:
        """How common the class is, never 0 or 1."""
        return (self.rows_of[name] + 0.5) / (self.rows + 1)

    def evidence(self, features: Iterable[str], name: str) -> float:
        """What the features say for the class, in log-odds; what they say again and again counts less."""
        share, seen, mine = self.share(name), self.of_all, self.of_class[name]
        rarity = (1 - share) / share
        found = [(seen[each], mine[each]) for each in features if each in seen]
        said = [log((having + share) / (rows - having + 1 - share) * rarity) for rows, having in found]
        return sum(said) / sqrt(len(said)) if said else 0.0


class Classifier(Struct, frozen=True):
    """What a tuned classifier knows; `fitted` makes one."""

    multiclass: bool
    counts: _Counts
    scales: Mapping[str, _Scale]
    known: Mapping[str, frozenset[str]]
    """The classes of every training text, by the text as its words alone."""

    @classmethod
    def fitted(cls, rows: Iterable[Row], *, multiclass: bool) -> Self:
        """The classifier trained on `rows`. Raises ValueError if there is no row at all."""
        texts = [
            (str(row[TEXT]), {name: bool(value) for name, value in row.items() if name != TEXT})
            for row in rows
        ]
        if not texts:
            raise ValueError("no training rows; a tuned model needs at least one")
        step = -(-len(texts) // _COUNTED)
        counted = [(_features(text), classes) for text, classes in texts[::step]]
        counts = _counted(counted)
        known = {plain(text): frozenset(name for name in classes if classes[name]) for text, classes in texts}
        return cls(multiclass, counts, _scales(counts, counted), known)

    @property
    def classes(self) -> Sequence[str]:
        """The classes, in the order of the first training row."""
        return tuple(self.counts.of_class)

    def predict(self, text: str) -> list[Score]:
        """Each class with its confidence (service-behaviour f).

        Multiclass: the surest first, and they sum to exactly 1. Else in the rows' order, each for itself.
        """
        features, known = _features(text), self.known.get(plain(text))
        evidence = {name: self.counts.evidence(features, name) for name in self.classes}
        if not self.multiclass:
            return [(name, self._alone(name, evidence[name], known)) for name in self.classes]
        logits = {name: said + log(self.counts.share(name)) for name, said in evidence.items()}
        for name in known or ():
            logits[name] = max(logits.values()) + _SURE
        return _shared(logits)

    def _alone(self, name: str, evidence: float, known: frozenset[str] | None) -> float:
        odds = self.scales[name].log_odds(evidence)
        if known is not None:
            odds = max(odds, _SURE) if name in known else min(odds, -_SURE)
        return min(max(round(GRID * _sigmoid(odds)), 1), GRID - 1) / GRID


def few_shot(text: str, labels: Sequence[str], samples: Iterable[tuple[str, str]]) -> list[Score]:
    """What a base model says: each label, in the order given, by likeness of its name and samples to `text`.

    `samples` are pairs of a text and its label. The confidences sum to 1 as near as floating point can.
    """
    asked, own = vector(text), {label: [label] for label in labels}
    for example, label in samples:
        own[label].append(example)
    likeness = {label: max(cosine(asked, vector(one)) for one in examples) for label, examples in own.items()}
    return list(_softmax({label: _SHARP * like for label, like in likeness.items()}).items())


def _features(text: str) -> frozenset[str]:
    stems = [word[:_STEM] for word in words(text)]
    return frozenset(chain(stems, map(" ".join, pairwise(stems))))


def _counted(rows: Sequence[tuple[frozenset[str], Mapping[str, bool]]]) -> _Counts:
    of_all = Counter(chain.from_iterable(features for features, _ in rows))
    if len(rows) >= _COMMON:
        of_all = Counter({feature: count for feature, count in of_all.items() if count > 1})
    of_class, rows_of = {}, {}
    for name in rows[0][1]:
        mine = [features for features, classes in rows if classes.get(name)]
        rows_of[name] = len(mine)
        of_class[name] = Counter(filter(of_all.__contains__, chain.from_iterable(mine)))
    return _Counts(len(rows), of_all, rows_of, of_class)


def _scales(counts: _Counts, rows: Sequence[tuple[frozenset[str], Mapping[str, bool]]]) -> dict[str, _Scale]:
    """By what is said of some of the training rows."""
    step = max(1, len(rows) * len(counts.of_class) // _TRIED)
    return {name: _scale(counts, rows[::step], name) for name in counts.of_class}


def _scale(counts: _Counts, rows: Sequence[tuple[frozenset[str], Mapping[str, bool]]], name: str) -> _Scale:
    having = [counts.evidence(features, name) for features, classes in rows if classes.get(name)]
    lacking = [counts.evidence(features, name) for features, classes in rows if not classes.get(name)]
    if not having or not lacking:
        return _Scale(1.0 if lacking else -1.0)
    high, low = sum(having) / len(having), sum(lacking) / len(lacking)
    return _Scale((high + low) / 2, max((high - low) / 2, 0.5))


def _shared(logits: Mapping[str, float]) -> list[Score]:
    """Shares of the grid that sum to the whole of it, the largest first; none is nothing."""
    left = GRID - len(logits)
    exact = {name: 1 + left * share for name, share in _softmax(logits).items()}
    units = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: units[name] - exact[name])
    for name in by_remainder[: GRID - sum(units.values())]:
        units[name] += 1
    return [(name, units[name] / GRID) for name in sorted(units, key=lambda name: -units[name])]


def _softmax(logits: Mapping[str, float]) -> dict[str, float]:
    highest = max(logits.values())
    weights = {name: exp(logit - highest) for name, logit in logits.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _sigmoid(odds: float) -> float:
    return 1 / (1 + exp(-odds)) if odds > -500 else 0.0  # noqa: PLR2004 - exp overflows beyond
