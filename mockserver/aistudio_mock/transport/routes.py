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
from aistudio_protos.pool import message_class, services

Unary = Callable[[Call, Any], Message]
Streaming = Callable[[Call, Any], Iterator[Message]]


class Route(Struct, frozen=True):
    """One RPC: how to read its request, what answers it, and whose call it is without a credential."""

    method: MethodDescriptor
    answer: Unary | Streaming
    folder_of: FolderOf
    needs_credentials: bool = True

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


def routes(backend: Backend) -> dict[str, Route]:
    """Every RPC that is implemented, by its path."""
    answers = _answers(backend)
    belonging = Belonging(backend.store, backend.folders)
    found = (
        Route(
            method := service.methods_by_name[name],
            answer,
            belonging.of(method.input_type),
            needs_credentials=service.name not in OPEN,
        )
        for service in services()
        for name, answer in answers.get(service.name, {}).items()
        if name in service.methods_by_name  # two packages may have a service of one name
    )
    return {route.path: route for route in found}


def service_names() -> tuple[str, ...]:
    """Full names of the contract's services, as reflection lists them."""
    return tuple(service.full_name for service in services())


@cache
def declared_paths() -> frozenset[str]:
    """The path of every RPC in the contract, implemented or not."""
    return frozenset(
        f"/{service.full_name}/{method.name}" for service in services() for method in service.methods
    )


def _answers(backend: Backend) -> Mapping[str, Mapping[str, Unary | Streaming]]:
    return {
        "ApiEndpointService": {"List": backend.endpoints.list, "Get": backend.endpoints.get},
        "IamTokenService": {"Create": backend.iam_tokens.create},
        "DatasetService": {
            "Create": backend.datasets.create,
            "Describe": backend.datasets.describe,
            "List": backend.dataset_lists.list,
            "Update": backend.datasets.update,
            "Delete": backend.datasets.delete,
            "GetUploadDraftUrl": backend.dataset_files.get_upload_draft_url,
            "StartMultipartUploadDraft": backend.multipart.start,
            "FinishMultipartUploadDraft": backend.multipart.finish,
            "GetDownloadUrls": backend.dataset_files.get_download_urls,
            "Validate": backend.datasets.validate,
            "GetPreview": backend.dataset_files.get_preview,
            "ListTypes": backend.dataset_catalogue.list_types,
            "ListUploadSchemas": backend.dataset_catalogue.list_upload_schemas,
            "ListUploadFormats": backend.dataset_catalogue.list_upload_formats,
            "ListOperationsIds": backend.dataset_lists.list_operations_ids,
        },
        "TuningService": {
            "Tune": backend.tunings.tune,
            "Describe": backend.tunings.describe,
            "List": backend.tunings.list,
            "GetOptions": backend.tunings.get_options,
            "GetMetricsUrl": backend.tunings.get_metrics_url,
            "Cancel": backend.tunings.cancel,
            "ListErrors": backend.finished_tunings.list_errors,
            "Archive": backend.finished_tunings.archive,
            "EnableBilling": backend.finished_tunings.enable_billing,
        },
        "OperationService": {"Get": backend.operations.get, "Cancel": backend.operations.cancel},
        "TextGenerationService": {"Completion": backend.text_generation.completion},
        "TextClassificationService": {
            "Classify": backend.text_classification.classify,
            "FewShotClassify": backend.text_classification.few_shot_classify,
        },
        "EmbeddingsService": {"TextEmbedding": backend.embeddings.text_embedding},
    }
