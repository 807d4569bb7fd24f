"""TextClassificationService: tuned classifiers, and base models that are told their classes."""

from collections.abc import Iterable, Iterator
from typing import Any

from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.model_inputs import measured
from aistudio_mock.backend.tuned_models import GONE, TunedModels
from aistudio_mock.domain import tokens
from aistudio_mock.domain.catalogue import CLASSIFYING, LATEST, ModelUri
from aistudio_mock.domain.classifier import Classifier, few_shot
from aistudio_mock.domain.errors import FieldViolation, InvalidArgument, NotFound
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_classification import (
    text_classification_service_pb2 as wire,
)
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_classification.text_classification_pb2 import (
    ClassificationLabel,
)
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningRequest

MOST_TOKENS = 8000
"""The longest text: that of a training row (service-behaviour d)."""

_FEW_SHOT_VERSION = "23.10.2024"
"""Recorded (service-behaviour f)."""

_MULTICLASS = "text_classification_multiclass"
_KINDS = frozenset({_MULTICLASS, "text_classification_multilabel"})


class TextClassification:
    """Classes of texts. A tuned classifier is fitted on its training data at its first call."""

    def __init__(self, access: Access, models: TunedModels) -> None:
        self._access = access
        self._models = models

    def classify(
        self, call: Call, request: wire.TextClassificationRequest
    ) -> wire.TextClassificationResponse:
        """The classes that a tuned model was trained on, with confidences and no model version (f).

        Raises:
            InvalidArgument: no URI, or that of a model that is no tuned classifier; a text too long or empty.
            NotFound: no such model, or its tuning is not COMPLETED.
        """
        uri = ModelUri.parse(request.model_uri, LATEST)
        folder = self._access.folder(call, uri.folder)
        input_tokens = measured(request.text, MOST_TOKENS, folder)
        if not uri.suffix:
            raise InvalidArgument(
                f"model_uri: {request.model_uri} is no tuned classifier; "
                "call FewShotClassify for a base model, or tune it first"
            )
        predictions = self._models.get(request.model_uri, _KINDS, _fitted).predict(request.text)
        return wire.TextClassificationResponse(predictions=_shown(predictions), input_tokens=input_tokens)

    def few_shot_classify(
        self, call: Call, request: wire.FewShotTextClassificationRequest
    ) -> wire.FewShotTextClassificationResponse:
        """The classes of the request, in its order, as a base model finds them likely.

        Raises:
            InvalidArgument: no URI, or that of a tuned model; no classes, the same one twice, or a sample of
                none of them; a text too long or empty.
            NotFound: no such base model.
        """
        uri = ModelUri.parse(request.model_uri, LATEST)
        folder = self._access.folder(call, uri.folder)
        if uri.suffix:
            raise InvalidArgument(f"model_uri: {request.model_uri} is tuned; call Classify for it")
        if uri.scheme != "cls" or uri.name not in CLASSIFYING:
            raise NotFound(f"{GONE} {request.model_uri}")
        measured(request.text, MOST_TOKENS, folder)
        if violations := tuple(_violations(request)):
            raise InvalidArgument.of(*violations)
        samples = [(sample.text, sample.label) for sample in request.samples]
        return wire.FewShotTextClassificationResponse(
            predictions=_shown(few_shot(request.text, list(request.labels), samples)),
            model_version=_FEW_SHOT_VERSION,
            input_tokens=tokens.PROMPT_OVERHEAD + sum(map(tokens.count, _all_texts(request))),
        )


def _fitted(request: TuningRequest, rows: Iterator[dict[str, Any]]) -> Classifier:
    return Classifier.fitted(rows, multiclass=request.WhichOneof("tuning_params") == _MULTICLASS)


def _shown(predictions: Iterable[tuple[str, float]]) -> list[ClassificationLabel]:
    return [ClassificationLabel(label=label, confidence=confidence) for label, confidence in predictions]


def _violations(request: wire.FewShotTextClassificationRequest) -> Iterator[FieldViolation]:
    """What is wrong with the classes (assumed: the contract asks for nothing)."""
    labels = set(request.labels)
    if not labels:
        yield FieldViolation("labels", "Field is required")
    elif len(labels) < len(request.labels):
        yield FieldViolation("labels", "Values must be unique")
    for index, sample in enumerate(request.samples):
        if labels and sample.label not in labels:
            yield FieldViolation(f"samples[{index}].label", "Value must be one of labels")


def _all_texts(request: wire.FewShotTextClassificationRequest) -> Iterator[str]:
    yield from (request.task_description, *request.labels, request.text)
    for sample in request.samples:
        yield from (sample.text, sample.label)
