"""Responses in OpenAI's form: the completions of a chat, whole and as the events of a stream."""

import json

import pytest

from tests.wire.test_rest_faces import call

RESPONSES = "/v1/responses"
WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
def ask(mock, folder):
    def ask(asked="Кто ты?", **more):
        model = f"gpt://{folder.id}/yandexgpt-lite/latest"
        return call(mock, "POST", RESPONSES, folder, {"model": model, "input": asked, **more})

    return ask


def text(response):
    [message] = response["output"]
    [part] = message["content"]
    assert (message["type"], message["role"], part["type"]) == ("message", "assistant", "output_text")
    return part["text"]


def events(answer):
    found = []
    for event in answer.text.removesuffix("\n\n").split("\n\n"):
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    assert [event["sequence_number"] for event in found] == [*range(len(found))]
    return found


def test_it_says_what_a_chat_says(ask, mock, folder):
    response = ask(instructions="Коротко", temperature=0).json()
    turns = [{"role": "system", "content": "Коротко"}, {"role": "user", "content": "Кто ты?"}]
    asked = {"model": response["model"], "messages": turns}
    chat = call(mock, "POST", "/v1/chat/completions", folder, asked).json()
    assert text(response) == chat["choices"][0]["message"]["content"]
    assert (response["object"], response["status"], response["error"]) == ("response", "completed", None)
    assert response["usage"]["input_tokens"] == chat["usage"]["prompt_tokens"]
    assert response["usage"]["total_tokens"] == chat["usage"]["total_tokens"]
    by_response, by_chat = folder.journal.calls("TextGenerationService/Completion")
    assert by_response.request["messages"] == by_chat.request["messages"]


def test_a_conversation_is_a_list_of_items(ask, folder):
    said = {"role": "assistant", "content": [{"type": "output_text", "text": "Женя", "annotations": []}]}
    asked = {"role": "user", "content": [{"type": "input_text", "text": "Где?"}, {"type": "input_image"}]}
    assert "«Где?»" in text(ask([{"role": "user", "content": "Кто?"}, said, asked]).json())
    [entry] = folder.journal.calls("TextGenerationService/Completion")
    assert [turn["text"] for turn in entry.request["messages"]] == ["Кто?", "Женя", "Где?"]


def test_a_stream_is_its_events_in_order(ask):
    whole = ask().json()
    found = events(ask(stream=True))
    deltas = [event["delta"] for event in found if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == text(whole)
    assert [event["type"].removeprefix("response.") for event in found] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        *["output_text.delta"] * len(deltas),
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    first, last = found[0]["response"], found[-1]["response"]
    assert (first["status"], first["output"], last["status"]) == ("in_progress", [], "completed")
    assert (text(last), last["usage"]) == (text(whole), whole["usage"])


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_cut_is_incomplete(ask, stream):
    answer = ask(max_output_tokens=3, stream=stream)
    last = events(answer)[-1] if stream else {"type": "response.incomplete", "response": answer.json()}
    assert last["type"] == "response.incomplete"
    assert last["response"]["status"] == "incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_function_is_called_and_its_result_is_answered(ask, stream):
    asked = ask(tools=[WEATHER], tool_choice={"type": "function", "name": "weather"}, stream=stream)
    response = events(asked)[-1]["response"] if stream else asked.json()
    [called] = response["output"]
    assert (called["type"], called["name"], json.loads(called["arguments"])) == (
        "function_call",
        "weather",
        {"city": "Кто ты?"},
    )
    result = {"type": "function_call_output", "call_id": called["call_id"], "output": "снег"}
    answer = ask([{"role": "user", "content": "Кто ты?"}, called, result], tools=[WEATHER]).json()
    assert "«Кто ты?»" in text(answer)


def test_a_called_function_is_streamed_too(ask):
    kinds = [event["type"].removeprefix("response.") for event in events(ask(tools=[WEATHER], stream=True))]
    arguments = ["function_call_arguments.delta", "function_call_arguments.done"]
    assert kinds[2:] == ["output_item.added", *arguments, "output_item.done", "completed"]


def test_an_answer_has_the_form_that_is_asked_for(ask):
    schema = {"type": "object", "properties": {"why": {"type": "string"}}}
    form = {"type": "json_schema", "name": "x", "schema": schema}
    assert list(json.loads(text(ask(text={"format": form}).json()))) == ["why"]


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ({"model": "gpt-4"}, 400, "invalid model_uri"),
        ({"model": "gpt://b1g/nobody"}, 404, "Failed to get model gpt://b1g/nobody"),
        ({"input": None}, 400, "at `$.input`"),
        ({"input": []}, 400, "messages: Field is required"),
        ({"input": [{"content": "?"}]}, 400, "input[0]: a message has a role"),
        ({"tools": [{"type": "web_search"}]}, 400, "web_search is not imitated"),
        ({"text": {"format": {"type": "json_schema"}}}, 400, "a format of type json_schema has no schema"),
        ({"previous_response_id": "resp_1"}, 400, "responses are not kept here"),
        ({"background": True}, 400, "responses are not kept here"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_refusals_are_in_its_own_form(ask, more, status, message, stream):
    more = dict(more)
    response = ask(more.pop("input", "?"), stream=stream, **more)
    assert response.status_code == status
    assert message in response.json()["error"]["message"]
