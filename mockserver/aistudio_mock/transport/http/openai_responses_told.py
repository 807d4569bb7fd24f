"""What a response in OpenAI's form says: whole, or as the events of a stream."""

from collections.abc import Iterator
from typing import Any

from aistudio_mock.transport.http import openai_chat

Document = dict[str, Any]


def answer(reply: Any, heading: Document) -> Document:
    """The whole answer."""
    reason = openai_chat.finish(reply.alternatives[0])
    status = "incomplete" if reason == "length" else "completed"
    return {
        **_response(heading, status),
        "incomplete_details": {"reason": "max_output_tokens"} if reason == "length" else None,
        "output": list(_items(reply, heading)),
        "usage": _usage(reply.usage),
    }


class Events:
    """Writes each reply of a stream as the events of what it adds to the one before."""

    def __init__(self, heading: Document) -> None:
        self._heading = heading
        self._number = 0
        self._told = ""

    def write(self, reply: Any) -> bytes:
        """The events of the next reply."""
        return b"".join(self._events(reply))

    def _events(self, reply: Any) -> Iterator[bytes]:
        if not self._number:
            begun = _response(self._heading, "in_progress")
            yield self._event("response.created", response=begun)
            yield self._event("response.in_progress", response=begun)
        [alternative] = reply.alternatives
        is_last = openai_chat.finish(alternative) is not None
        for index, item in enumerate(_items(reply, self._heading)):
            yield from self._call(index, item) if "arguments" in item else self._text(item, is_last=is_last)
        self._told = alternative.message.text
        if is_last:
            whole = answer(reply, self._heading)
            yield self._event(f"response.{whole['status']}", response=whole)

    def _text(self, item: Document, *, is_last: bool) -> Iterator[bytes]:
        [part] = item["content"]
        place = {"output_index": 0, "item_id": item["id"], "content_index": 0}
        if not self._told:
            begun = {**item, "status": "in_progress", "content": []}
            yield self._event("response.output_item.added", output_index=0, item=begun)
            yield self._event("response.content_part.added", **place, part={**part, "text": ""})
        added = part["text"][len(self._told) :]
        yield self._event("response.output_text.delta", **place, delta=added, logprobs=[])
        if is_last:
            yield self._event("response.output_text.done", **place, text=part["text"], logprobs=[])
            yield self._event("response.content_part.done", **place, part=part)
            yield self._event("response.output_item.done", output_index=0, item=item)

    def _call(self, index: int, item: Document) -> Iterator[bytes]:
        place = {"output_index": index, "item_id": item["id"]}
        said = {"name": item["name"], "arguments": item["arguments"]}
        begun = {**item, "status": "in_progress", "arguments": ""}
        yield self._event("response.output_item.added", output_index=index, item=begun)
        yield self._event("response.function_call_arguments.delta", **place, delta=item["arguments"])
        yield self._event("response.function_call_arguments.done", **place, **said)
        yield self._event("response.output_item.done", output_index=index, item=item)

    def _event(self, kind: str, **fields: Any) -> bytes:
        document = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return named(document)


def named(document: Document) -> bytes:
    """An event that is named by its type."""
    return f"event: {document['type']}\n".encode() + openai_chat.event(document)


def _response(heading: Document, status: str) -> Document:
    """It, before it says anything."""
    return {
        "id": f"resp_{heading['id']}",
        "object": "response",
        "created_at": heading["created"],
        "model": heading["model"],
        "status": status,
        "error": None,
        "incomplete_details": None,
        "output": [],
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "usage": None,
    }


def _usage(usage: Any) -> Document:
    thoughts = usage.completion_tokens_details.reasoning_tokens
    return {
        "input_tokens": usage.input_text_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": usage.total_tokens,
    }


def _items(reply: Any, heading: Document) -> Iterator[Document]:
    """What the model says, or what it wants called."""
    said = openai_chat.spoken(reply.alternatives[0].message, heading)
    for call in said.get("tool_calls", ()):
        function = call["function"]
        known = {
            "id": f"fc_{call['id']}",
            "type": "function_call",
            "call_id": call["id"],
            "status": "completed",
        }
        yield {**known, "name": function["name"], "arguments": function["arguments"]}
    if "tool_calls" not in said:
        part = {"type": "output_text", "text": said["content"], "annotations": []}
        known = {"id": f"msg_{heading['id']}", "type": "message", "role": "assistant", "status": "completed"}
        yield {**known, "content": [part]}
