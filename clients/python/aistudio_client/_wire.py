"""What both drivers know of the two wires: options of channels, headers of the storage, and its errors."""

import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import grpc

from aistudio_client._errors import ConfigurationError, StorageError
from aistudio_client._link import Settings
from aistudio_client._places import host_of, is_local, require_allowed
from aistudio_client._steps import Put

BLOCK = 1 << 20
"""Bytes that are read, hashed and sent at once."""

_MAX_MESSAGE = 64 << 20
_LONGEST_ERROR = 10_000
_OF_XML = re.compile(rb"<(Code|Message|RequestId)>([^<]*)<")


@cache
def user_agent() -> str:
    """Name and version of this client."""
    from importlib.metadata import version  # noqa: PLC0415 - when the first channel is made

    return f"aistudio-client/{version('aistudio-mock')}"


def channel_options(address: str) -> list[tuple[str, Any]]:
    """Of a channel. A proxy is not asked for this machine."""
    options: list[tuple[str, Any]] = [
        ("grpc.primary_user_agent", user_agent()),
        ("grpc.max_receive_message_length", _MAX_MESSAGE),
    ]
    if is_local(host_of(address)):
        options.append(("grpc.enable_http_proxy", 0))
    return options


def channel_credentials(settings: Settings, address: str) -> grpc.ChannelCredentials | None:
    """Of a channel; None for plaintext. Raises ConfigurationError."""
    if settings.plaintext:
        require_allowed(address)
        return None
    roots = None if settings.ca is None else _read(settings.ca)
    return grpc.ssl_channel_credentials(roots)


def _read(ca: str) -> bytes:
    try:
        with open(ca, "rb") as file:  # noqa: PTH123 - pathlib is not loaded for it
            return file.read()
    except OSError as error:
        raise ConfigurationError(f"the CA {ca} cannot be read: {error.strerror}") from error


def chance() -> float:
    """A number from 0 up to 1."""
    return int.from_bytes(os.urandom(6)) / (1 << 48)


def nonce() -> str:
    """Twenty digits that nobody has used before."""
    return os.urandom(10).hex()


def load_httpx() -> Any:
    """The module, imported when the storage is first used. Raises ConfigurationError."""
    try:
        import httpx  # noqa: PLC0415 - it costs more than all the rest
    except ImportError as error:
        raise ConfigurationError(
            "httpx is needed for uploads and downloads: pip install 'aistudio-mock[client]'"
        ) from error
    return httpx


def http_options(httpx: Any, settings: Settings, *, direct: bool) -> dict[str, Any]:
    """Of an HTTP client for presigned URLs: it carries no credentials and follows nobody elsewhere."""
    context = httpx.create_ssl_context()
    if settings.ca is not None:
        context.load_verify_locations(settings.ca)
    return {
        "verify": context,
        "trust_env": not direct,
        "headers": {"User-Agent": user_agent()},
        "limits": httpx.Limits(max_connections=None),
    }


def put_headers(step: Put) -> dict[str, str]:
    """The signature covers the length, so it is told and the body is not chunked."""
    return {"Content-Length": str(step.length), "Content-Type": "application/octet-stream"}


class Reader:
    """The blocks of a piece of a source, hashed as they are read."""

    def __init__(self, step: Put) -> None:
        self._step = step
        self._sent = 0
        import hashlib  # noqa: PLC0415 - only who uploads needs it

        self._md5 = hashlib.md5(usedforsecurity=False)

    def next(self) -> bytes:
        """The next block, empty at the end."""
        step = self._step
        block = step.source.read(step.offset + self._sent, min(BLOCK, step.length - self._sent))
        self._md5.update(block)
        self._sent += len(block)
        return block

    def md5(self) -> str:
        """Of all blocks so far, in hex."""
        return self._md5.hexdigest()


def storage_error(verb: str, status: int, headers: Mapping[str, str], body: bytes) -> StorageError:
    """What the storage said. The rest of its body repeats the signature, so it is not told."""
    told = {
        name.decode(): value.decode(errors="replace")
        for name, value in _OF_XML.findall(body[:_LONGEST_ERROR])
    }
    return StorageError(
        verb,
        status,
        told.get("Code", ""),
        told.get("Message", "") or "without a message",
        request_id=headers.get("x-amz-request-id", "") or told.get("RequestId", ""),
        retry_after=_seconds(headers.get("retry-after", "")),
    )


def lost(verb: str, error: Exception) -> StorageError:
    """No answer. The words of the library may repeat the URL, so only their kind is told."""
    return StorageError(verb, 0, "", f"the connection failed ({type(error).__name__})")


def serializer() -> Callable[[Any], bytes]:
    """Of every message."""
    return lambda message: message.SerializeToString()


def _seconds(text: str) -> float | None:
    return float(text) if text.isdecimal() else None
