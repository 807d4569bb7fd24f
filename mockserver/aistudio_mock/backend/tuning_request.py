"""What a Tune request asks for, read and checked without looking at any state."""

import re
from collections.abc import Iterator
from itertools import chain
from math import isfinite

from google.protobuf.message import Message
from msgspec import Struct

from aistudio_mock.domain.catalogue import ModelUri
from aistudio_mock.domain.curves import Kind, Schedule, requested
from aistudio_mock.domain.errors import FieldViolation, InvalidArgument
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import (
    TextClassificationMulticlassParams,
    TextClassificationMultilabelParams,
    TextEmbeddingPairParams,
    TextEmbeddingTripletParams,
    TextToTextCompletionTuningParams,
    TuningRequest,
)

Params = (
    TextToTextCompletionTuningParams
    | TextClassificationMultilabelParams
    | TextClassificationMulticlassParams
    | TextEmbeddingPairParams
    | TextEmbeddingTripletParams
)

_NAME = re.compile(r"[A-Za-z0-9 _-]{3,100}")
"""The contract's pattern of `TuningTask.name`, which TuningRequest.name lacks."""


_MOST_DIM = 4096
"""The longest vector that a model can be tuned for (assumed)."""


class TuneOrder(Struct, frozen=True):
    """A Tune request that makes sense by itself."""

    base: ModelUri
    kind: str
    """The name of the parameters' oneof field."""
    params: Params

    def schedule(self, rows: int) -> Schedule:
        """The learning-rate schedule over `rows` training rows. Zeros mean the service's defaults (e.1)."""
        scheduler = self.params.scheduler
        kind: Kind | None = scheduler.WhichOneof("type")
        lowest = {"linear": scheduler.linear.min_lr, "cosine": scheduler.cosine.min_lr}
        return requested(
            kind,
            lr=self.params.lr,
            min_lr=lowest.get(kind or "", 0.0),
            warmup_ratio=scheduler.warmup_ratio,
            n_samples=self.params.n_samples,
            rows=rows,
        )


def read(request: TuningRequest) -> TuneOrder:
    """Checks a Tune request by itself; whether it can be carried out is another question.

    Raises:
        InvalidArgument: no parameters, a base model that is no URI, or a number that is negative or not
            finite (codes assumed, service-behaviour h.14).
    """
    kind = request.WhichOneof("tuning_params")
    if kind is None:
        raise InvalidArgument.of(FieldViolation("tuning_params", "Field is required"))
    base = ModelUri.parse(request.base_model_uri)
    params: Params = getattr(request, kind)
    violations = tuple(chain(_bad_numbers(kind, params), _bad_weights(request)))
    if violations:
        raise InvalidArgument.of(*violations)
    return TuneOrder(base, kind, params)


def require_name(name: str) -> None:
    """Raises InvalidArgument for a name that `TuningTask.name` would not take; none at all is fine (h.14)."""
    if name and not _NAME.fullmatch(name):
        raise InvalidArgument.of(FieldViolation("name", f"Value does not match the pattern {_NAME.pattern}"))


def weighted_datasets(request: TuningRequest) -> list[TuningRequest.WeightedDataset]:
    """Every dataset that the request names: train, validation (both fields), test."""
    return [dataset for _, dataset in _named_datasets(request)]


def _named_datasets(request: TuningRequest) -> Iterator[tuple[str, TuningRequest.WeightedDataset]]:
    """Each dataset that the request names, with the path of its field."""
    for name in ("train_datasets", "validation_datasets", "test_datasets"):
        for index, dataset in enumerate(getattr(request, name)):
            yield f"{name}[{index}]", dataset
    if request.HasField("validation_dataset"):
        yield "validation_dataset", request.validation_dataset


def _bad_numbers(path: str, message: Message) -> Iterator[FieldViolation]:
    """Every number of the parameters that trains nothing, however deep it lies. A seed may be any number."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}"
        if field.message_type is not None:
            yield from _bad_numbers(here, value)
        elif field.is_repeated:
            for index, number in enumerate(value):
                yield from _bad_number(f"{here}[{index}]", number, least=1, most=_MOST_DIM)
        elif field.type != field.TYPE_STRING and field.name != "seed":
            yield from _bad_number(here, value)


def _bad_weights(request: TuningRequest) -> Iterator[FieldViolation]:
    for path, dataset in _named_datasets(request):
        yield from _bad_number(f"{path}.weight", dataset.weight)


def _bad_number(
    field: str, number: float, least: int = 0, most: float = float("inf")
) -> Iterator[FieldViolation]:
    if not isfinite(number) or number < least:
        yield FieldViolation(field, f"Value must be a finite number of {least} or more, not {number}")
    elif number > most:
        yield FieldViolation(field, f"Value must be {most} or less, not {number}")
