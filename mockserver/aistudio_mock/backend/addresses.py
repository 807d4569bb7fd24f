"""What clients are told of where things are, for each door they may come in by."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from msgspec import Struct


class Door(Enum):
    """Which way a call came in; addresses that an answer names lead back the same way."""

    PLAINTEXT = "plaintext"
    TLS = "tls"
    ROUTER = "router"
    """By the service's real names, through the router."""
    FAULTS = "faults"
    """By the fault port."""


REAL_ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "ai-assistants": "assistant.api.cloud.yandex.net:443",
        "ai-files": "assistant.api.cloud.yandex.net:443",
        "ai-foundation-models": "llm.api.cloud.yandex.net:443",
        "ai-llm": "llm.api.cloud.yandex.net:443",
        "endpoint": "api.cloud.yandex.net:443",
        "fomo-dataset": "fomo-dataset.api.cloud.yandex.net:443",
        "fomo-tuning": "fomo-tuning.api.cloud.yandex.net:443",
        "iam": "iam.api.cloud.yandex.net:443",
        "operation": "operation.api.cloud.yandex.net:443",
        "storage": "storage.yandexcloud.net:443",
    }
)
"""Every endpoint id that a client of these services looks for, and its real address (a.1)."""

REAL_STORAGE_URL = "https://storage.yandexcloud.net"


class Directory(Struct, frozen=True):
    """The addresses that one door shows: host:port of each endpoint id, and the base URL of storage."""

    endpoints: Mapping[str, str]
    storage_url: str


def directory(grpc_address: str, storage_url: str) -> Directory:
    """Every gRPC service at one address of ours, and storage at its base URL."""
    endpoints = dict.fromkeys(REAL_ENDPOINTS, grpc_address) | {"storage": storage_url.partition("://")[2]}
    return Directory(MappingProxyType(endpoints), storage_url)


REAL = Directory(REAL_ENDPOINTS, REAL_STORAGE_URL)
"""What the router's door shows: the real names, which lead through the router again."""
