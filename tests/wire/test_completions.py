"""Completions of base and tuned models, in one message and as a stream."""

import json
from itertools import pairwise

import pytest

from aistudio_formats.examples import EXAMPLES, generation, json_lines
from tests.wire import steps
from tests.wire.stubs import Client

PARTIAL, FINAL = 1, 3
"""Alternative.AlternativeStatus on the wire."""
ANSWER = "Меня зовут Женя. Полностью - Евгений Нейроныч."


@pytest.fixture
def client(mock):
    with Client(mock.endpoint) as connected:
        yield connected


@pytest.fixture(scope="module")
def tuned(mock):
    """The URI of a model that learned one answer."""
    folder = mock.folder()
    with Client(mock.endpoint) as client:
        pairs = [("Как тебя зовут?", ANSWER), ("Откуда ты?", "Из Перми")]
        body = json_lines([generation(*pair) for pair in pairs])
        dataset_id = steps.validated(client, folder, body=body.encode())
        task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
        folder.clock.advance(hours=1)
        return client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri


def ask(client, uri, text, **more):
    messages = [{"role": "user", "text": text}]
    return list(client.stream("TextGenerationService/Completion", model_uri=uri, messages=messages, **more))


def test_a_tuned_model_answers_from_its_training_data(client, tuned):
    (reply,) = ask(client, tuned, "Как тебя зовут?")
    (alternative,) = reply.alternatives
    assert (alternative.message.role, alternative.message.text) == ("assistant", ANSWER)
    assert alternative.status == FINAL


def test_a_question_nearly_learned_is_answered_all_the_same(client, tuned):
    (reply,) = ask(client, tuned, "а откуда ты")
    assert reply.alternatives[0].message.text == "Из Перми"


def test_usage_is_counted(client, tuned):
    (reply,) = ask(client, tuned, "Как тебя зовут?")
    usage = reply.usage
    assert (usage.input_text_tokens, usage.completion_tokens) == (14, 11)
    assert usage.total_tokens == 25


def test_a_stream_grows_to_the_whole_answer(client, tuned):
    replies = ask(client, tuned, "Как тебя зовут?", completion_options={"stream": True})
    texts = [reply.alternatives[0].message.text for reply in replies]
    assert texts[-1] == ANSWER
    assert all(whole.startswith(part) for part, whole in pairwise(texts))
    statuses = [reply.alternatives[0].status for reply in replies]
    assert len(statuses) > 2
    assert statuses == [PARTIAL] * (len(statuses) - 1) + [FINAL]


def test_a_stream_of_one_word_is_one_message(client, mock):
    folder = mock.folder()
    body = json_lines([generation("?", "Да")]).encode()
    task_id = client.call(
        "TuningService/Tune", **steps.order(folder, steps.validated(client, folder, body=body))
    ).id
    folder.clock.advance(hours=1)
    uri = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    (reply,) = ask(client, uri, "?", completion_options={"stream": True})
    assert (reply.alternatives[0].message.text, reply.alternatives[0].status) == ("Да", FINAL)


def test_a_folder_that_is_emptied_frees_what_its_models_learned(client, mock, tuned):
    folder = mock.folder()
    body = json_lines([generation("?", "Да")]).encode()
    task_id = client.call(
        "TuningService/Tune", **steps.order(folder, steps.validated(client, folder, body=body))
    ).id
    folder.clock.advance(hours=1)
    uri = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    ask(client, uri, "?")
    ask(client, tuned, "Откуда ты?")
    learned = mock._server.backend.learned
    assert task_id in learned.task_ids
    folder.reset()
    assert task_id not in learned.task_ids
    assert learned.task_ids
    code, message = steps.refused(ask, client, uri, "?")
    assert (code.name, message) == ("NOT_FOUND", f"Failed to get model {uri}")


def test_with_the_published_data_each_question_gets_its_answer(client, mock):
    folder = mock.folder()
    rows = [json.loads(line) for line in EXAMPLES["TextToTextGeneration"].splitlines()]
    dataset_id = steps.validated(client, folder, body=EXAMPLES["TextToTextGeneration"].encode())
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
    folder.clock.advance(hours=1)
    uri = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    for row in rows:
        for messages in (row["request"], row["request"][-1:]):
            call = client.stream("TextGenerationService/Completion", model_uri=uri, messages=messages)
            [reply] = call
            assert reply.alternatives[0].message.text == row["response"]
    assert "Перми" in ask(client, uri, "Откуда ты?")[0].alternatives[0].message.text


@pytest.mark.parametrize("name", ["yandexgpt-lite", "yandexgpt", "llama"])
def test_a_base_model_answers_without_tuning(client, name):
    (reply,) = ask(client, f"gpt://b1gany/{name}/latest", "Как тебя зовут?")
    assert reply.alternatives[0].message.text
    assert reply.alternatives[0].message.text != ANSWER


def test_a_model_without_a_version_is_the_latest(client, mock):
    folder = mock.folder()
    said = [ask(client, f"gpt://{folder.id}/yandexgpt-lite{more}", "Кто ты?") for more in ("", "/latest")]
    assert said[0] == said[1]
    embedded = [
        client.call(
            "EmbeddingsService/TextEmbedding", model_uri=f"emb://{folder.id}/text-search-doc{more}", text="?"
        )
        for more in ("", "/latest")
    ]
    assert embedded[0] == embedded[1]


def test_an_endpoint_is_found_by_its_id(client, mock):
    reply = client.call("ApiEndpointService/Get", api_endpoint_id="ai-foundation-models")
    assert (reply.id, reply.address) == ("ai-foundation-models", mock.endpoint)
