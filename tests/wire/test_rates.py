"""Limits on calls of models: at the same time and in a span of time, by whichever face they come."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import requests

from tests.wire import steps
from tests.wire.stubs import Client

USER = [{"role": "user", "text": "Кто ты?"}]
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
HOURLY = "ai.textGenerationCompletionRequestsPerHour.rate rate quota limit exceed: allowed {} requests"
AT_ONCE = "ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed {} requests"


@pytest.fixture
def limited(mock):
    """A folder with quotas, and a client of it."""
    opened = []

    def limited(quotas):
        folder = mock.folder(settings={"quotas": quotas})
        opened.append(Client(mock.endpoint, f"Api-Key {folder.api_key}"))
        return opened[-1], folder

    yield limited
    for client in opened:
        client.channel.close()


def fields(folder):
    return {"model_uri": f"gpt://{folder.id}/yandexgpt-lite/latest", "messages": USER}


def complete(client, folder):
    return list(client.stream("TextGenerationService/Completion", **fields(folder)))


def test_an_hour_takes_so_many_completions_and_the_next_hour_again(limited):
    client, folder = limited("completions-per-hour:2")
    for _ in range(2):
        complete(client, folder)
    for _ in range(2):
        assert steps.refused(complete, client, folder) == (EXHAUSTED, HOURLY.format(2))
    folder.clock.advance(hours=1)
    complete(client, folder)


def test_both_faces_use_up_one_limit(mock, limited):
    client, folder = limited("completions-per-hour:1")
    complete(client, folder)
    uri = fields(folder)["model_uri"]
    answer = requests.post(
        mock.http_url + "/foundationModels/v1/completion",
        json={"modelUri": uri, "messages": USER},
        headers={"Authorization": f"Api-Key {folder.api_key}"},
        timeout=20,
    )
    assert answer.status_code == 429
    error = answer.json()["error"]
    assert (error["grpcCode"], error["message"]) == (8, HOURLY.format(1))


def test_a_call_that_is_still_under_way_holds_its_place(limited):
    client, folder = limited("completion-sessions:1")
    folder.faults.add(method="TextGenerationService/Completion", latency=60, times=None)
    calls = [client.stream("TextGenerationService/Completion", **fields(folder)) for _ in range(2)]

    def end(number):
        with pytest.raises(grpc.RpcError) as ended:
            list(calls[number])
        calls[1 - number].cancel()
        return ended.value.code(), ended.value.details()

    with ThreadPoolExecutor(2) as pool:
        ends = dict(pool.map(end, range(2)))
    assert ends.keys() == {EXHAUSTED, grpc.StatusCode.CANCELLED}
    assert ends[EXHAUSTED] == AT_ONCE.format(1)


def test_a_refused_call_frees_its_place(limited):
    client, folder = limited("completion-sessions:1")
    for _ in range(3):
        code, _ = steps.refused(
            client.stream, "TextGenerationService/Completion", model_uri=fields(folder)["model_uri"]
        )
        assert code.name == "INVALID_ARGUMENT"
    complete(client, folder)


CALLS = [
    ("async-completions-per-second", "TextGenerationAsyncService/Completion", {"messages": USER}),
    ("tokenizations-per-second", "TokenizerService/Tokenize", {"text": "да"}),
    ("tokenizations-per-second", "TokenizerService/TokenizeCompletion", {"messages": USER}),
]


@pytest.mark.parametrize(("quota", "method", "more"), CALLS)
def test_a_second_takes_so_many_calls(limited, quota, method, more):
    client, folder = limited(f"{quota}:1")
    asked = {"model_uri": fields(folder)["model_uri"], **more}
    client.call(method, **asked)
    assert steps.refused(client.call, method, **asked)[0] is EXHAUSTED
    folder.clock.advance(seconds=1)
    client.call(method, **asked)


def test_only_results_of_asynchronous_completions_are_counted_when_they_are_read(limited):
    client, folder = limited("async-results-per-second:1")
    _, validation = steps.validating(client, folder)
    for _ in range(3):
        client.call("OperationService/Get", operation_id=validation)
    later = client.call("TextGenerationAsyncService/Completion", **fields(folder)).id
    client.call("OperationService/Get", operation_id=later)
    assert steps.refused(client.call, "OperationService/Get", operation_id=later)[0] is EXHAUSTED


def test_one_folder_s_calls_are_not_another_s(limited):
    (client, folder), (other, other_folder) = (
        limited("completions-per-hour:1"),
        limited("completions-per-hour:1"),
    )
    complete(client, folder)
    complete(other, other_folder)


def test_a_reset_begins_every_span_anew(limited):
    client, folder = limited("completions-per-hour:1")
    complete(client, folder)
    folder.reset()
    complete(client, folder)


def test_by_default_nothing_is_limited(client, folder):
    for _ in range(120):
        complete(client, folder)


def test_documented_limits_are_those_of_the_pages(limited):
    client, folder = limited("documented")
    for _ in range(100):
        complete(client, folder)
    assert steps.refused(complete, client, folder) == (EXHAUSTED, HOURLY.format(100))
