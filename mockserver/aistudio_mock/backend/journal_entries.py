"""The journal as it is told: version 1 of its entries, with secrets redacted (docs/reference/journal.md)."""

import base64
import json
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any
from urllib.parse import unquote

from google.protobuf.descriptor import MethodDescriptor

from aistudio_mock.backend.heard import GrpcCall, Heard, StorageCall
from aistudio_mock.backend.journal import Noted
from aistudio_mock.domain.clock import ClockReading
from aistudio_mock.domain.instant import Instant, later, rfc3339
from aistudio_protos.pool import services
from aistudio_protos.redaction import Redactor

VERSION = 1
"""Within a version fields are only ever added."""

Document = dict[str, Any]
"""What JSON can say."""

_SERVER = "aistudio-mock"

_ORDER = (
    *("number", "folder", "leg", "method", "path", "query", "url", "peer", "door"),
    *("received_at", "answered_at", "deadline", "request_id", "metadata"),
    *("request_type", "response_type", "request", "request_bytes", "responses", "responses_omitted"),
    *("status", "message", "error_code", "body", "fault"),
)
"""The fields as people read them."""


def line(document: Document) -> bytes:
    """A document as one line of a journal."""
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def is_header(first: bytes) -> bool:
    """Whether that is the first line of a journal that a server of ours wrote."""
    try:
        header = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "journal" in header and header.get("server") == _SERVER


@cache
def _installed() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - slow to import, and rarely needed

    return version(_SERVER)  # which reads files, each time


class Teller:
    """Makes entries of what journals keep. `started` is when the server was, by the system's clock."""

    def __init__(self, redactor: Redactor, started: Instant) -> None:
        self._redactor = redactor
        self._started = started

    def header(self) -> Document:
        """The first line of a journal as JSON Lines."""
        return {
            "journal": VERSION,
            "server": _SERVER,
            "version": _installed(),
            "started_at": rfc3339(self._started),
        }

    def entry(self, noted: Noted) -> Document:
        """One call. Never raises for what a caller may have sent."""
        call = noted.call
        told = self._told(call)
        told |= _times(call)
        told |= {
            "number": noted.number,
            "folder": self._redactor.text(noted.folder_id),  # whoever swaps two variables names it a secret
            "leg": call.leg,
            "method": self._redactor.text(call.method),
            "peer": _peer(call.peer),
            "request_id": call.request_id,
            "metadata": [self._header(name, value) for name, value in call.metadata],
            "status": call.status,
            "fault": call.fault.id if call.fault else None,
        }
        return {name: told[name] for name in _ORDER if name in told}

    def _told(self, call: Heard) -> Document:
        match call:
            case GrpcCall():
                return self._grpc(call)
            case StorageCall():
                return self._storage(call)
        raise TypeError(f"a call of no known leg: {call!r}")

    def _grpc(self, call: GrpcCall) -> Document:
        method = self._methods.get(call.rpc)
        request_type = method.input_type.full_name if method else ""
        response_type = method.output_type.full_name if method else ""
        request = self._message(request_type, call.body)
        return {
            "path": self._redactor.text(call.path),
            "door": call.door.value,
            "deadline": None if call.deadline is None else round(call.deadline, 3),
            "request_type": request_type,
            "response_type": response_type,
            "request": request,
            **({"request_bytes": len(call.body)} if request is None else {}),
            "responses": [self._message(response_type, reply) for reply in call.replies],
            **({"responses_omitted": call.omitted} if call.omitted else {}),
            "message": self._redactor.text(call.message),
            "error_code": "",
        }

    def _storage(self, call: StorageCall) -> Document:
        path, mark, query = _text(call.target.encode("utf-8", "surrogateescape")).partition("?")
        path, query = self._redactor.text(path), self._redactor.parameters(query)
        return {
            "path": path,
            "query": [[name, value] for name, _, value in (pair.partition("=") for pair in _pairs(query))],
            "url": path + mark + query,
            "deadline": None,
            "request_type": "",
            "response_type": "",
            "request": None,
            "responses": [],
            "message": "",
            "error_code": call.message,
            "body": call.body._asdict(),
        }

    def _message(self, type_name: str, data: bytes) -> Document | None:
        from aistudio_protos.reading import read  # noqa: PLC0415 - with the first reader

        said = read(type_name, data) if type_name else None
        return said and {name: self._redactor.field(name, value) for name, value in said.items()}

    def _header(self, name: str | bytes, value: str | bytes) -> list[str]:
        lower, text = _text(name).lower(), _text(value)
        shown = self._redactor.header(lower, text)
        if isinstance(name, str) and isinstance(value, bytes) and shown == text:  # gRPC's binary metadata
            shown = base64.b64encode(value).decode()
        return [lower, shown]

    @cached_property
    def _methods(self) -> Mapping[str, MethodDescriptor]:
        return {
            f"/{service.full_name}/{method.name}": method
            for service in services()
            for method in service.methods
        }


def _times(call: Heard) -> Document:
    before = call.before or call.after
    return {
        "received_at": _both(call.at, before, call.arrived),
        "answered_at": _both(later(call.at, call.answered - call.arrived), call.after, call.answered),
    }


def _both(real: Instant, reading: ClockReading, steady: Instant) -> dict[str, str]:
    return {"real": rfc3339(real), "virtual": rfc3339(reading.now(steady))}


def _pairs(query: str) -> Iterator[str]:
    return (pair for pair in query.split("&") if pair)


def _peer(peer: str) -> str:
    """`ipv6:%5B::1%5D:40312`, as gRPC has it, becomes `[::1]:40312`."""
    return unquote(peer.removeprefix("ipv4:").removeprefix("ipv6:"))


def _text(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode(errors="backslashreplace")
