"""Answers of a model."""

from functools import cached_property
from typing import Any

from google.protobuf.wrappers_pb2 import Int64Value
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2 import TextEmbeddingRequest
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2_grpc import EmbeddingsServiceStub
from yandex.cloud.ai.foundation_models.v1.text_classification import text_classification_service_pb2 as labels
from yandex.cloud.ai.foundation_models.v1.text_classification.text_classification_service_pb2_grpc import (
    TextClassificationServiceStub,
)
from yandex.cloud.ai.foundation_models.v1.text_common_pb2 import Alternative, CompletionOptions, Message
from yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import (
    CompletionRequest,
    CompletionResponse,
)
from yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2_grpc import (
    TextGenerationAsyncServiceStub,
    TextGenerationServiceStub,
)
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs.operations import Operations
from aistudio_conformance.protocol import (
    Classification,
    Completion,
    Embedding,
    ModelClassify,
    ModelComplete,
    ModelEmbed,
    Refused,
)


class ModelVerbs(Operations):
    """The verbs `model.*`."""

    @cached_property
    def _texts(self) -> TextGenerationServiceStub:
        return TextGenerationServiceStub(self._connection)

    @cached_property
    def _later_texts(self) -> TextGenerationAsyncServiceStub:
        return TextGenerationAsyncServiceStub(self._connection)

    @cached_property
    def _classes(self) -> TextClassificationServiceStub:
        return TextClassificationServiceStub(self._connection)

    @cached_property
    def _vectors(self) -> EmbeddingsServiceStub:
        return EmbeddingsServiceStub(self._connection)

    def model_complete(self, ask: ModelComplete) -> Completion:
        """Completion, not streamed. Raises Refused when no text is final."""
        replies = self._call(self._texts, "Completion", self._question(ask, CompletionOptions()))
        return self._completed(ask, self._final_text(replies))

    def model_stream(self, ask: ModelComplete) -> Completion:
        """Completion as a stream; what is told is its end. Raises Refused when no text is final."""
        replies = self._call(self._texts, "Completion", self._question(ask, self._stream_options()))
        return self._completed(ask, self._streamed_text(replies))

    def model_complete_async(self, ask: ModelComplete) -> Completion:
        """Completion by an operation, which has no metadata. Raises Refused when it fails."""
        operation = self._begun(self._question(ask, CompletionOptions()))
        ended = self._awaited(operation)
        if self._is_failed(ended):
            raise self._failure(ended)
        return self._completed(ask, self._collected_text(self._collected(ended)))

    def model_classify(self, ask: ModelClassify) -> Classification:
        """Classify. A tuned model does not tell its version."""
        asked = labels.TextClassificationRequest(model_uri=ask.model_uri, text=ask.text)
        return self._classified(self._call(self._classes, "Classify", asked))

    def model_embed(self, ask: ModelEmbed) -> Embedding:
        """TextEmbedding. A length that is not asked for is not on the wire."""
        asked = TextEmbeddingRequest(model_uri=ask.model_uri, text=ask.text, dim=self._dim(ask))
        return Embedding(vector=self._vector(ask, self._call(self._vectors, "TextEmbedding", asked)))

    def _classified(self, reply: labels.TextClassificationResponse) -> Classification:
        return Classification(labels={one.label: one.confidence for one in reply.predictions})

    def _dim(self, ask: ModelEmbed) -> Int64Value | None:
        return None if ask.dim is None else Int64Value(value=ask.dim)

    def _vector(self, _: ModelEmbed, reply: Any) -> list[float]:
        return list(reply.embedding)

    def _begun(self, question: CompletionRequest) -> Operation:
        operation: Operation = self._call(self._later_texts, "Completion", question)
        return operation

    def _collected(self, operation: Operation) -> CompletionResponse:
        answer = CompletionResponse()
        operation.response.Unpack(answer)
        return answer

    def _question(self, ask: ModelComplete, options: CompletionOptions) -> CompletionRequest:
        return CompletionRequest(
            model_uri=ask.model_uri,
            completion_options=options,
            messages=[Message(role="user", text=ask.text)],
        )

    def _stream_options(self) -> CompletionOptions:
        return CompletionOptions(stream=True)

    def _attempt(self, stub: Any, method: str, request: Any, left: float) -> Any:
        """A stream is read to its end within the attempt, so that its errors belong to it."""
        reply = super()._attempt(stub, method, request, left)
        return list(reply) if isinstance(stub, TextGenerationServiceStub) else reply

    def _completed(self, ask: ModelComplete, text: str | None) -> Completion:
        if text is None:
            raise Refused(f"{ask.model_uri} gave no final text")
        return Completion(text=text)

    def _final_text(self, replies: list[Any]) -> str | None:
        return self._last_final(replies)

    def _streamed_text(self, replies: list[Any]) -> str | None:
        """Texts are cumulative: the final one holds all before it."""
        return self._last_final(replies)

    def _collected_text(self, answer: CompletionResponse) -> str | None:
        return self._last_final([answer])

    def _last_final(self, replies: list[Any]) -> str | None:
        final = (one for reply in reversed(replies) for one in reply.alternatives if self._is_final(one))
        return next((str(one.message.text) for one in final), None)

    def _is_final(self, alternative: Alternative) -> bool:
        finals = (Alternative.ALTERNATIVE_STATUS_FINAL, Alternative.ALTERNATIVE_STATUS_TRUNCATED_FINAL)
        return alternative.status in finals
