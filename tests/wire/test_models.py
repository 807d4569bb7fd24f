"""Tuned classifiers and embedding models, and the base models beside them, as a client sees them."""

from math import fsum, sqrt

import grpc
import pytest

from aistudio_mock.backend.embeddings import MOST_TOKENS as MOST_EMBEDDED
from aistudio_mock.backend.text_classification import MOST_TOKENS as MOST_CLASSIFIED
from tests.wire import model_parts, steps
from tests.wire.rows import load, over_channel, play
from tests.wire.stubs import Client

CLASSIFY, FEW_SHOT = "TextClassificationService/Classify", "TextClassificationService/FewShotClassify"
EMBED = "EmbeddingsService/TextEmbedding"
CODE = grpc.StatusCode
RECORDINGS = load("models.yaml")


@pytest.fixture(scope="module")
def models(mock):
    """URIs by name, of one folder."""
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        return {"folder": folder.id, **model_parts.all_tuned(client, folder)}


@pytest.fixture(scope="module")
def played(mock, models):
    with grpc.insecure_channel(mock.endpoint) as channel:
        return play(RECORDINGS, dict(models), over_channel(channel))


@pytest.fixture
def client(mock):
    with Client(mock.endpoint) as connected:
        yield connected


def base(models, name, scheme="emb"):
    return f"{scheme}://{models['folder']}/{name}/latest"


def placed(client, uri, text, **more):
    return list(client.call(EMBED, model_uri=uri, text=text, **more).embedding)


def cosine(one, other):
    return fsum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("row", [row["row"] for row in RECORDINGS])
def test_a_recording_is_reproduced(played, row):
    assert played[row] == []


def test_the_classifier_tells_what_it_was_trained_on(client, models):
    def confidence(text):
        return client.call(CLASSIFY, model_uri=models["binary"], text=text).predictions[0].confidence

    assert confidence("Позовите человека") > 0.9
    assert confidence("Где банкомат?") < 0.5


def test_dim_35_is_the_beginning_of_the_longest_at_length_one(client, models):
    longest = placed(client, models["pairs-35-128"], "hello")
    short = placed(client, models["pairs-35-128"], "hello", dim={"value": 35})
    assert placed(client, models["pairs-35-128"], "hello", dim={"value": 128}) == longest
    length = sqrt(fsum(each * each for each in longest[:35]))
    assert short == pytest.approx([each / length for each in longest[:35]])
    assert fsum(each * each for each in longest) == pytest.approx(1)


@pytest.mark.parametrize("name", ["pairs", "triplets"])
def test_a_pair_that_was_trained_on_lies_nearer_than_for_the_base_model(client, models, name):
    pair = ("Забыл пароль", "Восстановление доступа к учётной записи")
    tuned = cosine(*(placed(client, models[name], text) for text in pair))
    assert (
        tuned > 0.8 > cosine(*(placed(client, base(models, "text-embeddings"), text) for text in pair)) + 0.3
    )


def test_a_question_and_a_document_that_say_the_same_meet(client, models):
    doc = placed(client, base(models, "text-search-doc"), "Правила возврата товара")
    near, far = (
        cosine(doc, placed(client, base(models, "text-search-query"), text))
        for text in ("возврат товара", "погода в Перми")
    )
    assert near > far + 0.3


REFUSED = [
    (CLASSIFY, "nonsense", {}, CODE.INVALID_ARGUMENT, "invalid model_uri"),
    (CLASSIFY, "cls://{folder}/yandexgpt/latest", {}, CODE.INVALID_ARGUMENT, "call FewShotClassify"),
    (
        CLASSIFY,
        "cls://{folder}/yandexgpt-lite/latest@tamr0",
        {},
        CODE.NOT_FOUND,
        "Failed to get model cls://",
    ),
    (CLASSIFY, "{pairs}", {}, CODE.INVALID_ARGUMENT, "was tuned by text_embedding_pair_params"),
    (CLASSIFY, "{binary}", {"text": ""}, CODE.INVALID_ARGUMENT, "text: Field is required"),
    (
        CLASSIFY,
        "{binary}",
        {"text": "a " * MOST_CLASSIFIED},
        CODE.INVALID_ARGUMENT,
        "no more than 8000, got 8001",
    ),
    (FEW_SHOT, "{binary}", {"labels": ["a"]}, CODE.INVALID_ARGUMENT, "call Classify"),
    (FEW_SHOT, "cls://{folder}/nobody/latest", {"labels": ["a"]}, CODE.NOT_FOUND, "Failed to get model"),
    (FEW_SHOT, "gpt://{folder}/yandexgpt/latest", {"labels": ["a"]}, CODE.NOT_FOUND, "Failed to get model"),
    (FEW_SHOT, "cls://{folder}/yandexgpt/latest", {}, CODE.INVALID_ARGUMENT, "labels: Field is required"),
    (FEW_SHOT, "cls://{folder}/yandexgpt/latest", {"labels": ["a", "a"]}, CODE.INVALID_ARGUMENT, "unique"),
    (
        FEW_SHOT,
        "cls://{folder}/yandexgpt/latest",
        {"labels": ["a"], "samples": [{"text": "t", "label": "b"}]},
        CODE.INVALID_ARGUMENT,
        "samples[0].label: Value must be one of labels",
    ),
    (EMBED, "", {}, CODE.INVALID_ARGUMENT, "invalid model_uri"),
    (EMBED, "emb://{folder}/nobody/latest", {}, CODE.NOT_FOUND, "Failed to get model"),
    (EMBED, "gpt://{folder}/text-search-doc/latest", {}, CODE.NOT_FOUND, "Failed to get model"),
    (EMBED, "{multilabel}", {}, CODE.INVALID_ARGUMENT, "was tuned by text_classification_multilabel"),
    (
        EMBED,
        "{pairs-35-128}",
        {"dim": {"value": 36}},
        CODE.INVALID_ARGUMENT,
        "dim: Value must be one of the model's: 35, 128",
    ),
    (EMBED, "{pairs}", {"dim": {"value": -1}}, CODE.INVALID_ARGUMENT, "one of the model's: 256"),
    (
        EMBED,
        "emb://{folder}/text-search-doc/latest",
        {"dim": {"value": 1 << 40}},
        CODE.INVALID_ARGUMENT,
        "256",
    ),
    (EMBED, "{pairs}", {"text": "a " * MOST_EMBEDDED}, CODE.INVALID_ARGUMENT, "no more than 2048, got 2049"),
]


@pytest.mark.parametrize(("rpc", "uri", "fields", "code", "said"), REFUSED)
def test_what_makes_no_sense_is_refused_with_a_reason(client, models, rpc, uri, fields, code, said):
    refusal = steps.refused(client.call, rpc, model_uri=uri.format_map(models), **{"text": "hello", **fields})
    assert refusal[0] is code
    assert said in refusal[1]


def test_a_reset_takes_the_model_away(mock):
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        uri = model_parts.tuned(client, folder, "binary")
        assert client.call(CLASSIFY, model_uri=uri, text="hello").predictions
        folder.reset()
        code, _ = steps.refused(client.call, CLASSIFY, model_uri=uri, text="hello")
        assert code is CODE.NOT_FOUND


def test_a_model_outlives_its_dataset(mock):
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        uri = model_parts.tuned(client, folder, "binary")
        (dataset,) = client.call("DatasetService/List", folder_id=folder.id).datasets
        client.call("DatasetService/Delete", dataset_id=dataset.dataset_id)
        assert client.call(CLASSIFY, model_uri=uri, text="hello").predictions
