"""The parameters of the five kinds of tunings. What is not given is the service's business.

Numbers have no presence on this wire: zero means the default, so zero is what is not given
(service-behaviour e.1). The one exception is `warmup_ratio` of embeddings.
"""

from typing import ClassVar

from msgspec import Struct


class Lora(Struct, frozen=True, kw_only=True):
    """Low-rank adaptation. The values of the two texts are not in the contract."""

    rank: int = 0
    alpha: float = 0.0
    initialization: str = ""
    type: str = ""


class PromptTune(Struct, frozen=True, kw_only=True):
    """Prompt tuning: a trained prompt of so many tokens."""

    virtual_tokens: int = 0


class Linear(Struct, frozen=True, kw_only=True):
    """The learning rate falls in a straight line to `min_lr`."""

    min_lr: float = 0.0


class Constant(Struct, frozen=True):
    """The learning rate stays."""


class Cosine(Struct, frozen=True, kw_only=True):
    """The learning rate falls along a half period of the cosine to `min_lr`."""

    min_lr: float = 0.0


class AdamW(Struct, frozen=True, kw_only=True):
    """The optimizer."""

    beta1: float = 0.0
    beta2: float = 0.0
    eps: float = 0.0
    weight_decay: float = 0.0


class Parameters(Struct, frozen=True, kw_only=True):
    """What every kind has.

    Attributes:
        lr: learning rate.
        n_samples: of the data, to train on.
        method: what is trained.
        scheduler: how the learning rate changes.
        warmup_ratio: the share of the steps, 0 to 1, over which the rate first rises.
        additional_arguments: text of no known format.
    """

    field: ClassVar[str] = ""
    scheme: ClassVar[str] = ""
    task_type: ClassVar[str] = ""

    seed: int = 0
    lr: float = 0.0
    n_samples: int = 0
    method: Lora | PromptTune | None = None
    scheduler: Linear | Constant | Cosine | None = None
    warmup_ratio: float | None = None
    optimizer: AdamW | None = None
    additional_arguments: str = ""


class TextGeneration(Parameters, frozen=True, kw_only=True):
    """For models that generate text: `gpt://`."""

    field: ClassVar[str] = "text_to_text_completion"
    scheme: ClassVar[str] = "gpt"
    task_type: ClassVar[str] = "TextToTextGeneration"


class MultilabelClassification(Parameters, frozen=True, kw_only=True):
    """For classifiers whose rows have any number of classes; a binary one is such. `cls://`."""

    field: ClassVar[str] = "text_classification_multilabel"
    scheme: ClassVar[str] = "cls"
    task_type: ClassVar[str] = "TextClassificationMultilabel"


class MulticlassClassification(Parameters, frozen=True, kw_only=True):
    """For classifiers whose rows have exactly one class. `cls://`."""

    field: ClassVar[str] = "text_classification_multiclass"
    scheme: ClassVar[str] = "cls"
    task_type: ClassVar[str] = "TextClassificationMulticlass"


class PairEmbeddings(Parameters, frozen=True, kw_only=True):
    """For embeddings of anchors and positives: `emb://`.

    Attributes:
        embedding_dims: sizes at which the tuned model can answer; the largest is its default.
    """

    field: ClassVar[str] = "text_embedding_pair_params"
    scheme: ClassVar[str] = "emb"
    task_type: ClassVar[str] = "TextEmbeddingsPair"
    embedding_dims: tuple[int, ...] = ()


class TripletEmbeddings(Parameters, frozen=True, kw_only=True):
    """For embeddings of anchors, positives and negatives: `emb://`. `embedding_dims` as of pairs."""

    field: ClassVar[str] = "text_embedding_triplet_params"
    scheme: ClassVar[str] = "emb"
    task_type: ClassVar[str] = "TextEmbeddingsTriplet"
    embedding_dims: tuple[int, ...] = ()


KINDS: tuple[type[Parameters], ...] = (
    TextGeneration,
    MultilabelClassification,
    MulticlassClassification,
    PairEmbeddings,
    TripletEmbeddings,
)
"""All five."""

BY_TASK_TYPE = {kind.task_type: kind for kind in KINDS}
BY_FIELD = {kind.field: kind for kind in KINDS}

DEFAULT_BASES = {"gpt": "yandexgpt-lite", "cls": "yandexgpt-lite", "emb": "text-embeddings"}
"""The model that is tuned when none is named, by the scheme of the kind."""
