"""The calls of the service as values: path, messages, where each is served, whether it may be repeated."""

from functools import cache
from typing import Any

from msgspec import Struct

from aistudio_protos.pool import POOL, message_class

MODELS, OPERATION, IAM, ENDPOINT = "ai-foundation-models", "operation", "iam", "endpoint"
"""Ids of the endpoint list. Operations of datasets and tunings are read at MODELS (service-behaviour a.1)."""

_PACKAGES = {
    "DatasetService": "yandex.cloud.ai.dataset.v1",
    "TuningService": "yandex.cloud.ai.tuning.v1",
    "OperationService": "yandex.cloud.operation",
    "ApiEndpointService": "yandex.cloud.endpoint",
    "IamTokenService": "yandex.cloud.iam.v1",
    "BatchInferenceService": "yandex.cloud.ai.batch_inference.v1",
    "TextClassificationService": "yandex.cloud.ai.foundation_models.v1.text_classification",
}
_MODELS_PACKAGE = "yandex.cloud.ai.foundation_models.v1"
_PLACES = {"ApiEndpointService": ENDPOINT, "IamTokenService": IAM}

_ONCE = frozenset({"DatasetService/Create", "TuningService/Tune", "DatasetService/Validate"})
_ONCE_ANYWHERE = frozenset({"TextGenerationAsyncService", "TextGenerationBatchService"})


class Method(Struct, frozen=True):
    """One RPC.

    `is_repeatable` says that a second call does no harm when it is not known whether the first was carried
    out: reads, and writes that end in the same state. `needs_no_credentials` is for the two calls that come
    before there are any.
    """

    path: str
    request: type[Any]
    reply: type[Any]
    endpoint: str = MODELS
    is_repeatable: bool = True

    @property
    def name(self) -> str:
        """`Service/Method`, as people write it."""
        return self.path.rpartition(".")[2]

    @property
    def needs_no_credentials(self) -> bool:
        """Discovery and the exchange of tokens."""
        return self.endpoint in {ENDPOINT, IAM}


@cache
def method(name: str, endpoint: str | None = None) -> Method:
    """The call of that name, such as `TuningService/Tune`; `endpoint` where it is not the usual one."""
    service, _, rpc = name.partition("/")
    package = _PACKAGES.get(service, _MODELS_PACKAGE)
    found = POOL.FindServiceByName(f"{package}.{service}").FindMethodByName(rpc)
    return Method(
        path=f"/{package}.{service}/{rpc}",
        request=message_class(found.input_type.full_name),
        reply=message_class(found.output_type.full_name),
        endpoint=endpoint or _PLACES.get(service, MODELS),
        is_repeatable=name not in _ONCE and service not in _ONCE_ANYWHERE,
    )
