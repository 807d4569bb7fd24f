"""The learning rate of a training run, step by step, and which steps are logged.

The learning rate follows the request exactly. The service publishes none of its defaults (service-behaviour
e.1, h.7), so every constant here is assumed.
"""

from collections.abc import Callable, Mapping
from math import cos, isfinite, pi, sin
from types import MappingProxyType
from typing import Literal

import msgspec

Kind = Literal["linear", "constant", "cosine"]
"""How the learning rate falls after the warm-up: the three schedulers a request may name."""

DEFAULT_KIND: Kind = "linear"
"""The scheduler of a request that names none (assumed)."""

DEFAULT_LR = 1e-4
"""The peak learning rate of a request whose `lr` is 0 (assumed)."""

BATCH_SIZE = 8
"""Samples in one optimizer step (assumed)."""

DEFAULT_EPOCHS = 3
"""Passes over the training rows when `n_samples` is 0 (assumed)."""

MIN_DEFAULT_SAMPLES = 100 * BATCH_SIZE
"""Samples seen at least when `n_samples` is 0, so that ten rows still draw a curve (assumed)."""

_DECAYS: Mapping[Kind, Callable[[float], float]] = MappingProxyType(
    {
        "linear": lambda progress: 1 - progress,
        "constant": lambda _: 1.0,
        "cosine": lambda progress: (1 + cos(pi * progress)) / 2,
    }
)
_AREAS: Mapping[Kind, Callable[[float], float]] = MappingProxyType(
    {
        "linear": lambda progress: progress - progress**2 / 2,
        "constant": lambda progress: progress,
        "cosine": lambda progress: (progress + sin(pi * progress) / pi) / 2,
    }
)
"""The integral of each decay from 0 to `progress`."""


class Schedule(msgspec.Struct, frozen=True):
    """A learning-rate schedule: `lr` and `min_lr` per step, `warmup_ratio` a share of `total_steps` in 0..1.

    Raises ValueError for a number out of its range; `requested` makes a valid one of any request.
    """

    kind: Kind
    lr: float
    min_lr: float
    warmup_ratio: float
    total_steps: int

    def __post_init__(self) -> None:
        if not (isfinite(self.lr) and self.lr > 0):
            raise ValueError(f"lr is {self.lr}; it must be positive and finite")
        if not 0 <= self.min_lr <= self.lr:
            raise ValueError(f"min_lr is {self.min_lr}; it must be from 0 to lr, {self.lr}")
        if not 0 <= self.warmup_ratio <= 1:
            raise ValueError(f"warmup_ratio is {self.warmup_ratio}; it must be from 0 to 1")
        if self.total_steps < 1:
            raise ValueError(f"total_steps is {self.total_steps}; it must be 1 or more")


def requested(
    kind: Kind | None, *, lr: float, min_lr: float, warmup_ratio: float, n_samples: int, rows: int
) -> Schedule:
    """The schedule that a Tune request asks for; 0 and None mean the default (service-behaviour e.1).

    What the service does with impossible numbers is unknown: here a negative or infinite one counts as 0, a
    `min_lr` above `lr` as `lr`, a `warmup_ratio` above 1 as 1 (assumed).
    """
    peak = _positive(lr) or DEFAULT_LR
    return Schedule(
        kind=kind or DEFAULT_KIND,
        lr=peak,
        min_lr=min(_positive(min_lr), peak),
        warmup_ratio=min(_positive(warmup_ratio), 1.0),
        total_steps=total_steps(n_samples, rows),
    )


def total_steps(n_samples: int, rows: int) -> int:
    """How many optimizer steps a run takes that sees `n_samples` samples of `rows` training rows; at least 1.

    `n_samples` 0 means `DEFAULT_EPOCHS` passes over the rows, `MIN_DEFAULT_SAMPLES` at least (assumed).
    """
    samples = n_samples if n_samples > 0 else max(DEFAULT_EPOCHS * rows, MIN_DEFAULT_SAMPLES)
    return -(-samples // BATCH_SIZE)


def learning_rate(schedule: Schedule, step: int) -> float:
    """The learning rate in force at `step`, 0 to `total_steps`; a step outside counts as the nearer end.

    It rises in a line from 0 to `lr` over the first `warmup_ratio * total_steps` steps, then falls to
    `min_lr` at the last step, or stays if the kind is constant.
    """
    at = min(max(step, 0), schedule.total_steps)
    warmup = schedule.warmup_ratio * schedule.total_steps
    if at < warmup:
        return schedule.lr * at / warmup
    left = schedule.total_steps - warmup
    progress = (at - warmup) / left if left > 0 else 0.0
    fall = schedule.lr - schedule.min_lr
    # In this order rounding keeps the curve monotone; min() takes back the last bit that it may add.
    return min(schedule.min_lr + fall * _DECAYS[schedule.kind](progress), schedule.lr)


def full_steps(schedule: Schedule, step: int) -> float:
    """How many steps at the peak rate teach as much as the first `step` ones: the curve's area over `lr`."""
    at = min(max(step, 0), schedule.total_steps)
    warmup = schedule.warmup_ratio * schedule.total_steps
    if at < warmup:
        return at * at / (2 * warmup)
    left = schedule.total_steps - warmup
    lowest = schedule.min_lr / schedule.lr
    fallen = (1 - lowest) * left * _AREAS[schedule.kind]((at - warmup) / left if left > 0 else 0.0)
    return warmup / 2 + lowest * (at - warmup) + fallen


def logged_steps(total_steps: int, at_most: int) -> list[int]:
    """Which of the steps 1 to `total_steps` to log: all, or `at_most` evenly spread ones up to the last."""
    points = min(total_steps, at_most)
    return [-(-number * total_steps // points) for number in range(1, points + 1)]


def _positive(number: float) -> float:
    return number if isfinite(number) and number > 0 else 0.0
