"""Parameters of tunings on the wire, and back."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import asdict

from aistudio_client._params import (
    BY_FIELD,
    AdamW,
    Constant,
    Cosine,
    Linear,
    Lora,
    Parameters,
    PromptTune,
)

_METHODS: Mapping[type, str] = {Lora: "lora", PromptTune: "prompt_tune"}
_SCHEDULERS: Mapping[type, str] = {Linear: "linear", Constant: "constant", Cosine: "cosine"}
_PLAIN = ("seed", "lr", "n_samples", "additional_arguments")


def put(request: Any, parameters: Parameters) -> None:
    """Sets the one of a request's kinds that these parameters are; an empty message takes every default."""
    message = getattr(request, parameters.field)
    message.SetInParent()
    for name in _PLAIN:
        setattr(message, name, getattr(parameters, name))
    if hasattr(parameters, "embedding_dims"):
        message.embedding_dims.extend(parameters.embedding_dims)
    if parameters.method is not None:
        _fill(getattr(message, _METHODS[type(parameters.method)]), parameters.method)
    if parameters.scheduler is not None:
        _fill(getattr(message.scheduler, _SCHEDULERS[type(parameters.scheduler)]), parameters.scheduler)
    if parameters.warmup_ratio is not None:
        message.scheduler.warmup_ratio = parameters.warmup_ratio
    if parameters.optimizer is not None:
        _fill(message.optimizer.adamw, parameters.optimizer)


def read(message: Any) -> Parameters | None:
    """The parameters that a message holds; None for none, and for a kind that is newer than this client."""
    field = message.WhichOneof("tuning_params")
    if field is None:
        return None
    found, kind = getattr(message, field), BY_FIELD[field]
    fields: dict[str, Any] = {name: getattr(found, name) for name in _PLAIN}
    if "embedding_dims" in kind.__struct_fields__:
        fields["embedding_dims"] = tuple(found.embedding_dims)
    if found.HasField("scheduler"):
        fields["scheduler"] = _one_of(found.scheduler, "type", _SCHEDULERS)
        fields["warmup_ratio"] = _warmup(found.scheduler)
    if found.HasField("optimizer") and found.optimizer.HasField("adamw"):
        fields["optimizer"] = _value(AdamW, found.optimizer.adamw)
    return kind(**fields, method=_one_of(found, "tuning_type", _METHODS))


def _fill(message: Any, value: Any) -> None:
    message.SetInParent()
    for name, one in asdict(value).items():
        setattr(message, name, one)


def _one_of(message: Any, oneof: str, kinds: Mapping[type, str]) -> Any:
    field = message.WhichOneof(oneof)
    kind = next((kind for kind, name in kinds.items() if name == field), None)
    return None if kind is None else _value(kind, getattr(message, field))


def _value(kind: Any, message: Any) -> Any:
    return kind(**{name: getattr(message, name) for name in kind.__struct_fields__})


def _warmup(scheduler: Any) -> float | None:
    """Embeddings tell zero from absent; the others cannot."""
    if any(one.name == "optional_warmup_ratio" for one in scheduler.DESCRIPTOR.oneofs):
        return scheduler.warmup_ratio if scheduler.HasField("warmup_ratio") else None
    return scheduler.warmup_ratio or None
