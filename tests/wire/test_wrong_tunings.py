"""Tunings and models that make no sense: refused at once, with what would work, and nothing is started."""

import math

import grpc
import pytest

from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.stubs import Client

NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT
REFUSED = grpc.StatusCode.FAILED_PRECONDITION


def number_rows():
    for number in (math.nan, math.inf, -math.inf, -1.0):
        yield {"text_to_text_completion": {"lr": number}}, "text_to_text_completion.lr"
        scheduler = {"scheduler": {"warmup_ratio": number}}
        yield {"text_to_text_completion": scheduler}, "text_to_text_completion.scheduler.warmup_ratio"
        lowest = {"scheduler": {"cosine": {"min_lr": number}}}
        yield {"text_to_text_completion": lowest}, "text_to_text_completion.scheduler.cosine.min_lr"
    yield {"text_to_text_completion": {"n_samples": -1}}, "text_to_text_completion.n_samples"
    yield {"text_to_text_completion": {"lora": {"rank": -1}}}, "text_to_text_completion.lora.rank"


@pytest.mark.parametrize(("params", "field"), list(number_rows()))
def test_numbers_that_train_nothing_are_refused(client, folder, nothing_changes, params, field):
    ready = steps.validated(client, folder)
    nothing_changes()
    code, message = steps.refused(client.call, "TuningService/Tune", **steps.order(folder, ready, **params))
    assert code is INVALID
    assert message.startswith(f"Validation error:\n{field}: Value must be a finite number of 0 or more, not ")


@pytest.mark.parametrize("weight", [math.nan, math.inf, -1.0])
@pytest.mark.parametrize(
    "field", ["train_datasets", "validation_datasets", "validation_dataset", "test_datasets"]
)
def test_weights_that_weigh_nothing_are_refused(client, folder, nothing_changes, field, weight):
    ready = steps.validated(client, folder)
    nothing_changes()
    named = {"dataset_id": ready, "weight": weight}
    request = {**steps.order(folder, ready), field: named if field == "validation_dataset" else [named]}
    code, message = steps.refused(client.call, "TuningService/Tune", **request)
    path = field if field == "validation_dataset" else f"{field}[0]"
    assert code is INVALID
    assert message.startswith(
        f"Validation error:\n{path}.weight: Value must be a finite number of 0 or more, not "
    )


def test_a_tuning_without_parameters_is_refused(client, folder, nothing_changes):
    ready = steps.validated(client, folder)
    nothing_changes()
    request = steps.order(folder, ready)
    del request["text_to_text_completion"]
    refusal = steps.refused(client.call, "TuningService/Tune", **request)
    assert refusal == (INVALID, "Validation error:\ntuning_params: Field is required")


@pytest.mark.parametrize("field", ["train_datasets", "validation_datasets"])
def test_a_tuning_on_a_draft_is_refused_with_what_would_work(client, folder, nothing_changes, field):
    ready, draft = steps.validated(client, folder), steps.uploaded(client, folder)
    nothing_changes()
    request = {**steps.order(folder, ready), field: [{"dataset_id": draft, "weight": 1}]}
    refusal = steps.refused(client.call, "TuningService/Tune", **request)
    assert refusal == (REFUSED, f"dataset {draft} is DRAFT and cannot be tuned on; validate it first")


def test_a_tuning_on_a_dataset_of_another_type_names_both_types(client, folder, nothing_changes):
    ready = steps.validated(client, folder)
    nothing_changes()
    request = steps.order(folder, ready, base_model_uri=f"emb://{folder.id}/text-embeddings/latest")
    del request["text_to_text_completion"]
    refusal = steps.refused(client.call, "TuningService/Tune", text_embedding_pair_params={}, **request)
    types = "is of type TextToTextGeneration; text_embedding_pair_params trains on TextEmbeddingsPair"
    assert refusal == (INVALID, f"dataset {ready} {types}")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("yandexgpt-lite", "invalid model_uri"),
        ("gpt://{}/yandexgpt-lite", "invalid model_uri"),
        ("gpt://{}/gpt-5/latest", "base_model_uri: no tunable model gpt://gpt-5/latest; known: "),
        ("gpt://{}/yandexgpt-lite/latest@tamr1", "base_model_uri: no tunable model "),
        (
            "emb://{}/text-embeddings/latest",
            "base_model_uri: text_to_text_completion does not tune a emb:// model",
        ),
    ],
)
def test_a_base_model_that_cannot_be_tuned_is_refused(client, folder, nothing_changes, uri, message):
    ready = steps.validated(client, folder)
    nothing_changes()
    request = steps.order(folder, ready, base_model_uri=uri.format(folder.id))
    code, said = steps.refused(client.call, "TuningService/Tune", **request)
    assert code is INVALID
    assert said.startswith(message)


def test_a_tuned_uri_is_not_found_before_its_task_is_completed(client, folder):
    operation_id = client.call(
        "TuningService/Tune", **steps.order(folder, steps.validated(client, folder))
    ).id
    question = [{"role": "user", "text": "Как тебя зовут?"}]

    assert (
        client.call("TuningService/Describe", tuning_task_id=operation_id).tuning_task.target_model_uri == ""
    )
    code, message = steps.refused(client.call, "TuningService/GetMetricsUrl", task_id=operation_id)
    assert (code, message) == (NOT_FOUND, f"tuning task {operation_id} is CREATED and has no metrics yet")
    folder.clock.advance(hours=1)
    uri = client.call("TuningService/Describe", tuning_task_id=operation_id).tuning_task.target_model_uri
    answers = client.stream("TextGenerationService/Completion", model_uri=uri, messages=question)
    assert "Евгений" in next(iter(answers)).alternatives[0].message.text


def test_a_uri_that_will_exist_is_not_found_before_it_does():
    # The same seed gives the same URIs: one server tells what the other will have made.
    def flow(mock, client):
        folder = mock.default_folder
        operation_id = client.call(
            "TuningService/Tune", **steps.order(folder, steps.validated(client, folder))
        ).id
        return folder, operation_id

    def described(client, operation_id):
        return client.call("TuningService/Describe", tuning_task_id=operation_id).tuning_task

    with MockServer(time="manual", seed=7) as first, Client(first.endpoint) as client:
        folder, operation_id = flow(first, client)
        folder.clock.advance(hours=1)
        uri = described(client, operation_id).target_model_uri
    with MockServer(time="manual", seed=7) as second, Client(second.endpoint) as client:
        folder, operation_id = flow(second, client)
        request = {"model_uri": uri, "messages": [{"role": "user", "text": "?"}]}
        refusal = steps.refused(client.stream, "TextGenerationService/Completion", **request)
        assert refusal == (NOT_FOUND, f"Failed to get model {uri}")
        folder.clock.advance(hours=1)
        assert described(client, operation_id).target_model_uri == uri
        assert list(client.stream("TextGenerationService/Completion", **request))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model_uri": "yandexgpt"}, "invalid model_uri"),
        ({}, "invalid model_uri"),
        ({"model_uri": "gpt://b1g/yandexgpt-lite/latest"}, "Validation error:\nmessages: Field is required"),
    ],
)
def test_a_completion_that_makes_no_sense_is_refused(client, fields, message):
    assert steps.refused(client.stream, "TextGenerationService/Completion", **fields) == (INVALID, message)
