"""gRPC's own retries, as a service config asks for them: of refusals only, and as often as it says."""

import grpc
import pytest
import yandexcloud

from tests.wire.stubs import Client

LIST, COMPLETION = "DatasetService/List", "TextGenerationService/Completion"
POLICY = yandexcloud.RetryPolicy(throttling_mode=yandexcloud.ThrottlingMode.PERSISTENT).to_json()
"""Of the official SDK for Python: up to four attempts after UNAVAILABLE."""


@pytest.fixture
def retrying(mock, folder):
    options = (("grpc.service_config", POLICY),)
    with Client(mock.endpoint, f"Api-Key {folder.api_key}", options=options) as client:
        yield client


def called(client, folder, method):
    if method == LIST:
        client.call(LIST, folder_id=folder.id)
    else:
        model = f"gpt://{folder.id}/yandexgpt-lite/latest"
        assert list(client.stream(method, model_uri=model, messages=[{"role": "user", "text": "?"}]))


@pytest.mark.parametrize("method", [LIST, COMPLETION])
def test_what_is_refused_twice_is_answered_at_last(retrying, folder, method):
    folder.faults.add(method=method, status="UNAVAILABLE", times=2)
    called(retrying, folder, method)
    statuses = [entry.status for entry in folder.journal.calls(method)]
    assert statuses == ["UNAVAILABLE", "UNAVAILABLE", "OK"]


@pytest.mark.parametrize(("status", "attempts"), [("UNAVAILABLE", 4), ("RESOURCE_EXHAUSTED", 1)])
def test_it_gives_up_as_the_policy_says(retrying, folder, status, attempts):
    folder.faults.add(method=LIST, status=status, times=9)
    with pytest.raises(grpc.RpcError):
        called(retrying, folder, LIST)
    assert len(folder.journal.calls(LIST)) == attempts
