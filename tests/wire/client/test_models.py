"""Models that classify and embed, by both clients."""

import math

import pytest

from aistudio_client import InvalidArgument, NotFound, RpcError
from aistudio_formats.examples import EXAMPLES


def tuned(studio, task_type):
    dataset = studio.datasets.upload(EXAMPLES[task_type].encode(), task_type=task_type)
    return studio.tunings.wait(studio.tunings.start(dataset))


def test_a_tuned_classifier_is_sure_of_what_it_has_learnt(studio):
    model = tuned(studio, "TextClassificationMulticlass")
    line = EXAMPLES["TextClassificationMulticlass"].splitlines()[0]
    found = studio.models.classify(model, line)
    assert found.label in line
    assert sum(found.labels.values()) == pytest.approx(1.0)
    assert list(found.labels.values()) == sorted(found.labels.values(), reverse=True)


def test_a_base_model_classifies_by_examples(studio):
    found = studio.models.classify_by_examples(
        "yandexgpt",
        "goal!",
        task="what is it about",
        labels=["sport", "music"],
        samples=[("a match", "sport")],
    )
    assert set(found.labels) == {"sport", "music"}


def test_a_tuned_embedding_is_a_unit_vector(studio):
    model = tuned(studio, "TextEmbeddingsPair")
    found = studio.models.embed(model, "text")
    assert math.hypot(*found.vector) == pytest.approx(1.0)
    assert found.tokens > 0


def test_a_model_that_is_not_there_is_told(studio):
    with pytest.raises((NotFound, InvalidArgument)):
        studio.models.complete("gpt://none/none", "q")
    with pytest.raises(RpcError):
        studio.models.classify("cls://none/none@tamr00000000000000000", "q")
