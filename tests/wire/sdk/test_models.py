"""Classifiers and embedding models with the official SDK, blocking and async, under both of its names."""

from math import fsum, sqrt

import pytest

from aistudio_formats.examples import EXAMPLES
from tests.wire import model_parts


def test_a_binary_classifier_is_tuned_and_used(any_sdk, tmp_path):
    train = any_sdk.dataset(tmp_path / "train", "TextClassificationMultilabel", model_parts.BINARY)
    base = any_sdk.client.models.text_classifiers("yandexgpt-lite")
    tuned = any_sdk.done(base.tune(train, classification_type="binary"))
    result = any_sdk.done(tuned.run("Хочу поговорить с оператором"))
    assert (result.model_version, result.input_tokens) == ("", 7)
    assert [prediction["label"] for prediction in result] == ["оператор"]
    assert result[0].confidence > 0.9


def test_a_multiclass_classifier_is_tuned_and_found_by_its_uri(any_sdk, tmp_path):
    name = "TextClassificationMulticlass"
    train = any_sdk.dataset(tmp_path / "train", name, EXAMPLES[name])
    base = any_sdk.client.models.text_classifiers("yandexgpt-lite")
    tuned = any_sdk.done(base.tune(train, classification_type="multiclass"))
    result = any_sdk.done(any_sdk.client.models.text_classifiers(tuned.uri).run("Поезд опять опоздал."))
    assert result[0].label == "upset"
    assert sum(prediction.confidence for prediction in result) == 1


def test_a_base_model_is_told_its_classes(any_sdk):
    model = any_sdk.client.models.text_classifiers("yandexgpt").configure(
        task_description="О чём новость",
        labels=["спорт", "наука"],
        samples=[{"text": "Мяч в воротах", "label": "спорт"}],
    )
    result = any_sdk.done(model.run("Мяч не попал в ворота"))
    assert [prediction.label for prediction in result] == ["спорт", "наука"]
    assert result[0].confidence > result[1].confidence
    assert result.model_version == "23.10.2024"


def test_an_embedding_model_is_tuned_for_two_lengths(any_sdk, tmp_path):
    train = any_sdk.dataset(tmp_path / "train", "TextEmbeddingsPair", model_parts.PAIR)
    base = any_sdk.client.models.text_embeddings("text-embeddings")
    tuned = any_sdk.done(base.tune(train, embeddings_tune_type="pair", dimensions=[35, 128]))
    longest = any_sdk.done(tuned.run("hello")).embedding
    short = any_sdk.done(tuned.configure(dimensions=35).run("hello"))
    length = sqrt(fsum(number * number for number in longest[:35]))
    assert (len(longest), len(short), short.num_tokens) == (128, 35, 2)
    assert short.embedding == pytest.approx([number / length for number in longest[:35]])


def test_base_models_embed_questions_and_documents(any_sdk):
    doc, query = (
        any_sdk.done(any_sdk.client.models.text_embeddings(name).run("Где вернуть товар?")).embedding
        for name in ("doc", "query")
    )
    assert len(doc) == 256
    assert fsum(a * b for a, b in zip(doc, query, strict=True)) == pytest.approx(1)
