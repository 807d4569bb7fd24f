"""Responses in OpenAI's form, and the completions that they are: a chat that is asked in another way."""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.transport.http import openai_chat
from aistudio_mock.transport.http import openai_forms as forms

Document = dict[str, Any]

_TEXTS = frozenset({"input_text", "output_text"})


class Item(Struct):
    """One of what a response answers to: a message, a call that was wanted, or its result."""

    type: str = "message"
    role: str = ""
    content: str | list[forms.Part] | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = "{}"
    output: str | list[forms.Part] = ""


class Tool(Struct):
    """A function that the model may call; tools of other types are refused."""

    type: str = "function"
    name: str = ""
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Format(Struct):
    """The form that an answer is to have."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    schema: dict[str, Any] | None = None


class Text(Struct):
    """How the text of an answer is to be."""

    format: Format | None = None


class Reasoning(Struct):
    """How long the model may think."""

    effort: str | None = None


class Asked(Struct):
    """The body of `POST /v1/responses`."""

    input: str | list[Item]
    model: str = ""
    instructions: str | None = None
    stream: bool | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    reasoning: Reasoning | None = None
    tools: list[Tool] | None = None
    tool_choice: str | forms.ChosenFunction | None = None
    parallel_tool_calls: bool | None = None
    text: Text | None = None
    previous_response_id: str | None = None
    background: bool | None = None


def request(said: Document) -> Document:
    """The CompletionRequest, as JSON, that a response is asked by. Raises InvalidArgument."""
    asked = forms.read(Asked, said, "a request for a response")
    if asked.previous_response_id or asked.background:
        raise InvalidArgument("responses are not kept here: send the whole conversation as input, and wait")
    return openai_chat.completion(_chat(asked))


def _chat(asked: Asked) -> forms.Chat:
    form = asked.text.format if asked.text else None
    schema = forms.NamedSchema(form.schema) if form and form.schema is not None else None
    choice = asked.tool_choice
    return forms.Chat(
        model=asked.model,
        messages=list(_turns(asked)),
        stream=asked.stream,
        temperature=asked.temperature,
        max_tokens=asked.max_output_tokens,
        reasoning_effort=asked.reasoning.effort if asked.reasoning else None,
        tools=[_tool(tool) for tool in asked.tools or ()],
        tool_choice=forms.Choice(choice) if isinstance(choice, forms.ChosenFunction) else choice,
        parallel_tool_calls=asked.parallel_tool_calls,
        response_format=forms.ResponseFormat(form.type, schema) if form else None,
    )


def _tool(tool: Tool) -> forms.Tool:
    if tool.type != "function":
        raise InvalidArgument(f"tools: {tool.type} is not imitated; only functions are")
    return forms.Tool(forms.Function(tool.name, tool.description, tool.parameters, tool.strict))


def _turns(asked: Asked) -> Iterator[forms.Turn]:
    if asked.instructions:
        yield forms.Turn("system", asked.instructions)
    if isinstance(asked.input, str):
        yield forms.Turn("user", asked.input)
        return
    for index, item in enumerate(asked.input):
        if item.type == "message":
            if not item.role:
                raise InvalidArgument(f"input[{index}]: a message has a role")
            yield forms.Turn(item.role, _plain(item.content))
        elif item.type == "function_call":
            function = forms.CalledFunction(item.name, item.arguments)
            yield forms.Turn("assistant", tool_calls=[forms.ToolCall(function, item.call_id)])
        elif item.type == "function_call_output":
            yield forms.Turn("tool", _plain(item.output), tool_call_id=item.call_id)


def _plain(content: str | list[forms.Part] | None) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.text for part in content or () if part.type in _TEXTS)
