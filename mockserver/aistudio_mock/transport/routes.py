"""Which backend method answers which RPC."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from msgspec import Struct

from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.belonging import Belonging, FolderOf
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.lasting import Lasting
from aistudio_protos.pool import message_class, method_of, services

Unary = Callable[[Call, Any], Message]
Streaming = Callable[[Call, Any], Iterator[Message]]
LastingAnswer = Callable[[Any], Lasting | None]


class Route(Struct, frozen=True):
    """One RPC: how to read its request, what answers it, and whose call it is without a credential."""

    method: MethodDescriptor
    answer: Unary | Streaming
    folder_of: FolderOf
    needs_credentials: bool = True
    lasting: LastingAnswer | None = None
    """What a request is answered from now on and until when, where that can be told."""

    @property
    def path(self) -> str:
        """The HTTP/2 path of the RPC."""
        return f"/{self.method.containing_service.full_name}/{self.method.name}"

    @property
    def name(self) -> str:
        """The short name, `Service/Method`: what faults and journals know it by."""
        return f"{self.method.containing_service.name}/{self.method.name}"

    @property
    def request_class(self) -> type[Message]:
        """The class that the request bytes are read with."""
        return message_class(self.method.input_type.full_name)


OPEN = frozenset({"ApiEndpointService", "IamTokenService"})
"""Services that are called without credentials (service-behaviour a.3)."""


def routes(backend: Backend) -> Mapping[str, Route]:
    """Every RPC that is implemented, by its path; each route is made when it is first looked up."""
    return _Routes(backend)


class _Routes(Mapping[str, Route]):
    """Looking a route up imports the service that answers it; counting and listing paths does not."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._belonging = Belonging(backend.store, backend.folders)
        self._made: dict[str, Route] = {}

    def __getitem__(self, path: str) -> Route:
        if path not in self._made:
            self._made[path] = self._make(path, _ANSWERS[path])
        return self._made[path]

    def __iter__(self) -> Iterator[str]:
        return iter(_ANSWERS)

    def __len__(self) -> int:
        return len(_ANSWERS)

    def _make(self, path: str, answer: Callable[[Backend], Unary | Streaming]) -> Route:
        method = method_of(path)
        needs_credentials = method.containing_service.name not in OPEN
        return Route(
            method,
            answer(self._backend),
            self._belonging.of(method.input_type),
            needs_credentials,
            _LASTING[path](self._backend) if path in _LASTING else None,
        )


def service_names() -> tuple[str, ...]:
    """Full names of the contract's services, as reflection lists them."""
    return tuple(service.full_name for service in services())


@cache
def declared_paths() -> frozenset[str]:
    """The path of every RPC in the contract, implemented or not."""
    return frozenset(
        f"/{service.full_name}/{method.name}" for service in services() for method in service.methods
    )


_SERVICES: Mapping[str, Mapping[str, Callable[[Backend], Unary | Streaming]]] = {
    "yandex.cloud.endpoint.ApiEndpointService": {
        "List": lambda backend: backend.endpoints.list,
        "Get": lambda backend: backend.endpoints.get,
    },
    "yandex.cloud.iam.v1.IamTokenService": {
        "Create": lambda backend: backend.iam_tokens.create,
    },
    "yandex.cloud.ai.dataset.v1.DatasetService": {
        "Create": lambda backend: backend.datasets.create,
        "Describe": lambda backend: backend.datasets.describe,
        "List": lambda backend: backend.dataset_lists.list,
        "Update": lambda backend: backend.datasets.update,
        "Delete": lambda backend: backend.datasets.delete,
        "GetUploadDraftUrl": lambda backend: backend.dataset_files.get_upload_draft_url,
        "StartMultipartUploadDraft": lambda backend: backend.multipart.start,
        "FinishMultipartUploadDraft": lambda backend: backend.multipart.finish,
        "GetDownloadUrls": lambda backend: backend.dataset_files.get_download_urls,
        "Validate": lambda backend: backend.datasets.validate,
        "GetPreview": lambda backend: backend.dataset_files.get_preview,
        "ListTypes": lambda backend: backend.dataset_catalogue.list_types,
        "ListUploadSchemas": lambda backend: backend.dataset_catalogue.list_upload_schemas,
        "ListUploadFormats": lambda backend: backend.dataset_catalogue.list_upload_formats,
        "ListOperationsIds": lambda backend: backend.dataset_lists.list_operations_ids,
    },
    "yandex.cloud.ai.tuning.v1.TuningService": {
        "Tune": lambda backend: backend.tunings.tune,
        "Describe": lambda backend: backend.tunings.describe,
        "List": lambda backend: backend.tunings.list,
        "GetOptions": lambda backend: backend.tunings.get_options,
        "GetMetricsUrl": lambda backend: backend.tunings.get_metrics_url,
        "Cancel": lambda backend: backend.tunings.cancel,
        "ListErrors": lambda backend: backend.finished_tunings.list_errors,
        "Archive": lambda backend: backend.finished_tunings.archive,
        "EnableBilling": lambda backend: backend.finished_tunings.enable_billing,
    },
    "yandex.cloud.operation.OperationService": {
        "Get": lambda backend: backend.operations.get,
        "Cancel": lambda backend: backend.operations.cancel,
    },
    "yandex.cloud.ai.foundation_models.v1.TextGenerationBatchService": {
        "Completion": lambda backend: backend.batch_runs.completion,
    },
    "yandex.cloud.ai.batch_inference.v1.BatchInferenceService": {
        "Describe": lambda backend: backend.batches.describe,
        "List": lambda backend: backend.batches.list,
        "Cancel": lambda backend: backend.batches.cancel,
        "Delete": lambda backend: backend.batches.delete,
    },
    "yandex.cloud.ai.foundation_models.v1.TextGenerationService": {
        "Completion": lambda backend: backend.text_generation.completion,
    },
    "yandex.cloud.ai.foundation_models.v1.TextGenerationAsyncService": {
        "Completion": lambda backend: backend.async_text_generation.completion,
    },
    "yandex.cloud.ai.foundation_models.v1.TokenizerService": {
        "Tokenize": lambda backend: backend.tokenizer.tokenize,
        "TokenizeCompletion": lambda backend: backend.tokenizer.tokenize_completion,
    },
    "yandex.cloud.ai.llm.v1alpha.TextGenerationService": {
        "Instruct": lambda backend: backend.instruct.instruct,
    },
    "yandex.cloud.ai.foundation_models.v1.text_classification.TextClassificationService": {
        "Classify": lambda backend: backend.text_classification.classify,
        "FewShotClassify": lambda backend: backend.text_classification.few_shot_classify,
    },
    "yandex.cloud.ai.foundation_models.v1.EmbeddingsService": {
        "TextEmbedding": lambda backend: backend.embeddings.text_embedding,
    },
}
"""What answers each RPC. A service is asked of the backend when one of its RPCs is first called."""

_ANSWERS = {
    f"/{service}/{name}": answer for service, answers in _SERVICES.items() for name, answer in answers.items()
}

_LASTING: Mapping[str, Callable[[Backend], LastingAnswer]] = {
    "/yandex.cloud.operation.OperationService/Get": lambda backend: backend.operations.lasting,
}
