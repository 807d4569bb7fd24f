"""Requests in OpenAI's form, as far as they are read; fields beyond these are ignored."""

from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from aistudio_mock.domain.errors import InvalidArgument

Form = TypeVar("Form", bound=Struct)


class Part(Struct):
    """A piece of a turn's content."""

    type: str
    text: str = ""


class CalledFunction(Struct):
    """What is called; `arguments` are JSON as text."""

    name: str
    arguments: str


class ToolCall(Struct):
    """A call that the model wants made."""

    function: CalledFunction
    id: str = ""


class Turn(Struct):
    """One message of a chat."""

    role: str
    content: str | list[Part] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None


class Function(Struct, omit_defaults=True):
    """A function that the model may call."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(Struct):
    """A tool: functions only."""

    function: Function


class ChosenFunction(Struct):
    """The name of the function that is to be called."""

    name: str


class Choice(Struct):
    """The tool that is to be called."""

    function: ChosenFunction


class NamedSchema(Struct):
    """A JSON Schema; its name is not read."""

    schema: dict[str, Any]


class ResponseFormat(Struct):
    """The form that an answer is to have."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: NamedSchema | None = None


class StreamOptions(Struct):
    """What a stream tells besides its text."""

    include_usage: bool = False


class Chat(Struct):
    """The body of `POST /v1/chat/completions`."""

    model: str = ""
    messages: list[Turn] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    reasoning_effort: str | None = None
    tools: list[Tool] | None = None
    tool_choice: str | Choice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None


class Embeddings(Struct):
    """The body of `POST /v1/embeddings`."""

    input: str | list[str]
    model: str = ""
    dimensions: int | None = None
    encoding_format: Literal["float", "base64"] | None = None


def read(form: type[Form], said: dict[str, Any], name: str) -> Form:
    """The form that a JSON object fills. Raises InvalidArgument, naming the field that does not fit."""
    try:
        return msgspec.convert(said, form)
    except msgspec.ValidationError as problem:
        raise InvalidArgument(f"the body is not the JSON of {name}: {problem}") from None
