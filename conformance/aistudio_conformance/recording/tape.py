"""What went through the proxy, as entries of a journal of version 1 (docs/reference/journal.md)."""

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from aistudio_conformance.journal import VERSION
from aistudio_conformance.recording.secrets import (
    SECRET_FIELDS,
    SECRET_HEADER,
    SECRET_PARAMETER,
    split_scheme,
)
from aistudio_protos.pool import services
from aistudio_protos.reading import read

Document = dict[str, Any]

METHODS = {
    f"/{service.full_name}/{method.name}": method for service in services() for method in service.methods
}
"""The methods of the contract by their paths."""


def now() -> str:
    """This moment, as a journal writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")  # noqa: TID251 - what is recorded is real


class Tape:
    """The entries of the case under way; safe to use from any thread. Secrets leave equal traces only."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._lock = Lock()
        self._entries: list[Document] = []
        self._folder = ""

    def begin(self, folder: str) -> None:
        """A case begins in that folder: what was recorded before is forgotten."""
        with self._lock:
            self._entries, self._folder = [], folder

    def lines(self) -> bytes:
        """The journal so far, as JSON Lines."""
        with self._lock:
            entries = [*self._entries]
        header = {"journal": VERSION, "server": "aistudio-conformance", "dropped": 0}
        return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in (header, *entries))

    def grpc(
        self,
        path: str,
        request: bytes,
        replies: Sequence[bytes],
        metadata: Sequence[tuple[str, str | bytes]],
        received_at: str,
        status: str,
        message: str,
        deadline: float | None,
    ) -> None:
        """One gRPC call that has been answered."""
        method = METHODS.get(path)
        request_type = method.input_type.full_name if method else ""
        response_type = method.output_type.full_name if method else ""
        self._add(
            leg="grpc",
            method="/".join(path.rpartition(".")[2].split("/")) if "." in path else path.strip("/"),
            path=path,
            received_at=received_at,
            status=status,
            metadata=[[name, self._header(name, value)] for name, value in metadata],
            deadline=deadline,
            request_type=request_type,
            response_type=response_type,
            request=self._message(request_type, request),
            responses=[self._message(response_type, reply) for reply in replies],
            message=self._text(message),
        )

    def storage(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        received_at: str,
        status: int,
        error_code: str,
        body: Mapping[str, Any],
    ) -> None:
        """One request to the storage that has been answered."""
        url = SECRET_PARAMETER.sub(lambda found: found["before"] + self._secret(found["secret"]), target)
        self._add(
            leg="storage",
            method=method,
            path=url.partition("?")[0],
            url=url,
            received_at=received_at,
            status=str(status),
            metadata=[[name.lower(), self._header(name.lower(), value)] for name, value in headers],
            error_code=error_code,
            body=body,
        )

    def _add(self, *, received_at: str, **fields: Any) -> None:
        answered_at = now()
        with self._lock:
            entry = {"number": len(self._entries) + 1, "folder": self._folder, **fields}
            entry["received_at"] = {"real": received_at, "virtual": received_at}
            entry["answered_at"] = {"real": answered_at, "virtual": answered_at}
            self._entries.append(entry)

    def _message(self, type_name: str, data: bytes) -> Document | None:
        said = read(type_name, data) if type_name else None
        return said and {name: self._field(name, value) for name, value in said.items()}

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            return self._secret(value) if name in SECRET_FIELDS else self._text(value)
        if isinstance(value, Mapping):
            return {key: self._field(key, inner) for key, inner in value.items()}
        return [self._field(name, inner) for inner in value] if isinstance(value, list) else value

    def _header(self, name: str, value: str | bytes) -> str:
        text = value if isinstance(value, str) else value.hex()
        if not SECRET_HEADER.search(name):
            return self._text(text)
        scheme, secret = split_scheme(text)
        return scheme + self._secret(secret) if secret else text

    def _text(self, text: str) -> str:
        return SECRET_PARAMETER.sub(lambda found: found["before"] + self._secret(found["secret"]), text)

    def _secret(self, secret: str) -> str:
        digest = hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), "sha256").hex()
        return f"[redacted {digest[:10]} {len(secret)}]"
