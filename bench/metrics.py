"""Metrics archives: 10,000 steps of 4 scalars, beside a bare loop over the same records.

The floor is to have the events already, and to frame each with its two checksums and write it down. Ours also
computes the curves, encodes the events, draws the picture and packs the zip.
"""

import time
from collections.abc import Callable, Iterator
from io import BytesIO

from aistudio_mock.domain.curves import Schedule
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.learning import ClassShare, Recipe
from aistudio_mock.domain.metrics import MetricsSpec, archive, train_curve
from aistudio_mock.domain.tfevents import event_file, record, scalar_events
from bench.harness import Goal, Report, Sample, Subject, interleave

ARCHIVE, FILE, BARE, AGAIN = "whole archive", "event file", "bare write", "bare write again"
_CPU = "CPU, ms"
_STEPS = 10_000
_MOST = 250.0
_BUDGET = 40.0


def run() -> Iterator[Report]:
    """One report: CPU of a file of four scalars and of a classifier's archive."""
    steps = range(1, _STEPS + 1)
    scalars = dict(zip(("a", "b"), train_curve(_spec()).scalars.values(), strict=False))
    four = {**scalars, "c": scalars["a"], "d": scalars["b"]}
    events = list(scalar_events(steps, steps, four))
    subjects = (
        Subject(ARCHIVE, _timed(lambda: archive(_spec()))),
        Subject(FILE, _timed(lambda: event_file(0.0, scalar_events(steps, steps, four)))),
        Subject(BARE, _timed(lambda: _written(events))),
        Subject(AGAIN, _timed(lambda: _written(events))),
    )
    yield Report(
        f"Metrics of {_STEPS:,} steps",
        interleave(subjects, budget=_BUDGET),
        BARE,
        AGAIN,
        [Goal(ARCHIVE, _CPU, _MOST, of="median"), Goal(FILE, _CPU, _MOST, of="median")],
        [f"{FILE}: {len(four)} scalars a step, encoded, framed and joined"],
    )


def _spec() -> MetricsSpec:
    recipe = Recipe(
        "text_classification_multiclass",
        seed=1,
        schedule=Schedule("cosine", 1e-4, 0.0, 0.1, _STEPS),
        rows=50_000,
        classes=tuple(ClassShare(f"class {number}", 0.1) for number in range(10)),
        validation="held-out",
    )
    return MetricsSpec("ftn1", Instant(0), Instant(10**9), recipe, _STEPS, {"lr": 1e-4})


def _written(events: list[bytes]) -> bytes:
    file = BytesIO()
    for event in events:
        file.write(record(event))
    return file.getvalue()


def _timed(work: Callable[[], bytes]) -> Callable[[], Sample]:
    def sample() -> Sample:
        begun = time.process_time()
        work()
        return {_CPU: (time.process_time() - begun) * 1e3}

    return sample
