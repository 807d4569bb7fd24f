"""Models: asked, and answering at once, in pieces, later, or for a whole dataset."""

import logging
from collections.abc import Sequence
from itertools import count
from typing import Any

from msgspec import Struct

from aistudio_client import _codec
from aistudio_client._errors import AIStudioError, RpcError
from aistudio_client._flows import operations, paging
from aistudio_client._flows.access import can_renew
from aistudio_client._flows.calls import MAYBE_DONE, call, pause_or_raise, prepared
from aistudio_client._link import Link
from aistudio_client._methods import OPERATION, Method, method
from aistudio_client._steps import Emit, Flow, Items, Next, Now, Open
from aistudio_client._types import Classification, Completion, Embedding, Operation, Token, Tuning
from aistudio_protos.google.protobuf.wrappers_pb2 import DoubleValue, Int64Value
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_common_pb2 import CompletionOptions, Message
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import (
    CompletionRequest,
    CompletionResponse,
)

_log = logging.getLogger("aistudio_client")

COMPLETION = method("TextGenerationService/Completion")
LATER = method("TextGenerationAsyncService/Completion")
CLASSIFY, FEW_SHOT = (method(f"TextClassificationService/{name}") for name in ("Classify", "FewShotClassify"))
EMBED = method("EmbeddingsService/TextEmbedding")
TOKENIZE, TOKENIZE_TURNS = (method(f"TokenizerService/{name}") for name in ("Tokenize", "TokenizeCompletion"))

Conversation = str | Sequence[tuple[str, str]]
"""One thing that the user says, or (role, text) of every turn."""


class Asked(Struct, frozen=True):
    """How to answer. None and 0 are the service's business."""

    temperature: float | None = None
    max_tokens: int = 0


def uri_of(link: Link, model: Tuning | str, scheme: str) -> str:
    """The URI of a tuned model, of a base model by its name, or as it is given. Raises AIStudioError."""
    if isinstance(model, Tuning):
        if not model.model_uri:
            raise AIStudioError(f"tuning {model.id} has no model yet ({model.status}); wait for it first")
        return model.model_uri
    if "://" in model:
        return model
    return f"{scheme}://{link.folder_id}/{model if '/' in model else f'{model}/latest'}"


def request(link: Link, model: Tuning | str, said: Conversation, asked: Asked, *, stream: bool) -> Any:
    """A question to a model."""
    turns = [("user", said)] if isinstance(said, str) else said
    return CompletionRequest(
        model_uri=uri_of(link, model, "gpt"),
        completion_options=options_of(asked, stream=stream),
        messages=[Message(role=role, text=text) for role, text in turns],
    )


def options_of(asked: Asked, *, stream: bool = False) -> CompletionOptions:
    """How to answer, as a message; what is not given is not in it."""
    options = CompletionOptions(stream=stream)
    if asked.temperature is not None:
        options.temperature.CopyFrom(DoubleValue(value=asked.temperature))
    if asked.max_tokens:
        options.max_tokens.CopyFrom(Int64Value(value=asked.max_tokens))
    return options


def pieces(link: Link, question: Any, timeout: float | None) -> Items[Completion]:
    """Emits the answer as it grows: each piece has all of the text so far.

    A call that fails before its first piece may be repeated; after it never, so that nothing is told twice.

    Raises:
        RpcError: refused, or broken off.
    """
    began = yield Now()
    ends = began + (link.timeouts.answer if timeout is None else timeout)
    renewed = False
    for attempt in count(1):
        told = 0
        place, metadata = yield from prepared(link, COMPLETION, ends)
        now = yield Now()
        try:
            stream = yield Open(COMPLETION, place, question, metadata, max(ends - now, 0.0))
            while (reply := (yield Next(stream))) is not None:
                told += 1
                yield Emit(_codec.completion(reply))
        except RpcError as failure:
            failure.attempts = attempt
            if told:
                raise
            if failure.code == "UNAUTHENTICATED" and can_renew(link) and not renewed:
                link.token, renewed = None, True
                continue
            yield from pause_or_raise(link, failure, attempt, ends, is_repeatable=True)
        else:
            return


def whole(link: Link, question: Any, timeout: float | None) -> Flow[Completion]:
    """The last piece of the answer, which has all of it. Raises RpcError, or AIStudioError for no answer."""
    told: list[Completion] = []
    yield from paging.taken(pieces(link, question, timeout), told.append)
    if not told:
        raise AIStudioError(f"{question.model_uri} gave no answer")
    return told[-1]


def later(link: Link, question: Any) -> Flow[Operation]:
    """Asks for an answer that is fetched later. Raises RpcError."""
    return _codec.operation((yield from once(link, LATER, question)))


def once(link: Link, wanted: Method, request_: Any) -> Flow[Any]:
    """A call that costs, and leaves nothing to find it by: not repeated, and its loss told as that."""
    try:
        return (yield from call(link, wanted, request_))
    except GeneratorExit:
        raise
    except BaseException as failure:  # Ctrl-C included
        if not isinstance(failure, Exception) or getattr(failure, "code", "") in MAYBE_DONE:
            failure.add_note(
                f"whether {wanted.name} was carried out is not known; to ask again may cost again"
            )
        raise


def collected(link: Link, operation: Operation | str, timeout: float) -> Flow[Completion]:
    """The answer that was asked for before. Raises what `operations.wait` does."""
    ended = yield from operations.wait(
        link, operation, timeout=timeout, endpoint=OPERATION, verb="models.collect"
    )
    if not isinstance(ended.response, CompletionResponse):
        raise AIStudioError(f"operation {ended.id} ended without an answer of a model")
    return _codec.completion(ended.response)


def classify(link: Link, model: Tuning | str, text: str) -> Flow[Classification]:
    """What a tuned classifier makes of a text. Raises RpcError."""
    asked = CLASSIFY.request(model_uri=uri_of(link, model, "cls"), text=text)
    return _codec.classification((yield from call(link, CLASSIFY, asked, timeout=link.timeouts.answer)))


def classify_by_examples(
    link: Link,
    model: str,
    text: str,
    task: str,
    labels: Sequence[str],
    samples: Sequence[tuple[str, str]],
) -> Flow[Classification]:
    """What a base model makes of a text, told what it is about. Raises RpcError."""
    asked = FEW_SHOT.request(
        model_uri=uri_of(link, model, "cls"),
        task_description=task,
        labels=labels,
        text=text,
        samples=[{"text": one, "label": label} for one, label in samples],
    )
    return _codec.classification((yield from call(link, FEW_SHOT, asked, timeout=link.timeouts.answer)))


def embed(link: Link, model: Tuning | str, text: str, dim: int | None) -> Flow[Embedding]:
    """A text as a vector. Raises RpcError."""
    asked = EMBED.request(model_uri=uri_of(link, model, "emb"), text=text)
    if dim is not None:
        asked.dim.CopyFrom(Int64Value(value=dim))
    return _codec.embedding((yield from call(link, EMBED, asked, timeout=link.timeouts.answer)))


def tokens(link: Link, model: Tuning | str, said: Conversation) -> Flow[tuple[Token, ...]]:
    """A text, or a conversation as the model would see it, in its tokens. Raises RpcError."""
    if isinstance(said, str):
        asked = TOKENIZE.request(model_uri=uri_of(link, model, "gpt"), text=said)
        reply = yield from call(link, TOKENIZE, asked)
    else:
        asked = request(link, model, said, Asked(), stream=False)
        reply = yield from call(link, TOKENIZE_TURNS, asked)
    return tuple(Token(one.id, one.text, one.special) for one in reply.tokens)
