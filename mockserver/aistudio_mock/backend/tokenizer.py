"""TokenizerService: the tokens that usage and limits count."""

from collections.abc import Iterable

from aistudio_mock.backend import prompts
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.text_models import TextModel, TextModels
from aistudio_mock.domain import tokens
from aistudio_protos.yandex.cloud.ai.foundation_models.v1 import text_common_pb2 as common
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as wire,
)


class Tokenizer:
    """One tokenizer for every model."""

    def __init__(self, models: TextModels) -> None:
        self._models = models

    def tokenize(self, call: Call, request: wire.TokenizeRequest) -> wire.TokenizeResponse:
        """The tokens of a text, begun by a special one. Raises InvalidArgument and NotFound."""
        return _told(self._models.find(call, request.model_uri), tokens.pieces(request.text))

    def tokenize_completion(self, call: Call, request: wire.CompletionRequest) -> wire.TokenizeResponse:
        """The tokens of a prompt: as many as its completion's `input_text_tokens`. Raises as a completion."""
        model = self._models.find(call, request.model_uri)
        return _told(model, tokens.prompt_pieces(prompts.read(request).messages))


def _told(model: TextModel, pieces: Iterable[tokens.Piece]) -> wire.TokenizeResponse:
    return wire.TokenizeResponse(
        tokens=[common.Token(id=piece.id, text=piece.text, special=piece.special) for piece in pieces],
        model_version=model.folder.settings.behaviours.completion_model_version,
    )
