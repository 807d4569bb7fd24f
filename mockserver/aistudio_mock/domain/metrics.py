"""The archive behind GetMetricsUrl: a zip of TensorBoard event files (service-behaviour e.6).

Nobody has described what is inside the real one (h.7): run names, tags and file names are assumed.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from io import BytesIO
from operator import itemgetter
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.domain import hparams, quality
from aistudio_mock.domain.curves import BATCH_SIZE, learning_rate, logged_steps
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.learning import TRAINING_NOISE, VALIDATION_NOISE, Recipe, Trend, noise
from aistudio_mock.domain.picture import Chart, Curve, svg
from aistudio_mock.domain.tfevents import event_file, scalar_events

TRAIN_RUN = "train"
"""The directory of the training curves; TensorBoard shows a directory as a run."""

VALIDATION_RUN = "validation"
"""The directory of the validation curve, there only if the tuning had a validation dataset."""

PICTURE = "curves.svg"
"""The curves for those who have no TensorBoard."""

LOSS = "loss"
"""The tag of both runs, so that TensorBoard draws the two curves in one chart."""

LEARNING_RATE = "learning_rate"
"""The second tag of the training run."""

EPOCH = "epoch"
"""The third tag of the training run: passes over the rows."""

MAX_TRAIN_POINTS = 10_000
"""A longer run logs this many evenly spread steps: `n_samples` is the caller's and may be any int64."""

EVALUATIONS = 20
"""A run is evaluated so many times, or at every step if it has fewer; the last step is among them."""

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_REGULAR_FILE = 0o100644 << 16
_LEVEL = 3
"""Of compression: half the time of the usual 6, a tenth more bytes."""


class MetricsSpec(Struct, frozen=True):
    """All that the archive of one tuning depends on; equal specs give equal bytes.

    `last_step_at` is when the last step of the recipe's schedule is done. The curves go up to the step
    `logged`. `status` is how the session ended, at `ended_at`; None while it goes on.
    """

    task_id: str
    started_at: Instant
    last_step_at: Instant
    recipe: Recipe
    logged: int
    hparams: Mapping[str, float | str]
    status: int | None = None
    ended_at: Instant = Instant(0)


def logged_until(total_steps: int, steps_done: int) -> int:
    """The last step that is in the archive when `steps_done` are: that of the last evaluation, 0 before."""
    return max((step for step in logged_steps(total_steps, EVALUATIONS) if step <= steps_done), default=0)


def archive(spec: MetricsSpec) -> bytes:
    """The zip of one tuning: hyper-parameters, `train/`, `validation/` if it was validated, and a picture.

    Each event file is a beginning of the same file of any later moment. Steps run from 1 to the last logged,
    their wall times evenly from `started_at`. Extracting is safe: names are relative, whatever the id holds.
    """
    train, evaluation = train_curve(spec), evaluation_curve(spec)
    created = _seconds(spec.started_at)
    files = {
        _file_name(spec, 0): _session(spec),
        f"{TRAIN_RUN}/{_file_name(spec, 1)}": event_file(created, _train_events(spec, train, evaluation)),
        PICTURE: _picture(spec, train, evaluation).encode(),
    }
    if spec.recipe.validation != "none":
        validation = event_file(created, evaluation.events(spec))
        files[f"{VALIDATION_RUN}/{_file_name(spec, 2)}"] = validation
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of `files`, contents by name, that is the same for the same files on any day and system."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as target:
        for name, content in files.items():
            entry = ZipInfo(name, _FIXED_DATE)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_FILE
            target.writestr(entry, content, ZIP_DEFLATED, _LEVEL)
    return packed.getvalue()


class Series(Struct, frozen=True):
    """Series by tag over the steps that are logged so far."""

    steps: Sequence[int]
    scalars: Mapping[str, Sequence[float]]

    def events(self, spec: MetricsSpec) -> Iterator[bytes]:
        """One event for each step."""
        return scalar_events(_wall_times(spec, self.steps), self.steps, self.scalars)


