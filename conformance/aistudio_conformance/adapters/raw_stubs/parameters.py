"""Hyper-parameters: those that the user gave, each in its place, and no other."""

from typing import Any

from msgspec.structs import asdict

from aistudio_conformance.adapters.raw_stubs.tunings import KINDS, TuningVerbs
from aistudio_conformance.protocol import Tuning, TuningStart, TuningStartWith


class ParametersVerb(TuningVerbs):
    """The verb `tuning.start_with`. `params` is the message of the tuning's kind."""

    def tuning_start_with(self, ask: TuningStartWith) -> Tuning:
        """Tune, with what is given."""
        given = asdict(ask)
        order = self._order(TuningStart(**{name: given[name] for name in TuningStart.__struct_fields__[:4]}))
        params = getattr(order, KINDS[ask.kind][1])
        self._add_numbers(params, ask)
        self._add_method(params, ask)
        self._add_scheduler(params, ask)
        self._add_optimizer(params, ask)
        return self._started(order)

    def _add_numbers(self, params: Any, ask: TuningStartWith) -> None:
        for name in ("seed", "lr"):
            if (value := getattr(ask, name)) is not None:
                setattr(params, name, value)
        if ask.embedding_dims:
            params.embedding_dims.extend(ask.embedding_dims)

    def _add_method(self, params: Any, ask: TuningStartWith) -> None:
        if ask.lora_rank is not None:
            params.lora.rank = ask.lora_rank
        if ask.lora_alpha is not None:
            params.lora.alpha = ask.lora_alpha

    def _add_scheduler(self, params: Any, ask: TuningStartWith) -> None:
        """The kind must be on the wire, even when there is nothing in it."""
        if ask.scheduler is not None:
            getattr(params.scheduler, ask.scheduler).SetInParent()
        if ask.warmup_ratio is not None:
            params.scheduler.warmup_ratio = ask.warmup_ratio

    def _add_optimizer(self, params: Any, ask: TuningStartWith) -> None:
        for name in ("beta1", "beta2"):
            if (value := getattr(ask, name)) is not None:
                setattr(params.optimizer.adamw, name, value)
