"""Answers of a model."""

from typing import Any

from yandex.cloud.ai.foundation_models.v1.text_common_pb2 import Alternative, CompletionOptions, Message
from yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import CompletionRequest
from yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2_grpc import (
    TextGenerationServiceStub,
)

from aistudio_conformance.adapters.raw_stubs.calls import Calls
from aistudio_conformance.protocol import Completion, ModelComplete, Place, Refused


class ModelVerbs(Calls):
    """The verb `model.complete`."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._texts = TextGenerationServiceStub(self._connection)

    def model_complete(self, ask: ModelComplete) -> Completion:
        """Completion, not streamed. Raises Refused when no text is final."""
        replies = self._call(self._texts, "Completion", self._question(ask))
        text = self._final_text(replies)
        if text is None:
            raise Refused(f"{ask.model_uri} gave no final text")
        return Completion(text=text)

    def _question(self, ask: ModelComplete) -> CompletionRequest:
        return CompletionRequest(
            model_uri=ask.model_uri,
            completion_options=CompletionOptions(),
            messages=[Message(role="user", text=ask.text)],
        )

    def _attempt(self, stub: Any, method: str, request: Any, left: float) -> Any:
        """A stream is read to its end within the attempt, so that its errors belong to it."""
        reply = super()._attempt(stub, method, request, left)
        return list(reply) if method == "Completion" else reply

    def _final_text(self, replies: list[Any]) -> str | None:
        """Texts are cumulative: the final one holds all before it."""
        final = (one for reply in reversed(replies) for one in reply.alternatives if self._is_final(one))
        return next((str(one.message.text) for one in final), None)

    def _is_final(self, alternative: Alternative) -> bool:
        finals = (Alternative.ALTERNATIVE_STATUS_FINAL, Alternative.ALTERNATIVE_STATUS_TRUNCATED_FINAL)
        return alternative.status in finals