def train_curve(spec: MetricsSpec) -> Series:
    """What is logged at every step; a longer run logs some of them."""
    steps, losses = _losses(spec, MAX_TRAIN_POINTS, TRAINING_NOISE, Trend(spec.recipe).training)
    rows = max(spec.recipe.rows, 1)
    rates = [learning_rate(spec.recipe.schedule, step) for step in steps]
    epochs = [step * BATCH_SIZE / rows for step in steps]
    return Series(steps, {LOSS: losses, LEARNING_RATE: rates, EPOCH: epochs})


def evaluation_curve(spec: MetricsSpec) -> Series:
    """What is measured now and then: on the validation rows, or on those of training if there are none."""
    trend = Trend(spec.recipe)
    trial = trend.training if spec.recipe.validation == "none" else trend.validation
    steps, losses = _losses(spec, EVALUATIONS, VALIDATION_NOISE, trial)
    return Series(steps, {LOSS: losses, **quality.scalars(spec.recipe, losses)})


def _losses(
    spec: MetricsSpec, at_most: int, share: float, trend: Callable[[int], float]
) -> tuple[list[int], list[float]]:
    """The steps logged so far, and the losses there; the noise depends on the points that are left."""
    steps = logged_steps(spec.recipe.schedule.total_steps, at_most)
    strays = noise(spec.recipe.seed, str(at_most), len(steps))
    steps = steps[: bisect_right(steps, spec.logged)]
    return steps, [trend(step) * (1 + share * stray) for step, stray in zip(steps, strays, strict=False)]


def _train_events(spec: MetricsSpec, train: Series, evaluation: Series) -> Iterator[bytes]:
    """In the order of the steps, so that a later file only has more at its end."""
    if spec.recipe.validation != "none":
        return train.events(spec)
    measured = {tag: series for tag, series in evaluation.scalars.items() if tag != LOSS}
    if not measured:
        return train.events(spec)
    both = (
        zip(train.steps, train.events(spec), strict=True),
        zip(evaluation.steps, replace(evaluation, scalars=measured).events(spec), strict=True),
    )
    return (event for _, event in merge(*both, key=itemgetter(0)))


def _session(spec: MetricsSpec) -> bytes:
    """The hyper-parameters, beside the runs: the HParams plugin takes the runs below for their metrics."""
    started = _seconds(spec.started_at)
    events = [hparams.started(started, spec.hparams, group=spec.task_id)]
    if spec.status is not None:
        events.append(hparams.ended(_seconds(spec.ended_at), spec.status))
    return event_file(started, events)


def _picture(spec: MetricsSpec, train: Series, evaluation: Series) -> str:
    losses = [Curve(TRAIN_RUN, train.steps, train.scalars[LOSS])]
    if spec.recipe.validation != "none":
        losses.append(Curve(VALIDATION_RUN, evaluation.steps, evaluation.scalars[LOSS]))
    charts = [Chart(LOSS, losses)]
    measured = [
        Curve(tag, evaluation.steps, series)
        for tag, series in evaluation.scalars.items()
        if tag != LOSS and "/" not in tag
    ]
    if measured:
        charts.append(Chart("quality", measured))
    charts.append(
        Chart(LEARNING_RATE, [Curve(TRAIN_RUN, train.steps, train.scalars[LEARNING_RATE])]),
    )
    return svg(f"{spec.task_id}: {spec.recipe.kind}", charts, spec.recipe.schedule.total_steps)


def _wall_times(spec: MetricsSpec, steps: Sequence[int]) -> list[float]:
    took, total = spec.last_step_at - spec.started_at, spec.recipe.schedule.total_steps
    return [_seconds(spec.started_at + took * step // total) for step in steps]


def _seconds(instant: int) -> float:
    return instant / SECOND


def _file_name(spec: MetricsSpec, number: int) -> str:
    """TensorBoard's own pattern, the task in the place of the host."""
    host = re.sub(r"[^A-Za-z0-9_-]", "-", spec.task_id)
    return f"events.out.tfevents.{spec.started_at // SECOND}.{host}.{number}"
