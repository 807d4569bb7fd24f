"""From a stored tuning to what its metrics answer to: its request, and a look into its training data."""

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b

from google.protobuf.message import Message
from msgspec import Struct

from aistudio_mock.domain import hparams
from aistudio_mock.domain.curves import BATCH_SIZE
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.learning import DEFAULT_RANK, ClassShare, Recipe, Validation
from aistudio_mock.domain.metrics import MetricsSpec
from aistudio_mock.domain.quality import MAX_CLASSES
from aistudio_mock.domain.tuning import Tuning, TuningStatus
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire

LOOKED_AT = 4 << 20
"""Bytes of each training file that classes and duplicates are counted in; the rest is taken to be alike."""

_TOKENS_A_RANK = 4.0
"""So many virtual tokens of a tuned prompt learn what a rank of an adapter does."""


_LONGEST_NAME = 100
"""Longer names of classes are cut; the documented limit is the same (service-behaviour d)."""


class Sample(Struct, frozen=True):
    """What the beginnings of the training files show: shares from 0 to 1."""

    duplicates: float
    classes: tuple[ClassShare, ...]


def sample(task: Tuning, blobs: BlobStore) -> Sample:
    """Counts repeated lines, and the classes of a classifier's rows."""
    lines = list(_lines(task, blobs))
    if not lines:
        return Sample(0.0, ())
    distinct = len({blake2b(line, digest_size=16).digest() for line in lines})
    kind = wire.TuningRequest.FromString(task.request).WhichOneof("tuning_params") or ""
    classes = _classes(lines) if kind.startswith("text_classification") else ()
    return Sample(1 - distinct / len(lines), classes)


def spec(task: Tuning, seen: Sample, logged: int, now: Instant) -> MetricsSpec:
    """What the archive at `now` depends on, its curves up to the step `logged`."""
    request = wire.TuningRequest.FromString(task.request)
    recipe = _recipe(task, request, seen)
    finished = task.finished_at(now)
    success = hparams.SUCCESS if task.ran_to_its_end(now) else hparams.FAILURE
    started = task.began(TuningStatus.IN_PROGRESS, now) or task.created_at
    return MetricsSpec(
        task_id=task.id,
        started_at=started,
        last_step_at=max(task.training.ends_at, started),
        recipe=recipe,
        logged=logged,
        hparams=_hparams(task, request, recipe),
        status=None if finished is None else success,
        ended_at=finished or now,
    )


def _recipe(task: Tuning, request: wire.TuningRequest, seen: Sample) -> Recipe:
    kind = request.WhichOneof("tuning_params")
    assert kind is not None  # Tune refuses a request without parameters
    params = getattr(request, kind)
    return Recipe(
        kind=kind,
        seed=task.seed,
        schedule=task.schedule,
        rows=task.training.rows,
        duplicates=round(task.training.rows * seen.duplicates),
        rank=float(params.lora.rank) or params.prompt_tune.virtual_tokens / _TOKENS_A_RANK or DEFAULT_RANK,
        weight_decay=params.optimizer.adamw.weight_decay,
        dims=max(getattr(params, "embedding_dims", ()), default=0),
        classes=seen.classes,
        validation=_validation(request),
    )


def _validation(request: wire.TuningRequest) -> Validation:
    named = {each.dataset_id for each in request.validation_datasets}
    if request.HasField("validation_dataset"):
        named.add(request.validation_dataset.dataset_id)
    trained = {each.dataset_id for each in request.train_datasets}
    if not named:
        return "none"
    return "trained-on" if named <= trained else "held-out"


def _hparams(task: Tuning, request: wire.TuningRequest, recipe: Recipe) -> dict[str, float | str]:
    """What was asked for, by the path of its field, and the numbers that were in force in the end."""
    schedule = recipe.schedule
    return {
        "base_model": task.source_model_uri,
        "kind": recipe.kind,
        **dict(_asked(getattr(request, recipe.kind), "")),
        "seed": float(recipe.seed),
        "lr": schedule.lr,
        "scheduler": schedule.kind,
        "min_lr": schedule.min_lr,
        "warmup_ratio": schedule.warmup_ratio,
        "steps": float(schedule.total_steps),
        "batch_size": float(BATCH_SIZE),
        "rows": float(recipe.rows),
    }


def _asked(message: Message, path: str) -> Iterator[tuple[str, float | str]]:
    for field, value in message.ListFields():
        if field.name == "scheduler":  # its numbers are told as they are in force
            continue
        if field.is_repeated:
            yield path + field.name, ", ".join(map(str, value))
        elif field.message_type is not None:
            yield from _asked(value, f"{path}{field.name}.")
        else:
            yield path + field.name, value if isinstance(value, str) else float(value)


def _lines(task: Tuning, blobs: BlobStore) -> Iterator[bytes]:
    """The whole lines at the beginning of each training file; blank ones are no rows."""
    for blob in task.training_data:
        try:
            with blobs.open(blob.source) as file:
                lines = file.read(LOOKED_AT).splitlines()
        except FileNotFoundError:  # removed behind the server's back; the curves do without
            continue
        whole = lines if blob.size <= LOOKED_AT else lines[:-1]
        yield from (line for line in map(bytes.strip, whole) if line)


def _classes(lines: list[bytes]) -> tuple[ClassShare, ...]:
    """Every key but `text` is a class, and 1 says that the row belongs to it (service-behaviour d)."""
    counts: Counter[str] = Counter()
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:  # one JSON document over several lines
            return ()
        if isinstance(row, dict):
            counts.update(
                {name[:_LONGEST_NAME]: int(value == 1) for name, value in row.items() if name != "text"}
            )
    shares = [ClassShare(name, count / len(lines)) for name, count in counts.most_common(MAX_CLASSES)]
    return tuple(sorted(shares, key=lambda each: each.name))
