"""What a completion is asked for, read from its request and checked without looking at any model."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from msgspec import Struct

from aistudio_mock.domain import tokens
from aistudio_mock.domain.answers import Message
from aistudio_mock.domain.errors import FieldViolation, InvalidArgument
from aistudio_mock.domain.shapes import Schema
from aistudio_protos.yandex.cloud.ai.foundation_models.v1 import text_common_pb2 as common
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as wire,
)

ROLES = ("system", "user", "assistant")

_Choice = common.ToolChoice.ToolChoiceMode


class Function(Struct, frozen=True):
    """A function that the model may ask for."""

    name: str
    parameters: Schema


class Prompt(Struct, frozen=True):
    """One conversation to continue, and how."""

    messages: tuple[Message, ...]
    temperature: float = 0.0
    max_tokens: int | None = None
    is_stream: bool = False
    is_json: bool = False
    schema: Schema | None = None
    function: Function | None = None
    """The one to call instead of saying anything."""
    thinks: bool = False

    @property
    def tokens(self) -> int:
        """How many tokens it has."""
        return tokens.count_prompt(self.messages)

    @property
    def question(self) -> str:
        """What was said last."""
        return self.messages[-1].text


def read(request: wire.CompletionRequest, limit: int | None = None) -> Prompt:
    """The prompt of a request; with no more than `limit` tokens where there is one.

    Raises:
        InvalidArgument: no messages, an unknown role or tool, an option out of its range, or too long.
    """
    options = request.completion_options
    violations = tuple(_violations(request))
    if violations:
        raise InvalidArgument.of(*violations)
    prompt = Prompt(
        messages=tuple(Message(_role(one), _text(one)) for one in request.messages),
        temperature=options.temperature.value,
        max_tokens=options.max_tokens.value if options.HasField("max_tokens") else None,
        is_stream=options.stream,
        is_json=request.json_object,
        schema=_plain(request.json_schema.schema) if request.HasField("json_schema") else None,
        function=_function(request),
        thinks=options.reasoning_options.mode == common.ReasoningOptions.ENABLED_HIDDEN,
    )
    if limit is not None and (count := prompt.tokens) > limit:
        raise InvalidArgument(f"number of input tokens must be no more than {limit}, got {count}")
    return prompt


def out_of_range(name: str, options: Any) -> Iterator[FieldViolation]:
    """What is wrong with a temperature and a number of tokens; `options` is a field of that name."""
    if not 0 <= options.temperature.value <= 1:
        yield FieldViolation(f"{name}.temperature", "Value must be in the range of 0 to 1")
    if options.HasField("max_tokens") and options.max_tokens.value <= 0:
        yield FieldViolation(f"{name}.max_tokens", "Value must be greater than 0")


def _violations(request: wire.CompletionRequest) -> Iterator[FieldViolation]:
    if not request.messages:
        yield FieldViolation("messages", "Field is required")
    for at, message in enumerate(request.messages):
        if message.role not in ("", *ROLES):
            yield FieldViolation(f"messages[{at}].role", f"Value must be one of {', '.join(ROLES)}")
    yield from out_of_range("completion_options", request.completion_options)


def _role(message: common.Message) -> str:
    """Who says it. What tools gave is no question, whoever hands it on."""
    return "tool" if message.HasField("tool_result_list") else message.role or "user"


def _text(message: common.Message) -> str:
    """What a message says; a call or a result of tools says its names and contents."""
    content = message.WhichOneof("Content")
    if content == "tool_call_list":
        calls = (call.function_call for call in message.tool_call_list.tool_calls)
        return " ".join(f"{call.name} {_plain(call.arguments)}" for call in calls)
    if content == "tool_result_list":
        results = (result.function_result for result in message.tool_result_list.tool_results)
        return " ".join(f"{result.name} {result.content}" for result in results)
    return message.text


def _function(request: wire.CompletionRequest) -> Function | None:
    """The function that the model calls: the one that is named, else the first, unless its result is there.

    Raises InvalidArgument, in the words of the OpenAI-compatible face (a.6).
    """
    offered = [tool.function for tool in request.tools if tool.WhichOneof("ToolType") == "function"]
    choice, name = request.tool_choice, request.tool_choice.function_name
    if choice.WhichOneof("ToolChoice") == "function_name":
        chosen = [one for one in offered if one.name == name]
        if not chosen:
            raise InvalidArgument(f"invalid tool choice: {name}")
    else:
        forced = choice.mode == _Choice.REQUIRED
        if forced and not offered:
            raise InvalidArgument("invalid tool choice: REQUIRED, and there are no tools")
        has_result = request.messages[-1:] and request.messages[-1].HasField("tool_result_list")
        chosen = [] if choice.mode == _Choice.NONE or (has_result and not forced) else offered
    return Function(chosen[0].name, _plain(chosen[0].parameters)) if chosen else None


def _plain(message: Any) -> Mapping[str, Any]:
    return MessageToDict(message)
