"""The oldest way to ask: a task and a text, and a tuned model by its `ds://` id (service-behaviour f)."""

from collections.abc import Iterator

from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folders
from aistudio_mock.backend.inference import TextGeneration, growing
from aistudio_mock.backend.prompts import Prompt, out_of_range
from aistudio_mock.backend.text_models import TextModel, TextModels
from aistudio_mock.domain import tokens
from aistudio_mock.domain.answers import Message
from aistudio_mock.domain.errors import FieldViolation, InvalidArgument
from aistudio_protos.yandex.cloud.ai.llm.v1alpha import llm_pb2, llm_service_pb2

_SCORE = 1.0


class Instruct:
    """The same models, answering in the old form."""

    def __init__(self, folders: Folders, models: TextModels, texts: TextGeneration) -> None:
        self._folders = folders
        self._models = models
        self._texts = texts

    def instruct(
        self, call: Call, request: llm_service_pb2.InstructRequest
    ) -> Iterator[llm_service_pb2.InstructResponse]:
        """One answer; with `partial_results`, cumulative texts that end in the whole one.

        Raises:
            InvalidArgument: no text, an option out of its range, or an `instruction_uri` that is none.
            NotFound: the tuned model does not exist, or not yet.
        """
        options = request.generation_options
        violations = tuple(out_of_range("generation_options", options))
        if not request.request_text:
            violations = (*violations, FieldViolation("request_text", "Field is required"))
        if violations:
            raise InvalidArgument.of(*violations)
        model, messages = self._model(call, request)
        prompt = Prompt(
            (*messages, Message("user", request.request_text)),
            temperature=options.temperature.value,
            max_tokens=options.max_tokens.value or None,
        )
        text = self._texts.answered(model, prompt).alternatives[0].message.text
        if options.partial_results:
            yield from (_response(part, prompt.tokens) for part in growing(text))
        yield _response(text, prompt.tokens)

    def _model(
        self, call: Call, request: llm_service_pb2.InstructRequest
    ) -> tuple[TextModel, tuple[Message, ...]]:
        """Who answers, and what is said to it before the text."""
        if request.WhichOneof("Instruction") == "instruction_uri":
            return self._models.aliased(call, request.instruction_uri), ()
        instruction = request.instruction_text
        folder = call.credential.folder or self._folders.default
        said = (Message("system", instruction),) if instruction else ()
        return TextModel(request.model or "general", folder), said


def _response(text: str, prompt_tokens: int) -> llm_service_pb2.InstructResponse:
    answer = llm_pb2.Alternative(text=text, score=_SCORE, num_tokens=tokens.count(text))
    return llm_service_pb2.InstructResponse(alternatives=[answer], num_prompt_tokens=prompt_tokens)
