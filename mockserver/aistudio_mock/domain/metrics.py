"""The archive behind GetMetricsUrl: a zip of TensorBoard event files (service-behaviour e.6).

Nobody has described what is inside the real one (h.7): run names, tags and file names are assumed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from aistudio_mock.domain.curves import Schedule, learning_rate, logged_steps, training_loss, validation_loss
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.tfevents import event_file

TRAIN_RUN = "train"
"""The directory of the training curves; TensorBoard shows a directory as a run."""

VALIDATION_RUN = "validation"
"""The directory of the validation curve, there only if the tuning had a validation dataset."""

LOSS = "loss"
"""The tag of both runs, so that TensorBoard draws the two curves in one chart."""

LEARNING_RATE = "learning_rate"
"""The second tag of the training run."""

MAX_TRAIN_POINTS = 10_000
"""A longer run logs this many evenly spread steps: `n_samples` is the caller's and may be any int64."""

MAX_VALIDATION_POINTS = 100
"""The validation loss is measured at most this often."""

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class MetricsSpec:
    """All that the archive of one tuning depends on; equal specs give equal bytes."""

    task_id: str
    seed: int
    started_at: Instant
    finished_at: Instant
    schedule: Schedule
    has_validation: bool


def archive(spec: MetricsSpec) -> bytes:
    """The zip of one tuning: an event file in `train/`, and one in `validation/` if it was validated.

    Steps run from 1 to the last, their wall times evenly from `started_at` to `finished_at`. Extracting is
    safe: names are relative, whatever the task id holds.
    """
    files = {f"{TRAIN_RUN}/{_file_name(spec, 0)}": _train(spec)}
    if spec.has_validation:
        files[f"{VALIDATION_RUN}/{_file_name(spec, 1)}"] = _validation(spec)
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of `files`, contents by name, that is the same for the same files on any day and system."""
    packed = BytesIO()
    with ZipFile(packed, "w") as target:
        for name, content in files.items():
            entry = ZipInfo(name, _FIXED_DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_FILE
            target.writestr(entry, content)
    return packed.getvalue()


def _train(spec: MetricsSpec) -> bytes:
    total = spec.schedule.total_steps
    steps = logged_steps(total, MAX_TRAIN_POINTS)
    scalars = {
        LOSS: [training_loss(spec.seed, step, total) for step in steps],
        LEARNING_RATE: [learning_rate(spec.schedule, step) for step in steps],
    }
    return event_file(_seconds(spec.started_at), _wall_times(spec, steps), steps, scalars)


def _validation(spec: MetricsSpec) -> bytes:
    total = spec.schedule.total_steps
    steps = logged_steps(total, MAX_VALIDATION_POINTS)
    scalars = {LOSS: [validation_loss(spec.seed, step, total) for step in steps]}
    return event_file(_seconds(spec.started_at), _wall_times(spec, steps), steps, scalars)


def _wall_times(spec: MetricsSpec, steps: Sequence[int]) -> list[float]:
    took = spec.finished_at - spec.started_at
    return [_seconds(spec.started_at + took * step // spec.schedule.total_steps) for step in steps]


def _seconds(instant: int) -> float:
    return instant / SECOND


def _file_name(spec: MetricsSpec, number: int) -> str:
    """TensorBoard's own pattern, the task in the place of the host."""
    host = re.sub(r"[^A-Za-z0-9_-]", "-", spec.task_id)
    return f"events.out.tfevents.{spec.started_at // SECOND}.{host}.{number}"
