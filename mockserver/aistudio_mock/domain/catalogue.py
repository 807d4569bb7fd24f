"""Model URIs and the base models that can be tuned."""

import re
from collections.abc import Mapping

from msgspec import Struct

from aistudio_mock.domain.errors import InvalidArgument

_URI = re.compile(
    r"(?P<scheme>\w+)://(?P<folder>[^/@]+)/(?P<name>[^/@]+)(?:/(?P<version>[^/@]+)(?:@(?P<suffix>[^/@]+))?)?"
)

TUNABLE: Mapping[str, frozenset[str]] = {
    "gpt": frozenset({"yandexgpt-lite"}),
    "cls": frozenset({"yandexgpt-lite"}),
    "emb": frozenset({"text-embeddings"}),
}
"""Base models by URI scheme that can be tuned (service-behaviour e.1)."""

RETIRED: Mapping[str, frozenset[str]] = {"gpt": frozenset({"llama-lite"})}
"""Base models that could be tuned until 2025-10-02 (e.1)."""

_FOREIGN = ("gpt-oss-120b", "gpt-oss-20b", "qwen3-235b-a22b-fp8")
"""Open models that the service serves beside its own, as the public pages and the SDK's source name them."""

ANSWERING = frozenset({"yandexgpt-lite", "yandexgpt", "yandexgpt-32k", "llama-lite", "llama", *_FOREIGN})
"""Base text models that answer a completion without tuning (assumed beyond yandexgpt-lite)."""

CLASSIFYING = frozenset({"yandexgpt-lite", "yandexgpt"})
"""Base models that classify by a description (assumed beyond yandexgpt-lite)."""

EMBEDDING = frozenset({"text-search-doc", "text-search-query", "text-embeddings"})
"""Base models that embed (text-embeddings: assumed, as the model that is tuned)."""

ALIAS = "ds://"
"""How a tuned model was named before there were model URIs: this and, here, the id of its task."""

SCHEMES_OF: Mapping[str, frozenset[str]] = {
    "text_to_text_completion": frozenset({"gpt"}),
    "text_classification_multilabel": frozenset({"cls", "gpt"}),
    "text_classification_multiclass": frozenset({"cls", "gpt"}),
    "text_embedding_pair_params": frozenset({"emb"}),
    "text_embedding_triplet_params": frozenset({"emb"}),
}
"""Which URI schemes of the base model each parameter kind accepts (e.1)."""

TASK_TYPE_OF: Mapping[str, str] = {
    "text_to_text_completion": "TextToTextGeneration",
    "text_classification_multilabel": "TextClassificationMultilabel",
    "text_classification_multiclass": "TextClassificationMulticlass",
    "text_embedding_pair_params": "TextEmbeddingsPair",
    "text_embedding_triplet_params": "TextEmbeddingsTriplet",
}
"""Which dataset type each parameter kind trains on (d)."""

_TUNED_SCHEME: Mapping[str, str] = {
    "text_classification_multilabel": "cls",
    "text_classification_multiclass": "cls",
}
"""The scheme of the tuned model, where it is not always that of the base model (e.1)."""


LATEST = "latest"
"""The version that is meant where a model is asked and none is named (assumed)."""


class ModelUri(Struct, frozen=True):
    """`scheme://folder/name/version[@suffix]`."""

    scheme: str
    folder: str
    name: str
    version: str
    suffix: str = ""

    @staticmethod
    def parse(text: str, version: str = "") -> "ModelUri":
        """Reads a model URI; one without a version is of the given one, or none at all if none is given.

        Raises InvalidArgument with the platform's words (a.6) when it is none.
        """
        found = _URI.fullmatch(text)
        if found is None or not (found["version"] or version):
            raise InvalidArgument("invalid model_uri")
        scheme, folder, name = found.group("scheme", "folder", "name")
        return ModelUri(scheme, folder, name, found["version"] or version, found["suffix"] or "")

    def tuned(self, suffix: str, kind: str = "") -> str:
        """The URI of the model tuned from this one (e.3): same folder, name and version, with a suffix.

        The scheme is the same too, but that parameters of a classifier make a classifier of any base model.
        """
        scheme = _TUNED_SCHEME.get(kind, self.scheme)
        return f"{scheme}://{self.folder}/{self.name}/{self.version}@{suffix}"

    @property
    def without_folder(self) -> str:
        """The base model as Describe shows it: no folder (e.3)."""
        return f"{self.scheme}://{self.name}/{self.version}"


def require_tunable(uri: ModelUri, kind: str, *, retired: bool = False) -> None:
    """Raises InvalidArgument unless parameters of `kind` can tune `uri` (code assumed, h.2).

    With `retired`, models that the service does not tune any more will do.
    """
    tunable = {
        scheme: names | (RETIRED.get(scheme, frozenset()) if retired else frozenset())
        for scheme, names in TUNABLE.items()
    }
    if uri.suffix or uri.name not in tunable.get(uri.scheme, frozenset()):
        known = ", ".join(
            sorted(f"{scheme}://…/{name}/latest" for scheme, names in tunable.items() for name in names)
        )
        raise InvalidArgument(f"base_model_uri: no tunable model {uri.without_folder}; known: {known}")
    if uri.scheme not in SCHEMES_OF[kind]:
        raise InvalidArgument(f"base_model_uri: {kind} does not tune a {uri.scheme}:// model")
