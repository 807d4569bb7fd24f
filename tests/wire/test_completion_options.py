"""What a completion may be asked for besides its text, and what is refused."""

import json

import pytest

from aistudio_mock import MockServer
from tests.wire.steps import refused
from tests.wire.stubs import Client

COMPLETION = "TextGenerationService/Completion"
WEATHER = {
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
}
TIME = {"function": {"name": "time", "parameters": {}}}
USER = {"role": "user", "text": "Кто ты?"}
FINAL, TRUNCATED, TOOLS = 3, 2, 5
NONE, REQUIRED = 1, 3


@pytest.fixture
def ask(client, folder):
    def ask(**more):
        fields = {"model_uri": f"gpt://{folder.id}/yandexgpt-lite/latest", "messages": [USER], **more}
        *_, reply = client.stream(COMPLETION, **fields)
        return reply

    return ask


@pytest.fixture
def refusal(client, folder):
    def refusal(**more):
        fields = {"model_uri": f"gpt://{folder.id}/yandexgpt-lite/latest", "messages": [USER], **more}
        code, message = refused(client.stream, COMPLETION, **fields)
        return code.name, message

    return refusal


def test_an_answer_is_cut_at_the_limit_of_tokens(ask):
    whole = ask().alternatives[0].message.text
    reply = ask(completion_options={"max_tokens": {"value": 5}, "stream": True})
    [alternative] = reply.alternatives
    assert (alternative.status, reply.usage.completion_tokens) == (TRUNCATED, 5)
    assert whole.startswith(alternative.message.text)


def test_an_answer_that_fits_the_limit_is_whole(ask):
    count = ask().usage.completion_tokens
    assert ask(completion_options={"max_tokens": {"value": count}}).alternatives[0].status == FINAL


def test_with_a_temperature_answers_vary_and_repeat_with_the_seed():
    def said(seed):
        with MockServer() as mock, Client(mock.endpoint) as client:
            folder = mock.folder(seed=seed)
            fields = {"model_uri": f"gpt://{folder.id}/yandexgpt/latest", "messages": [USER]}
            options = {"temperature": {"value": 0.8}}
            replies = (
                list(client.stream(COMPLETION, completion_options=options, **fields)) for _ in range(8)
            )
            return [reply.alternatives[0].message.text for [reply] in replies]

    first = said(7)
    assert len(set(first)) > 1
    assert said(7) == first
    assert said(8) != first


def test_with_temperature_zero_answers_do_not_vary(ask):
    cold = {"temperature": {"value": 0}}
    assert {ask(completion_options=cold).alternatives[0].message.text for _ in range(5)} == {
        ask().alternatives[0].message.text
    }


def test_an_answer_is_put_into_json(ask):
    assert list(json.loads(ask(json_object=True).alternatives[0].message.text)) == ["answer"]


def test_an_answer_has_the_shape_of_a_schema(ask):
    schema = {"type": "object", "properties": {"mood": {"enum": ["good"]}, "why": {"type": "string"}}}
    answer = json.loads(ask(json_schema={"schema": schema}).alternatives[0].message.text)
    assert answer["mood"] == "good"
    assert "Кто ты?" in answer["why"]


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ({}, "weather"),
        ({"function_name": "time"}, "time"),
        ({"mode": REQUIRED}, "weather"),
        ({"mode": NONE}, None),
    ],
)
def test_a_function_is_called_as_chosen(ask, choice, called):
    [alternative] = ask(tools=[WEATHER, TIME], tool_choice=choice).alternatives
    names = [one.function_call.name for one in alternative.message.tool_call_list.tool_calls]
    assert names == ([called] if called else [])
    assert alternative.status == (TOOLS if called else FINAL)


def test_after_the_result_of_a_function_the_question_is_answered(ask):
    call = {"role": "assistant", "tool_call_list": {"tool_calls": [{"function_call": {"name": "weather"}}]}}
    result = {"function_result": {"name": "weather", "content": "снег"}}
    told = {"role": "user", "tool_result_list": {"tool_results": [result]}}
    [alternative] = ask(messages=[USER, call, told], tools=[WEATHER]).alternatives
    assert "«Кто ты?»" in alternative.message.text


def test_hidden_thoughts_are_counted(ask):
    plain, thinking = ask().usage, ask(completion_options={"reasoning_options": {"mode": 2}}).usage
    thoughts = thinking.completion_tokens_details.reasoning_tokens
    assert thoughts == 3
    assert thinking.completion_tokens == plain.completion_tokens + thoughts
    assert not plain.HasField("completion_tokens_details")


WRONG = [
    ({"messages": []}, "messages: Field is required"),
    ({"messages": [{"role": "robot", "text": "?"}]}, "messages[0].role: Value must be one of"),
    ({"completion_options": {"temperature": {"value": 1.1}}}, "temperature: Value must be in the range"),
    ({"completion_options": {"temperature": {"value": float("nan")}}}, "temperature: Value must be"),
    ({"completion_options": {"max_tokens": {"value": 0}}}, "max_tokens: Value must be greater than 0"),
    ({"tools": [WEATHER], "tool_choice": {"function_name": "foo"}}, "invalid tool choice: foo"),
    ({"tool_choice": {"mode": REQUIRED}}, "invalid tool choice"),
    ({"json_schema": {"schema": {"type": "colour"}}}, "not a JSON Schema"),
    ({"tools": [{"function": {"name": "f", "parameters": {"properties": 1}}}]}, "not a JSON Schema"),
    ({"model_uri": "yandexgpt"}, "invalid model_uri"),
    (
        {"messages": [{"role": "user", "text": "да " * 40_000}]},
        "number of input tokens must be no more than 32768, got 40010",
    ),
]


@pytest.mark.parametrize(("more", "said"), WRONG)
def test_what_makes_no_sense_is_refused(refusal, more, said):
    code, message = refusal(**more)
    assert code == "INVALID_ARGUMENT"
    assert said in message


@pytest.mark.parametrize("uri", ["cls://b1g/yandexgpt-lite/latest", "gpt://b1g/nobody/latest"])
def test_a_model_that_is_no_text_model_is_not_found(refusal, uri):
    assert refusal(model_uri=uri) == ("NOT_FOUND", f"Failed to get model {uri}")


def test_a_limit_of_ones_own_counts_as_usage_does(mock):
    folder = mock.folder(settings={"prompt-limit": "13"})
    with Client(mock.endpoint) as client:
        fields = {"model_uri": f"gpt://{folder.id}/yandexgpt/latest"}
        [reply] = client.stream(COMPLETION, messages=[USER], **fields)
        assert reply.usage.input_text_tokens == 13
        code, message = refused(client.stream, COMPLETION, messages=[USER, USER], **fields)
        assert (code.name, message) == (
            "INVALID_ARGUMENT",
            "number of input tokens must be no more than 13, got 16",
        )
