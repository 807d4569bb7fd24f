"""TextGenerationService: base models speak for themselves, tuned ones from their training pairs."""

from collections.abc import Iterable, Iterator

from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folders
from aistudio_mock.backend.learned import Learned
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.store import Store
from aistudio_mock.domain import tokens
from aistudio_mock.domain.answers import Message, Pairs, Row, base_answer
from aistudio_mock.domain.catalogue import ANSWERING, ModelUri
from aistudio_mock.domain.errors import FieldViolation, InvalidArgument, NotFound
from aistudio_mock.domain.tuning import Tuning
from aistudio_protos.yandex.cloud.ai.foundation_models.v1 import text_common_pb2 as common
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as wire,
)

_GONE = "Failed to get model"
"""The platform's words for a model that is not there (service-behaviour a.6)."""


class TextGeneration:
    """Completions. What a tuned model learned is read from its training data at its first call."""

    def __init__(
        self, store: Store, access: Access, folders: Folders, objects: StoredObjects, learned: Learned
    ) -> None:
        self._store = store
        self._access = access
        self._folders = folders
        self._objects = objects
        self._learned = learned

    def completion(self, call: Call, request: wire.CompletionRequest) -> Iterator[wire.CompletionResponse]:
        """One answer; with `stream`, cumulative texts that end in the whole one (f).

        Raises:
            InvalidArgument: no messages, or a URI that is none.
            NotFound: an unknown model, or a tuned one whose task is not COMPLETED.
        """
        uri = ModelUri.parse(request.model_uri)
        folder = self._access.folder(call, uri.folder)
        if not request.messages:
            raise InvalidArgument.of(FieldViolation("messages", "Field is required"))
        messages = [Message(message.role, message.text) for message in request.messages]
        answer = self._answer(uri, request.model_uri, messages)
        version = folder.settings.behaviours.completion_model_version
        prompt_tokens = tokens.count_prompt(messages)
        if request.completion_options.stream:
            yield from (_response(text, prompt_tokens, version, final=False) for text in _growing(answer))
        yield _response(answer, prompt_tokens, version, final=True)

    def _answer(self, uri: ModelUri, text: str, messages: list[Message]) -> str:
        if uri.suffix:
            return self._pairs(self._tuned(text)).answer(messages)
        if uri.scheme != "gpt" or uri.name not in ANSWERING:
            raise NotFound(f"{_GONE} {text}")
        return base_answer(uri.name, messages)

    def _tuned(self, uri: str) -> Tuning:
        task = self._store.tunings.get(self._store.tuned_models.get(uri, ""))
        if task is None or not task.model_exists(self._folders.get(task.folder_id).clock.now()):
            raise NotFound(f"{_GONE} {uri}")
        return task

    def _pairs(self, task: Tuning) -> Pairs:
        return self._learned.of(
            task, lambda: Pairs.learned_from(_rows(self._objects.lines(task.training_data)))
        )


def _rows(lines: Iterable[bytes]) -> Iterator[Row]:
    import msgspec  # noqa: PLC0415 - 7 ms, and only a tuned model needs it

    decode = msgspec.json.Decoder().decode
    return (decode(line) for line in lines if line.strip())


def _growing(answer: str) -> Iterator[str]:
    """The answer's beginnings, a word longer each time, without the whole."""
    words = answer.split(" ")
    return (" ".join(words[:count]) for count in range(1, len(words)))


def _response(text: str, prompt_tokens: int, version: str, *, final: bool) -> wire.CompletionResponse:
    completion_tokens = tokens.count(text)
    status = "ALTERNATIVE_STATUS_FINAL" if final else "ALTERNATIVE_STATUS_PARTIAL"
    return wire.CompletionResponse(
        alternatives=[common.Alternative(message=common.Message(role="assistant", text=text), status=status)],
        usage=common.ContentUsage(
            input_text_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            total_tokens=prompt_tokens + completion_tokens,
        ),
        model_version=version,
    )
