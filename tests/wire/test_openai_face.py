"""The OpenAI-compatible face: chat completions, whole and streamed, and the list of models."""

import json
from urllib.parse import quote

import pytest
import requests

from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.run_parts import environment, python, run
from tests.wire.test_rest_faces import call

__all__ = ["environment", "python", "run"]  # fixtures

CHAT = "/v1/chat/completions"
USER = {"role": "user", "content": "Кто ты?"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
WRONG_CALL = {"id": "1", "function": {"name": "weather", "arguments": "{"}}


@pytest.fixture
def chat(mock, folder):
    def chat(*messages, **more):
        model = f"gpt://{folder.id}/yandexgpt-lite/latest"
        return call(mock, "POST", CHAT, folder, {"model": model, "messages": messages or [USER], **more})

    return chat


def events(response):
    *lines, done = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert done == "[DONE]"
    return [json.loads(line) for line in lines]


def test_a_chat_is_answered(chat, folder):
    answer = chat(USER, temperature=0, max_tokens=1000).json()
    assert list(answer) == ["id", "created", "model", "object", "choices", "usage"]
    assert (answer["object"], answer["model"]) == (
        "chat.completion",
        f"gpt://{folder.id}/yandexgpt-lite/latest",
    )
    [choice] = answer["choices"]
    assert (choice["message"]["role"], choice["finish_reason"]) == ("assistant", "stop")
    assert "Кто ты?" in choice["message"]["content"]
    usage = answer["usage"]
    assert usage["prompt_tokens"] == 13
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_stream_tells_what_each_piece_adds(chat):
    whole = chat().json()
    response = chat(stream=True)
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    pieces = events(response)
    deltas = [piece["choices"][0]["delta"] for piece in pieces]
    assert "".join(delta["content"] for delta in deltas) == whole["choices"][0]["message"]["content"]
    assert [delta.get("role") for delta in deltas] == ["assistant"] + [None] * (len(deltas) - 1)
    ends = [piece["choices"][0].get("finish_reason") for piece in pieces]
    assert ends == [None] * (len(ends) - 1) + ["stop"]
    assert [piece.get("usage") for piece in pieces] == [None] * (len(ends) - 1) + [whole["usage"]]


def test_a_stream_that_is_asked_for_usage_tells_it_by_itself(chat):
    *pieces, usage = events(chat(stream=True, stream_options={"include_usage": True}))
    assert [len(piece["choices"]) for piece in pieces] == [1] * len(pieces)
    assert not any("usage" in piece for piece in pieces)
    assert (usage["choices"], usage["usage"]) == ([], chat().json()["usage"])


def test_what_is_null_is_not_given(chat):
    limited = chat(max_completion_tokens=None, max_tokens=3, stream=None, tools=None, tool_choice=None)
    assert limited.json()["choices"][0]["finish_reason"] == "length"


def test_an_answer_that_is_cut_says_so(chat):
    assert chat(max_completion_tokens=3).json()["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("stream", [False, True])
def test_a_function_is_called_and_its_result_is_answered(chat, stream):
    asked = chat(tools=[WEATHER], stream=stream)
    choice = (events(asked) if stream else [asked.json()])[0]["choices"][0]
    said = choice["delta" if stream else "message"]
    assert choice["finish_reason"] == "tool_calls"
    [called] = said["tool_calls"]
    assert json.loads(called["function"]["arguments"]) == {"city": "Кто ты?"}
    turn = {"role": "assistant", "content": None, "tool_calls": [called]}
    result = {"role": "tool", "tool_call_id": called["id"], "content": "снег"}
    answer = chat(USER, turn, result, tools=[WEATHER]).json()["choices"][0]
    assert answer["finish_reason"] == "stop"
    assert "«Кто ты?»" in answer["message"]["content"]


def test_an_answer_has_the_form_that_is_asked_for(chat):
    schema = {"type": "object", "properties": {"why": {"type": "string"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    for wanted, names in ((form, ["why"]), ({"type": "json_object"}, ["answer"])):
        answer = chat(response_format=wanted).json()["choices"][0]["message"]["content"]
        assert list(json.loads(answer)) == names


def test_content_in_parts_and_developers_are_understood(chat):
    parts = [{"type": "text", "text": "Кто "}, {"type": "text", "text": "ты?"}]
    said = chat({"role": "developer", "content": "Коротко"}, {"role": "user", "content": parts}).json()
    assert "«Кто ты?»" in said["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ({"tool_choice": "foo"}, 400, "invalid tool choice: foo"),
        ({"model": "gpt-4"}, 400, "invalid model_uri"),
        ({"model": "gpt://b1g/nobody/latest"}, 404, "Failed to get model gpt://b1g/nobody/latest"),
        ({"model": 1}, 400, "Expected `str`, got `int` - at `$.model`"),
        ({"messages": [{"content": "?"}]}, 400, "missing required field `role` - at `$.messages[0]`"),
        ({"messages": "?"}, 400, "got `str` - at `$.messages`"),
        ({"messages": None}, 400, "messages: Field is required"),
        ({"messages": [{"role": "user", "content": {}}]}, 400, "at `$.messages[0].content`"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, 400, "Unpaired surrogate"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [WRONG_CALL]}]},
            400,
            "call of weather are not JSON",
        ),
        ({"temperature": "hot"}, 400, "got `str` - at `$.temperature`"),
        ({"max_tokens": 10**30}, 400, "Value out of range"),
        ({"tools": [{"type": "web_search"}]}, 400, "missing required field `function` - at `$.tools[0]`"),
        ({"tool_choice": {}}, 400, "missing required field `function` - at `$.tool_choice`"),
        ({"response_format": {"type": "xml"}}, 400, "Invalid enum value 'xml' - at `$.response_format.type`"),
        ({"response_format": {"type": "json_schema"}}, 400, "a format of type json_schema has no schema"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_refusals_are_in_its_own_form(chat, more, status, message, stream):
    response = chat(**{"stream": stream, **more})
    assert response.status_code == status
    error = response.json()["error"]
    assert error["type"] == ("not_found_error" if status == 404 else "invalid_request_error")
    assert message in error["message"]


def test_too_much_is_not_to_be_sent_again(mock, folder):
    """Clients send again what is refused with 429."""
    response = call(mock, "POST", CHAT, folder, b" " * (4 << 20) + b"{}")
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "longer than 4194304 bytes" in response.json()["error"]["message"]


def test_it_is_the_same_call_to_faults_and_the_journal(chat, folder):
    folder.faults.add(method="TextGenerationService/Completion", status="UNAVAILABLE", message="busy")
    assert chat().json()["error"] == {"message": "busy", "type": "server_error"}
    assert chat().status_code == 200
    entries = folder.journal.calls("TextGenerationService/Completion")
    assert [entry.status for entry in entries] == ["UNAVAILABLE", "OK"]
    assert entries[1].request["messages"] == [{"role": "user", "text": "Кто ты?"}]


def test_what_is_not_there_says_what_is(mock, folder):
    response = call(mock, "GET", "/v1/nothing", folder)
    assert (response.status_code, response.json()["error"]["type"]) == (404, "not_found_error")
    assert f"POST {CHAT}" in response.json()["error"]["message"]


PROGRAM = """
from yandex_ai_studio_sdk import AIStudio

chat = AIStudio().chat.completions
model = chat("yandexgpt-lite")
print(model.run("Кто ты?").text == [*model.run_stream("Кто ты?")][-1].text)
print(model.uri in [one.uri for one in chat.list()])
"""


def test_the_official_sdk_s_chats_run_unchanged(python):
    done = python(PROGRAM)
    assert (done.returncode, done.stdout) == (0, "True\nTrue\n"), done.stderr


def test_models_are_listed_as_openai_does(mock, client, folder):
    dataset_id = steps.validated(client, folder)
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
    before = call(mock, "GET", "/v1/models", folder).json()
    folder.clock.advance(hours=1)
    uri = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    after = call(mock, "GET", "/v1/models", folder).json()
    assert after["object"] == "list"
    assert [one["id"] for one in after["data"]] == [*(one["id"] for one in before["data"]), uri]
    assert after["data"][-1] == {"id": uri, "object": "model", "created": 0, "owned_by": "Yandex"}
    assert f"gpt://{folder.id}/yandexgpt-lite/latest" in [one["id"] for one in before["data"]]
    assert folder.journal.calls("Models/List")[-1].status == "OK"


def test_one_model_is_told_of(mock, folder):
    uri = f"gpt://{folder.id}/yandexgpt-lite/latest"
    for path in (uri, quote(uri, safe="")):
        found = call(mock, "GET", f"/v1/models/{path}", folder).json()
        assert found == {"id": uri, "object": "model", "created": 0, "owned_by": "Yandex"}
    other = call(mock, "GET", "/v1/models/gpt-4", folder)
    assert (other.status_code, other.json()["error"]["message"]) == (404, "Failed to get model gpt-4")
    assert [one.status for one in folder.journal.calls("Models/Get")] == ["OK", "OK", "NOT_FOUND"]


def test_the_header_of_openai_names_the_folder(mock, folder):
    named = {"Authorization": "Bearer anything", "OpenAI-Project": folder.id}
    listed = requests.get(mock.http_url + "/v1/models", headers=named, timeout=20).json()
    assert all(f"://{folder.id}/" in one["id"] for one in listed["data"])


def test_models_are_not_listed_for_nobody(mock):
    response = requests.get(mock.http_url + "/v1/models", timeout=20)
    assert (response.status_code, response.json()["error"]["type"]) == (401, "authentication_error")


@pytest.fixture(name="strict", scope="module")
def _strict():
    with MockServer(auth="strict") as running:
        yield running


def bearer(mock, key, verb="GET", path="/v1/models", body=None):
    named = {"Authorization": f"Bearer {key}"}
    return requests.request(verb, mock.http_url + path, headers=named, json=body, timeout=20)


def test_an_api_key_is_taken_as_the_bearer_s(strict):
    """OpenAI's libraries send every key so."""
    folder = strict.folder()
    listed = bearer(strict, folder.api_key).json()
    assert all(f"://{folder.id}/" in one["id"] for one in listed["data"])
    asked = {"model": f"gpt://{folder.id}/yandexgpt-lite/latest", "messages": [USER]}
    assert bearer(strict, folder.api_key, "POST", CHAT, asked).status_code == 200
    assert bearer(strict, folder.iam_token(), "POST", CHAT, asked).status_code == 200
    entries = folder.journal.calls("TextGenerationService/Completion")
    shown = [dict(entry.metadata)["authorization"].partition("[")[0] for entry in entries]
    assert shown == ["Bearer AQVN", "Bearer t1."]


@pytest.mark.parametrize(
    ("key", "message"),
    [("AQVNnobodyknowsthis", "Unknown api key 'AQVN****this"), ("t1.x.y", "The token is invalid")],
)
def test_a_key_that_nobody_gave_is_refused(strict, key, message):
    response = bearer(strict, key)
    assert (response.status_code, response.json()["error"]["type"]) == (401, "authentication_error")
    assert response.json()["error"]["message"].startswith(message)


def test_an_api_key_is_no_bearer_s_elsewhere(strict):
    asked = {"modelUri": "gpt://b1g/yandexgpt-lite/latest", "messages": [{"role": "user", "text": "?"}]}
    path = "/foundationModels/v1/completion"
    assert bearer(strict, strict.folder().api_key, "POST", path, asked).status_code == 401
