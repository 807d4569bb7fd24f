"""Measuring on a noisy machine: interleaved slices, medians of ratios, and the noise measured beside them.

Every subject is measured once in each slice, in an order that is shuffled anew. A ratio compares two subjects
in the same slice, so that a slow minute slows both. The reference takes part twice, under two names: what its
ratio to itself is off from 1 is the noise, the A/A band, and a goal is missed only outside it.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

SLICES = 40
"""The least number of slices that a verdict rests on."""

_RESAMPLED = 400
_SEED = 20251122

Sample = Mapping[str, float]
"""What one slice measured: metric → value. A metric's name ends in its unit."""

Verdict = Literal["met", "within noise", "missed"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to measure; `sample` takes one slice of it."""

    name: str
    sample: Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class Band:
    """Where the median ratio of the reference to itself lies, 19 times out of 20."""

    low: float
    high: float

    @property
    def factor(self) -> float:
        """A ratio is outside of the noise when it is off from its goal by more than this factor."""
        return max(self.high, 1 / self.low)


@dataclass(frozen=True, slots=True)
class Goal:
    """An upper limit for one metric of one subject, beside the reference (ratio, difference) or by itself."""

    subject: str
    metric: str
    limit: float
    of: Literal["ratio", "difference", "median"] = "ratio"


@dataclass(frozen=True, slots=True)
class Report:
    """The slices of one bench, and what is asked of them. `again` is the reference under its second name."""

    title: str
    slices: Mapping[str, Sequence[Sample]]
    reference: str
    again: str
    goals: Sequence[Goal] = ()
    notes: Sequence[str] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric of the reference."""
        return tuple(self.slices[self.reference][0])

    def median(self, subject: str, metric: str) -> float:
        """The median over the slices."""
        return median(sample[metric] for sample in self.slices[subject])

    def ratio(self, subject: str, metric: str) -> float:
        """The median of the slices' ratios to the reference."""
        return median(self._ratios(subject, metric))

    def difference(self, subject: str, metric: str) -> float:
        """The median of the slices' differences from the reference."""
        pairs = zip(self.slices[subject], self.slices[self.reference], strict=True)
        return median(sample[metric] - reference[metric] for sample, reference in pairs)

    def band(self, metric: str) -> Band:
        """The A/A band: the reference against itself, its median resampled from the slices."""
        ratios = self._ratios(self.again, metric)
        chance = random.Random(_SEED)
        medians = sorted(median(chance.choices(ratios, k=len(ratios))) for _ in range(_RESAMPLED))
        return Band(medians[_RESAMPLED // 40], medians[-1 - _RESAMPLED // 40])

    def measured(self, goal: Goal) -> float:
        """What stands against the goal's limit."""
        of = {"ratio": self.ratio, "difference": self.difference, "median": self.median}
        return of[goal.of](goal.subject, goal.metric)

    def verdict(self, goal: Goal) -> Verdict:
        """Missed only when the A/A band cannot explain it."""
        over = self.measured(goal) - goal.limit
        if over <= 0:
            return "met"
        noisy = self.median(self.reference, goal.metric) if goal.of == "difference" else goal.limit
        return "within noise" if over <= noisy * (self.band(goal.metric).factor - 1) else "missed"

    def _ratios(self, subject: str, metric: str) -> list[float]:
        pairs = zip(self.slices[subject], self.slices[self.reference], strict=True)
        return [sample[metric] / reference[metric] for sample, reference in pairs]


def interleave(
    subjects: Sequence[Subject], *, slices: int = SLICES, budget: float = 55.0
) -> dict[str, list[Sample]]:
    """`slices` samples of every subject, after one that only warms up; fewer when `budget` seconds are over.

    Raises:
        TimeoutError: the budget was not enough for five slices.
    """
    chance, end = random.Random(_SEED), time.monotonic() + budget
    taken: dict[str, list[Sample]] = {subject.name: [] for subject in subjects}
    for subject in subjects:
        subject.sample()
    for done in range(slices):
        if time.monotonic() > end:
            if done < 5:
                raise TimeoutError(f"only {done} slices in {budget:.0f} s; is the machine busy?")
            break
        for subject in chance.sample(subjects, len(subjects)):
            taken[subject.name].append(subject.sample())
    return taken


def table(report: Report) -> str:
    """The report for people: median and ratio of every metric, then the noise, then the verdicts."""
    count = len(report.slices[report.reference])
    rows = [["", *(cell for metric in report.metrics for cell in (metric, "ratio"))]]
    for subject in report.slices:
        cells = ((report.median(subject, m), report.ratio(subject, m)) for m in report.metrics)
        rows.append([subject, *(text for value, ratio in cells for text in (_number(value), f"{ratio:.2f}"))])
    bands = ((metric, report.band(metric)) for metric in report.metrics)
    noise = ", ".join(f"{metric} {band.low:.2f}-{band.high:.2f}" for metric, band in bands)
    lines = [
        f"## {report.title}",
        *_aligned(rows),
        f"{count} slices; ratios to {report.reference!r}; A/A band: {noise}",
        *report.notes,
        *(_spoken(report, goal) for goal in report.goals),
    ]
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, object]:
    """The report for programs, with every sample."""
    return {
        "title": report.title,
        "reference": report.reference,
        "again": report.again,
        "bands": {m: [report.band(m).low, report.band(m).high] for m in report.metrics},
        "medians": {s: {m: report.median(s, m) for m in report.metrics} for s in report.slices},
        "ratios": {s: {m: report.ratio(s, m) for m in report.metrics} for s in report.slices},
        "goals": [
            {"subject": g.subject, "metric": g.metric, "of": g.of, "limit": g.limit}
            | {"measured": report.measured(g), "verdict": report.verdict(g)}
            for g in report.goals
        ],
        "notes": list(report.notes),
        "slices": {subject: list(samples) for subject, samples in report.slices.items()},
    }


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _spoken(report: Report, goal: Goal) -> str:
    band = report.band(goal.metric).factor
    return (
        f"{report.verdict(goal).upper()}: {goal.subject}, {goal.of} of {goal.metric}: "
        f"{report.measured(goal):.3g}, goal at most {goal.limit:g} (noise: factor {band:.2f})"
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
