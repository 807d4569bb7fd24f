"""Chat completions in OpenAI's form, and the completions that they are."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.transport.http import openai_forms as forms

Document = dict[str, Any]

_FINISHED: Mapping[int, str] = {2: "length", 3: "stop", 4: "content_filter", 5: "tool_calls"}
"""Why it ended, by the status of the alternative."""
_MODES = {"none": "NONE", "auto": "AUTO", "required": "REQUIRED"}


def request(said: Document) -> tuple[Document, bool]:
    """The CompletionRequest, as JSON, that a chat is; whether it asks for usage. Raises InvalidArgument."""
    chat = forms.read(forms.Chat, said, "a chat completion")
    return completion(chat), chat.stream_options is not None and chat.stream_options.include_usage


def completion(chat: forms.Chat) -> Document:
    """The CompletionRequest, as JSON. Raises InvalidArgument."""
    names: dict[str, str] = {}
    form = chat.response_format or forms.ResponseFormat()
    asked = {
        "modelUri": chat.model,
        "completionOptions": _options(chat),
        "messages": [_message(turn, names) for turn in chat.messages or ()],
        "tools": [{"function": msgspec.to_builtins(tool.function)} for tool in chat.tools or ()],
        "toolChoice": _choice(chat.tool_choice),
        "parallelToolCalls": chat.parallel_tool_calls,
        "jsonObject": form.type == "json_object" or None,
        "jsonSchema": _schema(form) if form.type == "json_schema" else None,
    }
    return _given(asked)


def answer(reply: Any, heading: Document) -> Document:
    """The whole answer."""
    [alternative] = reply.alternatives
    choice = {
        "index": 0,
        "message": spoken(alternative.message, heading),
        "finish_reason": finish(alternative),
    }
    return {**heading, "object": "chat.completion", "choices": [choice], "usage": _usage(reply)}


def events(heading: Document, *, usage_by_itself: bool) -> Callable[[Any], bytes]:
    """Writes each reply of a stream as what it adds to the one before; the last one with usage and `[DONE]`.

    Usage comes with the last piece, or in an event of its own that has no choices.
    """
    told = ""

    def write(reply: Any) -> bytes:
        nonlocal told
        [alternative] = reply.alternatives
        text, reason = alternative.message.text, finish(alternative)
        delta: Document = {"content": text[len(told) :]}
        if not told:
            delta = {**spoken(alternative.message, heading), **(delta if text else {})}
        told = text
        chunk = {**heading, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}
        return event(chunk) if reason is None else b"".join(_last(chunk, reason, _usage(reply)))

    def _last(chunk: Document, reason: str, usage: Document) -> Iterator[bytes]:
        # Neither is null before: the official SDK takes the reason for text, and any usage for the last one.
        chunk["choices"][0]["finish_reason"] = reason
        if usage_by_itself:
            yield event(chunk)
            yield event({**chunk, "choices": [], "usage": usage})
        else:
            yield event({**chunk, "usage": usage})
        yield b"data: [DONE]\n\n"

    return write


def event(document: Document) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def _options(chat: forms.Chat) -> Document:
    has_reasoning = chat.reasoning_effort not in (None, "none")
    limit = chat.max_tokens if chat.max_completion_tokens is None else chat.max_completion_tokens
    options = {
        "stream": chat.stream,
        "temperature": chat.temperature,
        "maxTokens": limit,
        "reasoningOptions": {"mode": "ENABLED_HIDDEN"} if has_reasoning else None,
    }
    return _given(options)


def _message(turn: forms.Turn, names: dict[str, str]) -> Document:
    """A turn. `names` are the functions that were called so far, by the ids of their calls."""
    content = turn.content or ""
    if not isinstance(content, str):
        content = "".join(part.text for part in content if part.type == "text")
    if turn.role == "tool":
        result = {"name": names.get(turn.tool_call_id or "", ""), "content": content}
        return {"role": "user", "toolResultList": {"toolResults": [{"functionResult": result}]}}
    if turn.tool_calls:
        names.update({call.id: call.function.name for call in turn.tool_calls})
        calls = [{"functionCall": _called(call.function)} for call in turn.tool_calls]
        return {"role": turn.role, "toolCallList": {"toolCalls": calls}}
    return {"role": "system" if turn.role == "developer" else turn.role, "text": content}


def _called(function: forms.CalledFunction) -> Document:
    try:
        return {"name": function.name, "arguments": json.loads(function.arguments)}
    except (ValueError, RecursionError) as problem:
        raise InvalidArgument(f"the arguments of a call of {function.name} are not JSON: {problem}") from None


def _choice(choice: str | forms.Choice | None) -> Document | None:
    if choice is None:
        return None
    if isinstance(choice, forms.Choice):
        return {"functionName": choice.function.name}
    if choice not in _MODES:
        raise InvalidArgument(f"invalid tool choice: {choice}")
    return {"mode": _MODES[choice]}


def _schema(form: forms.ResponseFormat) -> Document:
    if form.json_schema is None:
        raise InvalidArgument("a format of type json_schema has no schema")
    return {"schema": form.json_schema.schema}


def _given(fields: Document) -> Document:
    return {name: value for name, value in fields.items() if value is not None}


def finish(alternative: Any) -> str | None:
    """Why it ended; None where it goes on."""
    return _FINISHED.get(alternative.status)


def spoken(message: Any, heading: Document) -> Document:
    """The model's turn: what it says, or what it wants called."""
    calls = [
        {
            "index": index,
            "id": f"call-{heading['id'][-12:]}-{index}",
            "type": "function",
            "function": {
                "name": call.function_call.name,
                "arguments": _arguments(call.function_call.arguments),
            },
        }
        for index, call in enumerate(message.tool_call_list.tool_calls)
    ]
    said = {"content": None, "tool_calls": calls} if calls else {"content": message.text}
    return {"role": "assistant", **said}


def _arguments(arguments: Message) -> str:
    return json.dumps(MessageToDict(arguments), ensure_ascii=False)


def _usage(reply: Any) -> Document:
    usage = reply.usage
    return {
        "prompt_tokens": usage.input_text_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
