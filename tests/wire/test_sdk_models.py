"""Classifiers and embedding models with the official SDK, blocking and async, under both of its names."""

from math import fsum, sqrt

import pytest

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from tests.wire import model_parts
from tests.wire.sdk_clients import CLASSES, Sdk
from tests.wire.sdk_parts import quiet


@pytest.fixture(scope="module", name="mock")
def _mock(tmp_path_factory):
    with quiet(tmp_path_factory.mktemp("ca")), MockServer() as mock:
        yield mock


@pytest.fixture(params=CLASSES, ids=lambda name: name.rpartition(".")[2])
def sdk(request, mock):
    opened = Sdk(request.param, mock)
    yield opened
    opened.close()


def test_a_binary_classifier_is_tuned_and_used(sdk, tmp_path):
    train = sdk.dataset(tmp_path / "train", "TextClassificationMultilabel", model_parts.BINARY)
    base = sdk.client.models.text_classifiers("yandexgpt-lite")
    tuned = sdk.done(base.tune(train, classification_type="binary"))
    result = sdk.done(tuned.run("Хочу поговорить с оператором"))
    assert (result.model_version, result.input_tokens) == ("", 7)
    assert [prediction["label"] for prediction in result] == ["оператор"]
    assert result[0].confidence > 0.9


def test_a_multiclass_classifier_is_tuned_and_found_by_its_uri(sdk, tmp_path):
    name = "TextClassificationMulticlass"
    train = sdk.dataset(tmp_path / "train", name, EXAMPLES[name])
    base = sdk.client.models.text_classifiers("yandexgpt-lite")
    tuned = sdk.done(base.tune(train, classification_type="multiclass"))
    result = sdk.done(sdk.client.models.text_classifiers(tuned.uri).run("Поезд опять опоздал."))
    assert result[0].label == "upset"
    assert sum(prediction.confidence for prediction in result) == 1


def test_a_base_model_is_told_its_classes(sdk):
    model = sdk.client.models.text_classifiers("yandexgpt").configure(
        task_description="О чём новость",
        labels=["спорт", "наука"],
        samples=[{"text": "Мяч в воротах", "label": "спорт"}],
    )
    result = sdk.done(model.run("Мяч не попал в ворота"))
    assert [prediction.label for prediction in result] == ["спорт", "наука"]
    assert result[0].confidence > result[1].confidence
    assert result.model_version == "23.10.2024"


def test_an_embedding_model_is_tuned_for_two_lengths(sdk, tmp_path):
    train = sdk.dataset(tmp_path / "train", "TextEmbeddingsPair", model_parts.PAIR)
    base = sdk.client.models.text_embeddings("text-embeddings")
    tuned = sdk.done(base.tune(train, embeddings_tune_type="pair", dimensions=[35, 128]))
    longest = sdk.done(tuned.run("hello")).embedding
    short = sdk.done(tuned.configure(dimensions=35).run("hello"))
    length = sqrt(fsum(number * number for number in longest[:35]))
    assert (len(longest), len(short), short.num_tokens) == (128, 35, 2)
    assert short.embedding == pytest.approx([number / length for number in longest[:35]])


def test_base_models_embed_questions_and_documents(sdk):
    doc, query = (
        sdk.done(sdk.client.models.text_embeddings(name).run("Где вернуть товар?")).embedding
        for name in ("doc", "query")
    )
    assert len(doc) == 256
    assert fsum(a * b for a, b in zip(doc, query, strict=True)) == pytest.approx(1)
