"""EmbeddingsService: texts as vectors, by base models and tuned ones."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.model_inputs import measured
from aistudio_mock.backend.tuned_models import GONE, TunedModels
from aistudio_mock.domain.catalogue import EMBEDDING, LATEST, ModelUri
from aistudio_mock.domain.errors import FieldViolation, InvalidArgument, NotFound
from aistudio_mock.domain.neighbours import Neighbours
from aistudio_mock.domain.vectors import DIM, Vector, unit, vector
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.embedding import embedding_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningRequest

MOST_TOKENS = 2048
"""The longest text (assumed)."""

_VERSION = "29.08.2024"
"""Recorded (service-behaviour f)."""

_KINDS = frozenset({"text_embedding_pair_params", "text_embedding_triplet_params"})


class _Tuned(Struct, frozen=True):
    """A tuned model and the lengths of vectors that it was asked to have, if it was."""

    model: Neighbours
    dims: Sequence[int]


class Embeddings:
    """Places of texts. A tuned model learns from its training data at its first call."""

    def __init__(self, access: Access, models: TunedModels) -> None:
        self._access = access
        self._models = models

    def text_embedding(self, call: Call, request: wire.TextEmbeddingRequest) -> wire.TextEmbeddingResponse:
        """A vector of length one. A shorter one is the beginning of the longest, at length one again (f).

        Raises:
            InvalidArgument: no URI, or that of a tuned model that does not embed; a length that the model
                does not have; a text too long or empty.
            NotFound: no such model, or its tuning is not COMPLETED.
        """
        uri = ModelUri.parse(request.model_uri, LATEST)
        folder = self._access.folder(call, uri.folder)
        num_tokens = measured(request.text, MOST_TOKENS, folder)
        tuned = self._models.get(request.model_uri, _KINDS, _learned) if uri.suffix else None
        if tuned is None and (uri.scheme != "emb" or uri.name not in EMBEDDING):
            raise NotFound(f"{GONE} {request.model_uri}")
        dims = (tuned and tuned.dims) or [DIM]
        dim = request.dim.value if request.HasField("dim") else max(dims)
        if dim not in dims:
            known = ", ".join(map(str, sorted(set(dims))))
            raise InvalidArgument.of(FieldViolation("dim", f"Value must be one of the model's: {known}"))
        longest = _placed(tuned, request.text, max(dims))
        return wire.TextEmbeddingResponse(
            embedding=longest if dim == len(longest) else unit(longest[:dim]),
            num_tokens=num_tokens,
            model_version=_VERSION,
        )


def _placed(tuned: _Tuned | None, text: str, dim: int) -> Vector:
    return vector(text, dim) if tuned is None else tuned.model.vector(text, dim)


def _learned(request: TuningRequest, rows: Iterator[dict[str, Any]]) -> _Tuned:
    kind = request.WhichOneof("tuning_params")
    assert kind is not None  # Tune refuses a request without parameters
    return _Tuned(Neighbours.learned_from(rows), list(getattr(request, kind).embedding_dims))
