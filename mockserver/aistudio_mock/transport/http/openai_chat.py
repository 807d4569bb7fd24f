"""Chat completions in OpenAI's form, and the completions that they are."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from aistudio_mock.domain.errors import InvalidArgument

Document = dict[str, Any]

_FINISHED: Mapping[int, str] = {2: "length", 3: "stop", 4: "content_filter", 5: "tool_calls"}
"""Why it ended, by the status of the alternative."""
_MODES = {"none": "NONE", "auto": "AUTO", "required": "REQUIRED"}


def request(said: Document) -> Document:
    """The CompletionRequest, as JSON, that a chat is. Raises InvalidArgument."""
    try:
        return {name: value for name, value in _request(said).items() if value is not None}
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise InvalidArgument(f"the body is not the JSON of a chat completion: {problem!r}") from None


def answer(reply: Any, heading: Document) -> Document:
    """The whole answer."""
    [alternative] = reply.alternatives
    choice = {
        "index": 0,
        "message": _said(alternative.message, heading),
        "finish_reason": _finish(alternative),
    }
    return {**heading, "object": "chat.completion", "choices": [choice], "usage": _usage(reply)}


def events(heading: Document) -> Callable[[Any], bytes]:
    """Writes each reply of a stream as what it adds to the one before; the last one with `[DONE]`."""
    told = ""

    def write(reply: Any) -> bytes:
        nonlocal told
        [alternative] = reply.alternatives
        text, finish = alternative.message.text, _finish(alternative)
        delta: Document = {"content": text[len(told) :]}
        if not told:
            delta = {**_said(alternative.message, heading), **(delta if text else {})}
        told = text
        return b"".join(_events(delta, finish, _usage(reply)))

    def _events(delta: Document, finish: str | None, usage: Document) -> Iterator[bytes]:
        chunk = {**heading, "object": "chat.completion.chunk"}
        # Not null before the end: the official SDK takes the reason for text wherever there is one.
        ended = {} if finish is None else {"finish_reason": finish}
        yield _event({**chunk, "choices": [{"index": 0, "delta": delta, **ended}]})
        if ended:
            yield _event({**chunk, "choices": [], "usage": usage})
            yield b"data: [DONE]\n\n"

    return write


def _request(said: Document) -> Document:
    names: dict[str, str] = {}
    form = said.get("response_format") or {}
    options = {
        "stream": said.get("stream", False),
        "temperature": said.get("temperature"),
        "maxTokens": said.get("max_completion_tokens", said.get("max_tokens")),
    }
    if said.get("reasoning_effort", "none") not in (None, "none"):
        options["reasoningOptions"] = {"mode": "ENABLED_HIDDEN"}
    return {
        "modelUri": said.get("model"),
        "completionOptions": {name: value for name, value in options.items() if value is not None},
        "messages": [_message(one, names) for one in said.get("messages") or ()],
        "tools": [{"function": _function(tool["function"])} for tool in said.get("tools") or ()],
        "toolChoice": _choice(said.get("tool_choice")),
        "parallelToolCalls": said.get("parallel_tool_calls"),
        "jsonObject": form.get("type") == "json_object" or None,
        "jsonSchema": {"schema": form["json_schema"]["schema"]}
        if form.get("type") == "json_schema"
        else None,
    }


def _message(one: Document, names: dict[str, str]) -> Document:
    """A turn. `names` are the functions that were called so far, by the ids of their calls."""
    role, content = one["role"], one.get("content") or ""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part["type"] == "text")
    if role == "tool":
        result = {"name": names.get(one.get("tool_call_id", ""), ""), "content": content}
        return {"role": "user", "toolResultList": {"toolResults": [{"functionResult": result}]}}
    if one.get("tool_calls"):
        names.update({call["id"]: call["function"]["name"] for call in one["tool_calls"]})
        calls = [{"functionCall": _called(call["function"])} for call in one["tool_calls"]]
        return {"role": role, "toolCallList": {"toolCalls": calls}}
    return {"role": "system" if role == "developer" else role, "text": content}


def _called(function: Document) -> Document:
    return {"name": function["name"], "arguments": json.loads(function["arguments"])}


def _function(function: Document) -> Document:
    return {
        name: function[name] for name in ("name", "description", "parameters", "strict") if name in function
    }


def _choice(choice: Any) -> Document | None:
    if choice is None:
        return None
    if isinstance(choice, Mapping):
        return {"functionName": choice["function"]["name"]}
    if choice not in _MODES:
        raise InvalidArgument(f"invalid tool choice: {choice}")
    return {"mode": _MODES[choice]}


def _finish(alternative: Any) -> str | None:
    return _FINISHED.get(alternative.status)


def _said(message: Any, heading: Document) -> Document:
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


def _event(document: Document) -> bytes:
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"
