"""Embeddings in OpenAI's form, and the calls of TextEmbedding that they are: one for each text."""

import struct
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from aistudio_mock.domain.errors import FieldViolation, InvalidArgument
from aistudio_mock.transport.http import openai_forms as forms

Document = dict[str, Any]


class Asked:
    """A request, read: the TextEmbeddingRequest, as JSON, of each of its texts."""

    def __init__(self, said: Document) -> None:
        """Raises InvalidArgument."""
        form = forms.read(forms.Embeddings, said, "a request for embeddings")
        texts = [form.input] if isinstance(form.input, str) else form.input
        if not texts:
            raise InvalidArgument.of(FieldViolation("input", "Number of elements must be greater than 0"))
        dim = {} if form.dimensions is None else {"dim": form.dimensions}
        self.requests = [{"modelUri": form.model, "text": text, **dim} for text in texts]
        self._model = form.model
        self._is_packed = form.encoding_format == "base64"

    def answer(self, replies: Sequence[Any]) -> Document:
        """The whole answer; `replies` are in the order of the requests."""
        tokens = sum(reply.num_tokens for reply in replies)
        vectors = [
            {"object": "embedding", "index": index, "embedding": self._vector(reply.embedding)}
            for index, reply in enumerate(replies)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "data": vectors, "model": self._model, "usage": usage}

    def _vector(self, numbers: Sequence[float]) -> list[float] | str:
        if not self._is_packed:
            return list(numbers)
        return b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
