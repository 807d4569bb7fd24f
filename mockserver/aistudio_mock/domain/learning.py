"""How well a simulated model learns: the trend of its losses, answering to what real losses answer to.

Ten relations hold of the last losses that a run logs, everything else being equal (each is a property test):

| relation | when this grows | this follows |
|---|---|---|
| more-rows | rows, `n_samples` given or not | the validation loss falls |
| more-epochs | `n_samples` | the training loss falls |
| too-many-epochs | `n_samples` | the validation loss, measured in training losses, rises |
| lr-too-high | `lr`, above `bearable_lr` | both losses rise |
| lr-too-low | `lr`, up to `bearable_lr` | the training loss falls |
| duplicated-rows | rows that were there before | the training loss falls, the validation loss rises |
| higher-rank | rank, or virtual tokens | the training loss falls |
| weight-decay | weight decay | the validation loss, measured in training losses, falls |
| longer-warm-up | `warmup_ratio`, `lr` above what can be borne | both losses fall |
| rows-held-out | validating on other rows than the trained ones | the validation loss rises |

The numbers are invented; nobody has published what the service logs (service-behaviour h.7).
"""

from collections.abc import Mapping
from hashlib import shake_128
from math import log, log1p
from struct import Struct as Layout
from typing import Literal

from msgspec import Struct

from aistudio_mock.domain.curves import BATCH_SIZE, DEFAULT_LR, Schedule, full_steps, learning_rate

Validation = Literal["none", "held-out", "trained-on"]
"""What the model is validated on: nothing, other rows, or the very rows that it is trained on."""

BEARABLE_LR = 1e-3
"""A peak learning rate above this, without a warm-up, does damage."""

DEFAULT_RANK = 8.0
"""The rank of a tuning that names no tuning type, or one without a number."""

TRAINING_NOISE = 0.02
"""The training loss strays from its trend by at most this share."""

VALIDATION_NOISE = 0.005
"""The validation loss strays from its trend by at most this share."""

_FOUR_WORDS = Layout("<4H")
_WORD_MAX = 0xFFFF
_TEXT_START = 2.1
_HALF_LEARNED = 20.0
"""Full steps at the default rate after which somewhat more than half of what can be learnt is."""
_POWER = 1.2
_HALF_RANK, _HALF_PASSES = 16.0, 10.0
_MOST_LR = 1e6
"""Higher rates do no more damage, so that every loss is a number."""


class ClassShare(Struct, frozen=True):
    """One class of a classifier and which share of the rows, 0 to 1, belongs to it."""

    name: str
    share: float


class Recipe(Struct, frozen=True):
    """All that the losses of a run answer to; equal recipes give equal losses.

    `rank` is that of the adapter; `dims` are those of an embedding, 0 for the default; `classes` are empty
    where there are none, or none are known. `duplicates` are the rows that repeat another one.
    """

    kind: str
    seed: int
    schedule: Schedule
    rows: int
    duplicates: int = 0
    rank: float = DEFAULT_RANK
    weight_decay: float = 0.0
    dims: int = 0
    classes: tuple[ClassShare, ...] = ()
    validation: Validation = "none"

    @property
    def distinct_rows(self) -> int:
        """How many different rows there are, at least 1."""
        return max(self.rows - self.duplicates, 1)


def bearable_lr(warmup_ratio: float) -> float:
    """The highest peak learning rate that does no damage; a warm-up lets a model bear more."""
    return BEARABLE_LR * (1 + 4 * warmup_ratio)


class Trend:
    """The losses of one run without their noise."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._capacity = recipe.rank / (recipe.rank + _HALF_RANK)
        self.start = untrained_loss(recipe)
        share = 0.3 + 0.1 * _chance(recipe.seed, "floor")
        self._floor = self.start * share * (1.3 - 0.6 * self._capacity)
        self._speed = 1 + 0.3 * _chance(recipe.seed, "speed")
        self._bearable = bearable_lr(recipe.schedule.warmup_ratio)

    def training(self, step: int) -> float:
        """The loss on the rows that it is trained on."""
        learnt = self._learnt(step)
        return self._common(learnt) * (1 - 0.5 * self._memorised(learnt, step)) + self._damage(step)

    def validation(self, step: int) -> float:
        """The loss on the validation rows; if they are the trained ones, that of training."""
        if self._recipe.validation == "trained-on":
            return self.training(step)
        learnt = self._learnt(step)
        gap = 0.04 + 1.5 * self._memorised(learnt, step)
        return self._common(learnt) * (1 + gap) + self._damage(step)

    def _learnt(self, step: int) -> float:
        """Which share of what can be learnt is, from 0 to 1: a power law, so that more is always better."""
        schedule = self._recipe.schedule
        pace = self._speed * min(schedule.lr, self._bearable) / DEFAULT_LR
        return float(1 - (1 + full_steps(schedule, step) * pace / _HALF_LEARNED) ** -_POWER)

    def _common(self, learnt: float) -> float:
        return self._floor + (self.start - self._floor) * (1 - learnt)

    def _memorised(self, learnt: float, step: int) -> float:
        """How much of the rows, 0 to 1, it knows by heart instead of understanding them."""
        passes = step * BATCH_SIZE / self._recipe.distinct_rows
        by_heart = self._capacity * learnt * passes / (passes + _HALF_PASSES)
        return by_heart / (1 + 10 * self._recipe.weight_decay)

    def _damage(self, step: int) -> float:
        """What too high a rate has done until `step`; the model does not recover from it."""
        schedule = self._recipe.schedule
        warm = step >= schedule.warmup_ratio * schedule.total_steps
        highest = min(schedule.lr if warm else learning_rate(schedule, step), _MOST_LR)
        return 1.5 * log1p(4 * max(highest / self._bearable - 1, 0.0))


def untrained_loss(recipe: Recipe) -> float:
    """The loss before the first step: that of guessing, for whatever can be guessed by chance."""
    guesses = _GUESSES.get(recipe.kind, 0)
    if recipe.kind == "text_classification_multiclass":
        guesses = max(len(recipe.classes), 2)
    by_chance = log(guesses) if guesses else _TEXT_START
    return by_chance * (1 + 0.1 * _chance(recipe.seed, "start"))


_GUESSES: Mapping[str, int] = {
    "text_classification_multilabel": 2,  # each class by itself is there or not
    "text_embedding_pair_params": BATCH_SIZE,  # the positive among those of the batch
    "text_embedding_triplet_params": 2 * BATCH_SIZE,  # and its negatives
}


def noise(seed: int, curve: str, count: int) -> list[float]:
    """`count` numbers from -1 to 1, mostly near 0. The last is the same for every count, and so on backwards.

    So the ends of two runs with the same seed differ by what they learnt, never by luck.
    """
    drawn = shake_128(f"{seed} {curve}".encode()).digest(_FOUR_WORDS.size * count)
    return [sum(words) / (2 * _WORD_MAX) - 1 for words in _FOUR_WORDS.iter_unpack(drawn)][::-1]


def _chance(seed: int, what: str) -> float:
    return noise(seed, what, 1)[0]
