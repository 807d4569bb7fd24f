"""What a Tune request asks for, read and checked without looking at any state."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from aistudio_mock.domain.catalogue import ModelUri, require_tunable
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


@dataclass(frozen=True, slots=True)
class TuneOrder:
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
    """Checks a Tune request by itself.

    Raises:
        InvalidArgument: no parameters, an unknown base model, one that the parameters do not tune, or a
            number that is negative or not finite (codes assumed, service-behaviour h.2, h.14).
    """
    kind = request.WhichOneof("tuning_params")
    if kind is None:
        raise InvalidArgument.of(FieldViolation("tuning_params", "Field is required"))
    base = ModelUri.parse(request.base_model_uri)
    require_tunable(base, kind)
    params: Params = getattr(request, kind)
    violations = tuple(_bad_numbers(request, kind, params))
    if violations:
        raise InvalidArgument.of(*violations)
    return TuneOrder(base, kind, params)


def weighted_datasets(request: TuningRequest) -> list[TuningRequest.WeightedDataset]:
    """Every dataset that the request names: train, validation (both fields), test."""
    return [dataset for _, dataset in _named_datasets(request)]


def has_validation(request: TuningRequest) -> bool:
    """Whether a validation dataset is named, in the deprecated field or the new one."""
    return bool(request.validation_datasets) or request.HasField("validation_dataset")


def _named_datasets(request: TuningRequest) -> Iterator[tuple[str, TuningRequest.WeightedDataset]]:
    """Each dataset that the request names, with the path of its field."""
    for name in ("train_datasets", "validation_datasets", "test_datasets"):
        for index, dataset in enumerate(getattr(request, name)):
            yield f"{name}[{index}]", dataset
    if request.HasField("validation_dataset"):
        yield "validation_dataset", request.validation_dataset


def _bad_numbers(request: TuningRequest, kind: str, params: Params) -> Iterator[FieldViolation]:
    numbers = {
        f"{kind}.lr": params.lr,
        f"{kind}.n_samples": params.n_samples,
        f"{kind}.scheduler.warmup_ratio": params.scheduler.warmup_ratio,
        f"{kind}.scheduler.linear.min_lr": params.scheduler.linear.min_lr,
        f"{kind}.scheduler.cosine.min_lr": params.scheduler.cosine.min_lr,
        f"{kind}.lora.rank": params.lora.rank,
        f"{kind}.prompt_tune.virtual_tokens": params.prompt_tune.virtual_tokens,
    }
    numbers |= {f"{path}.weight": dataset.weight for path, dataset in _named_datasets(request)}
    for field, number in numbers.items():
        if not isfinite(number) or number < 0:
            yield FieldViolation(field, f"Value must be a finite number of 0 or more, not {number}")
