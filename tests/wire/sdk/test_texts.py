"""Programs on the official SDK's text models, under both its names, blocking and async."""

import json

import pytest

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.sdk_parts import quiet, run_program
from tests.wire.stubs import Client

ANSWER = "Из Перми"
PROGRAMS = [
    "yandex_ai_studio_sdk.AIStudio",
    "yandex_ai_studio_sdk.AsyncAIStudio",
    "yandex_cloud_ml_sdk.YCloudML",
    "yandex_cloud_ml_sdk.AsyncYCloudML",
]


@pytest.fixture(scope="module", name="served")
def _served(tmp_path_factory):
    """A server, and the URI of a model that is tuned there."""
    with quiet(tmp_path_factory.mktemp("ca")), MockServer() as mock, Client(mock.endpoint) as client:
        folder = mock.default_folder
        dataset_id = steps.validated(client, folder, body=EXAMPLES["TextToTextGeneration"].encode())
        task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
        client.call("OperationService/Get", operation_id=task_id)
        task = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task
        yield mock, task.target_model_uri


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda name: name.rpartition(".")[2], name="seen")
def _seen(request, served):
    mock, uri = served
    return run_program("sdk_texts", request.param, uri, variables=mock.env)


@pytest.mark.parametrize("way", ["run", "deferred", "attached", "after_call"])
def test_the_tuned_model_answers_whichever_way_it_is_asked(seen, way):
    assert seen["texts"][way] == ANSWER


def test_a_stream_ends_in_the_whole_answer(seen):
    assert seen["stream"] == [["Из", "PARTIAL"], [ANSWER, "FINAL"]]


def test_as_many_tokens_are_listed_as_usage_counts(seen):
    assert len(seen["tokens"]) == seen["usage"] == 13


def test_options_are_heeded(seen):
    assert (seen["texts"]["short"], seen["short"]) == ("Из", "TRUNCATED_FINAL")
    assert json.loads(seen["texts"]["as_json"]) == {"answer": ANSWER}


def test_a_function_is_called_with_arguments_of_its_schema(seen):
    assert seen["arguments"] == {"city": "Откуда ты?"}


def test_a_base_model_says_what_it_is(seen):
    assert "базовая модель yandexgpt-lite" in seen["texts"]["base"]
