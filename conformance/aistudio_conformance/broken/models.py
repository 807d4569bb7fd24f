"""Broken clients: answers of models."""

from typing import Any

import grpc
from yandex.cloud.ai.foundation_models.v1.text_common_pb2 import CompletionOptions
from yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import CompletionRequest
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.broken.mutant import turns_red
from aistudio_conformance.protocol import Completion, ModelComplete, Refused


@turns_red("TM-01/asked-by-its-uri")
class AsksTwice(RawStubs):
    """It asks the model twice and takes the second answer."""

    def model_complete(self, ask: ModelComplete) -> Completion:
        super().model_complete(ask)
        return super().model_complete(ask)


@turns_red("TM-01/final-text-told")
class TellsTheTextTwice(RawStubs):
    """It adds up texts that are cumulative."""

    def _final_text(self, replies: list[Any]) -> str | None:
        text = super()._final_text(replies)
        return text and text + text


@turns_red("TM-02/asked-as-a-stream")
class StreamsNothing(RawStubs):
    """It asks for one answer where a stream is wanted."""

    def _stream_options(self) -> CompletionOptions:
        return CompletionOptions()


@turns_red("TM-02/not-added-up")
class AddsUpWhatIsStreamed(RawStubs):
    """It takes each text of a stream for a piece of the answer, and joins them."""

    def _streamed_text(self, replies: list[Any]) -> str | None:
        return "".join(reply.alternatives[0].message.text for reply in replies)


@turns_red("TM-05/begun-once")
class BeginsTwice(RawStubs):
    """It begins a completion that is collected later twice, and collects the second."""

    def _begun(self, question: CompletionRequest) -> Operation:
        super()._begun(question)
        return super()._begun(question)


@turns_red("TM-05/collected")
class WantsMetadata(RawStubs):
    """It takes an operation without metadata for a broken one."""

    def _begun(self, question: CompletionRequest) -> Operation:
        operation = super()._begun(question)
        if not operation.HasField("metadata"):
            raise Refused(f"operation {operation.id} has no metadata")
        return operation


@turns_red("TM-06/told")
class HasNoAnswerForAModelThatIsGone(RawStubs):
    """It tells an empty text of a model that does not exist."""

    def model_complete(self, ask: ModelComplete) -> Completion:
        try:
            return super().model_complete(ask)
        except Refused as refusal:
            if refusal.failure.code == "NOT_FOUND":
                return Completion(text="")
            raise


@turns_red("TM-06/asked-once")
class AsksAgainForAModel(RawStubs):
    """It asks a model that does not exist once more."""

    def _is_worth_repeating(self, method: str, code: grpc.StatusCode) -> bool:
        is_gone = method == "Completion" and code is grpc.StatusCode.NOT_FOUND
        return is_gone or super()._is_worth_repeating(method, code)
