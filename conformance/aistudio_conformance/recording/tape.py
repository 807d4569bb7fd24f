"""What went through the proxy, as entries of a journal of version 1 (docs/reference/journal.md)."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from msgspec import Struct

from aistudio_conformance.journal import VERSION
from aistudio_protos.pool import services
from aistudio_protos.reading import read
from aistudio_protos.redaction import Redactor

Document = dict[str, Any]

METHODS = {
    f"/{service.full_name}/{method.name}": method for service in services() for method in service.methods
}
"""The methods of the contract by their paths."""


def now() -> str:
    """This moment, as a journal writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")  # noqa: TID251 - what is recorded is real


class Heard(Struct, frozen=True, kw_only=True):
    """One gRPC call that has been answered. `path` is its method's, `received_at` as of `now`.

    `status` is the name of a status code, `deadline` in seconds; `request_id` what the answer calls the call,
    `fault` the id of what has changed the answer.
    """

    path: str
    request: bytes
    replies: Sequence[bytes]
    metadata: Sequence[tuple[str, str | bytes]]
    received_at: str
    status: str
    message: str
    request_id: str
    deadline: float | None
    fault: str | None


class Tape:
    """The entries of the case under way; safe to use from any thread. Secrets leave equal traces only."""

    def __init__(self) -> None:
        self._redactor = Redactor(secrets.token_bytes(32))
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

    def grpc(self, call: Heard) -> None:
        """One gRPC call that has been answered."""
        method = METHODS.get(call.path)
        request_type = method.input_type.full_name if method else ""
        response_type = method.output_type.full_name if method else ""
        self._add(
            leg="grpc",
            method=call.path.rpartition(".")[2].strip("/"),
            path=call.path,
            received_at=call.received_at,
            status=call.status,
            metadata=[[name, self._header(name, value)] for name, value in call.metadata],
            request_id=call.request_id,
            deadline=call.deadline,
            request_type=request_type,
            response_type=response_type,
            request=self._message(request_type, call.request),
            responses=[self._message(response_type, reply) for reply in call.replies],
            message=self._redactor.text(call.message),
            fault=call.fault,
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
        path, mark, query = target.partition("?")
        self._add(
            leg="storage",
            method=method,
            path=path,
            url=path + mark + self._redactor.parameters(query),
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
        return said and {name: self._redactor.field(name, value) for name, value in said.items()}

    def _header(self, name: str, value: str | bytes) -> str:
        return self._redactor.header(name, value if isinstance(value, str) else value.hex())
