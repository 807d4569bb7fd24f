"""TextGenerationService: one answer, or a stream that grows to it."""

from collections.abc import Iterator

from aistudio_mock.backend import prompts
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.prompts import Prompt
from aistudio_mock.backend.text_models import TextModel, TextModels
from aistudio_mock.domain import shapes, tokens
from aistudio_mock.domain.errors import InvalidArgument
from aistudio_protos.yandex.cloud.ai.foundation_models.v1 import text_common_pb2 as common
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as wire,
)

PARTIALS = 32
"""A stream has at most so many messages before the last one: each repeats the text so far."""

_FINAL, _TRUNCATED, _TOOLS = (
    f"ALTERNATIVE_STATUS_{name}" for name in ("FINAL", "TRUNCATED_FINAL", "TOOL_CALLS")
)


class TextGeneration:
    """Completions."""

    def __init__(self, models: TextModels) -> None:
        self._models = models

    def completion(self, call: Call, request: wire.CompletionRequest) -> Iterator[wire.CompletionResponse]:
        """One answer; with `stream`, cumulative texts that end in the whole one (f).

        Raises:
            InvalidArgument: no messages, options that make no sense, or a URI that is none.
            NotFound: an unknown model, or a tuned one whose task is not COMPLETED.
        """
        model, prompt = self.asked(call, request)
        whole = self.answered(model, prompt)
        if prompt.is_stream:
            text = whole.alternatives[0].message.text
            yield from (_grown(whole, part) for part in growing(text))
        yield whole

    def asked(self, call: Call, request: wire.CompletionRequest) -> tuple[TextModel, Prompt]:
        """The model that a request is for, and what it is asked. Raises as `completion`."""
        model = self._models.find(call, request.model_uri)
        return model, prompts.read(request, _limit(model.folder))

    def answered(self, model: TextModel, prompt: Prompt) -> wire.CompletionResponse:
        """The whole answer. Raises InvalidArgument for a schema that is none."""
        message, status = self._message(model, prompt)
        version = model.folder.settings.behaviours.completion_model_version
        return wire.CompletionResponse(
            alternatives=[common.Alternative(message=message, status=status)],
            usage=_usage(prompt, message),
            model_version=version,
        )

    def _message(self, model: TextModel, prompt: Prompt) -> tuple[common.Message, str]:
        try:
            if prompt.function is not None:
                return _tool_call(prompt.function, prompt.question), _TOOLS
            text = self._models.say(model, prompt.messages, prompt.temperature)
            if prompt.schema is not None:
                text = shapes.as_instance(prompt.schema, text)
            elif prompt.is_json:
                text = shapes.as_object(text)
        except shapes.SchemaError as problem:
            raise InvalidArgument(str(problem)) from None
        cut = None if prompt.max_tokens is None else tokens.shortened(text, prompt.max_tokens)
        if cut is not None:
            return common.Message(role="assistant", text=cut), _TRUNCATED
        return common.Message(role="assistant", text=text), _FINAL


def _limit(folder: Folder) -> int | None:
    limit = folder.settings.behaviours.prompt_limit
    return None if limit == "off" else int(limit)


def _tool_call(function: prompts.Function, question: str) -> common.Message:
    arguments = shapes.instance({"type": "object", **function.parameters}, question)
    call = common.FunctionCall(name=function.name)
    call.arguments.update(arguments)
    calls = common.ToolCallList(tool_calls=[common.ToolCall(function_call=call)])
    return common.Message(role="assistant", tool_call_list=calls)


def _usage(prompt: Prompt, message: common.Message) -> common.ContentUsage:
    """Tokens of the prompt and of the answer; hidden thoughts are as long as the question (assumed)."""
    told = message.text or " ".join(str(call) for call in message.tool_call_list.tool_calls)
    thoughts = tokens.count(prompt.question) if prompt.thinks else 0
    completion = tokens.count(told) + thoughts
    asked = prompt.tokens
    usage = common.ContentUsage(
        input_text_tokens=asked, completion_tokens=completion, total_tokens=asked + completion
    )
    if prompt.thinks:
        usage.completion_tokens_details.reasoning_tokens = thoughts
    return usage


def growing(answer: str) -> Iterator[str]:
    """The answer's beginnings, some words longer each time, without the whole."""
    words = answer.split(" ")
    step = -(-(len(words) - 1) // PARTIALS) or 1
    return (" ".join(words[:count]) for count in range(1, len(words), step))


def _grown(whole: wire.CompletionResponse, text: str) -> wire.CompletionResponse:
    """The answer as it is on its way."""
    part = wire.CompletionResponse()
    part.CopyFrom(whole)
    [alternative] = part.alternatives
    missing = tokens.count(alternative.message.text) - tokens.count(text)
    alternative.message.text, alternative.status = text, common.Alternative.ALTERNATIVE_STATUS_PARTIAL
    part.usage.completion_tokens -= missing
    part.usage.total_tokens -= missing
    return part
