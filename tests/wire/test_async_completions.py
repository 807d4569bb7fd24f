"""Completions that are collected later: their times, their end, what is refused."""

import pytest

from tests.wire.steps import refused
from tests.wire.stubs import Client, unpack

COMPLETION = "TextGenerationAsyncService/Completion"


def ask(client, folder, **more):
    messages = [{"role": "user", "text": "Кто ты?"}]
    fields = {"model_uri": f"gpt://{folder.id}/yandexgpt-lite/latest", "messages": messages, **more}
    return client.call(COMPLETION, **fields)


def test_the_answer_is_there_after_a_few_seconds(client, folder):
    operation = ask(client, folder)
    assert not operation.done
    assert not client.call("OperationService/Get", operation_id=operation.id).done
    folder.clock.advance(seconds=4)
    collected = client.call("OperationService/Get", operation_id=operation.id)
    assert collected.done
    assert not collected.HasField("metadata")
    assert "Кто ты?" in unpack(collected.response).alternatives[0].message.text
    later = collected.modified_at.seconds - operation.created_at.seconds
    assert 1 <= later <= 5


def test_it_can_be_collected_for_three_days(client, folder):
    operation = ask(client, folder)
    folder.clock.advance(days=2, hours=23)
    assert client.call("OperationService/Get", operation_id=operation.id).done
    folder.clock.advance(hours=2)
    code, _ = refused(client.call, "OperationService/Get", operation_id=operation.id)
    assert code.name == "NOT_FOUND"


def test_it_can_be_cancelled_until_it_is_done(client, folder):
    operation = ask(client, folder)
    cancelled = client.call("OperationService/Cancel", operation_id=operation.id)
    assert (cancelled.done, cancelled.error.code) == (True, 1)
    folder.clock.advance(hours=1)
    assert client.call("OperationService/Get", operation_id=operation.id) == cancelled


def test_with_instant_durations_it_is_done_at_once(mock):
    folder = mock.folder(durations="instant")
    with Client(mock.endpoint) as client:
        operation = ask(client, folder)
        assert client.call("OperationService/Get", operation_id=operation.id).done


def test_the_model_is_asked_when_the_call_is_made(client, folder):
    operation = ask(client, folder)
    folder.faults.add(method="TextGenerationService/*", status="INTERNAL")
    folder.clock.advance(hours=1)
    assert client.call("OperationService/Get", operation_id=operation.id).HasField("response")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"messages": []}, "INVALID_ARGUMENT"),
        ({"model_uri": "?"}, "INVALID_ARGUMENT"),
        ({"model_uri": "gpt://b1g/nobody/latest"}, "NOT_FOUND"),
    ],
)
def test_what_a_completion_would_refuse_is_refused_at_once(client, folder, more, code):
    assert refused(ask, client, folder, **more)[0].name == code


def test_a_reset_forgets_it(client, folder):
    operation = ask(client, folder)
    folder.reset()
    assert refused(client.call, "OperationService/Get", operation_id=operation.id)[0].name == "NOT_FOUND"
