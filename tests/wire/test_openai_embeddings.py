"""Embeddings in OpenAI's form: the same vectors as by gRPC."""

import struct
from base64 import b64decode

import pytest

from tests.wire.run_parts import environment, python, run
from tests.wire.test_rest_faces import call

__all__ = ["environment", "python", "run"]  # fixtures

EMBEDDINGS = "/v1/embeddings"


@pytest.fixture
def embed(mock, folder):
    def embed(texts, **more):
        model = f"emb://{folder.id}/text-search-doc/latest"
        return call(mock, "POST", EMBEDDINGS, folder, {"model": model, "input": texts, **more})

    return embed


def test_a_text_has_the_vector_that_it_has_by_grpc(embed, client, folder):
    answer = embed("Кто ты?").json()
    model = f"emb://{folder.id}/text-search-doc/latest"
    same = client.call("EmbeddingsService/TextEmbedding", model_uri=model, text="Кто ты?")
    [one] = answer["data"]
    assert (answer["object"], answer["model"], one["object"]) == ("list", model, "embedding")
    assert one["embedding"] == list(same.embedding)
    assert answer["usage"] == {"prompt_tokens": same.num_tokens, "total_tokens": same.num_tokens}


def test_each_of_many_texts_is_a_call_of_its_own(embed, folder):
    texts = ["раз", "два", "три"]
    answer = embed(texts).json()
    assert [one["index"] for one in answer["data"]] == [0, 1, 2]
    alone = [embed(text).json() for text in texts]
    assert answer["data"][2]["embedding"] == alone[2]["data"][0]["embedding"]
    assert answer["usage"]["total_tokens"] == sum(one["usage"]["total_tokens"] for one in alone)
    entries = folder.journal.calls("EmbeddingsService/TextEmbedding")
    assert [entry.request["text"] for entry in entries] == texts * 2


def test_a_vector_may_be_packed(embed):
    """What OpenAI's libraries ask for unless told otherwise."""
    [plain] = embed("да").json()["data"]
    [packed] = embed("да", encoding_format="base64").json()["data"]
    numbers = struct.unpack("<256f", b64decode(packed["embedding"]))
    assert numbers == pytest.approx(plain["embedding"], rel=1e-6)


def test_a_fault_hits_one_of_the_texts(embed, folder):
    folder.faults.add(
        method="EmbeddingsService/TextEmbedding", where={"text": "два"}, status="RESOURCE_EXHAUSTED"
    )
    refused = embed(["раз", "два", "три"])
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")
    entries = folder.journal.calls("EmbeddingsService/TextEmbedding")
    assert [entry.status for entry in entries] == ["OK", "RESOURCE_EXHAUSTED"]


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ({"input": []}, 400, "input: Number of elements must be greater than 0"),
        ({"input": None}, 400, "at `$.input`"),
        ({"input": [1, 2]}, 400, "Expected `str`, got `int` - at `$.input[0]`"),
        ({"input": ""}, 400, "text: Field is required"),
        ({"model": "text-embedding-3-small"}, 400, "invalid model_uri"),
        ({"model": "emb://b1g/nobody/latest"}, 404, "Failed to get model emb://b1g/nobody/latest"),
        ({"dimensions": 7}, 400, "dim: Value must be one of the model's: 256"),
        ({"encoding_format": "hex"}, 400, "Invalid enum value 'hex' - at `$.encoding_format`"),
    ],
)
def test_refusals_are_in_its_own_form(embed, more, status, message):
    response = embed(more.pop("input", "да"), **more)
    assert response.status_code == status
    assert message in response.json()["error"]["message"]


PROGRAM = """
from yandex_ai_studio_sdk import AIStudio

studio = AIStudio()
asked = studio.chat.text_embeddings("text-search-doc").run("Кто ты?")
same = studio.models.text_embeddings("doc").run("Кто ты?")
print(asked.embedding == same.embedding, asked.usage.total_tokens == same.num_tokens)
"""


def test_the_official_sdk_s_embeddings_run_unchanged(python):
    done = python(PROGRAM)
    assert (done.returncode, done.stdout) == (0, "True True\n"), done.stderr
