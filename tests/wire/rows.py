"""Plays fixture rows: each is one request to a running server, and the reply that a source shows for it.

A row has `row` (its name), `source`, and either `call` (a gRPC method) with `request`, or `put` or `get` (a
URL, with `body` for the file to send). `reply` is its template (see matcher). Besides, where needed:

    until, before   call again until the reply has that key; replies without it are as `before` says
    elapsed         [from, to, low, high]: bound names, and seconds from one to the other
    differ          bound names whose values are not the same

Rows of one file are one conversation: a later row uses the names that earlier ones have bound.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import msgspec
from google.protobuf.json_format import MessageToDict, ParseDict

from aistudio_protos.pool import POOL, message_class
from tests.wire.matcher import Names, filled, mismatches, moment
from tests.wire.stubs import METHODS

Row = Mapping[str, Any]
Rpc = Callable[[Row, Any], Any]
"""Makes the call of a row with that request; the reply as JSON."""

FIXTURES = Path(__file__).with_name("fixtures")
_POLLS = 6
_CREDENTIALS = (("authorization", "Api-Key AQVNanything"),)


def load(name: str) -> list[Row]:
    """The rows of a fixture file, in the order they are played."""
    return msgspec.yaml.decode((FIXTURES / name).read_bytes(), type=list[Row])


def play(rows: Sequence[Row], names: Names, rpc: Rpc) -> dict[str, list[str]]:
    """What was not as its source shows, by row; all lists are empty when the server is faithful."""
    return {row["row"]: list(_played(row, names, rpc)) for row in rows}


def over_channel(channel: grpc.Channel, timeout: float | None = 20) -> Rpc:
    """Calls by our own messages."""

    def rpc(row: Row, request: Any) -> Any:
        method = METHODS[row["call"]]
        call = channel.unary_unary(
            f"/{row['call']}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class(method.output_type.full_name).FromString,
        )
        message = ParseDict(request, message_class(method.input_type.full_name)(), descriptor_pool=POOL)
        reply = call(message, metadata=_CREDENTIALS, timeout=timeout)
        return MessageToDict(reply, descriptor_pool=POOL)

    return rpc


def _played(row: Row, names: Names, rpc: Rpc) -> Iterator[str]:
    try:
        yield from _answered(row, names, rpc)
        for start, end, low, high in row.get("elapsed", ()):
            seconds = (moment(names[end]) - moment(names[start])).total_seconds()
            if not low <= seconds <= high:
                yield f"{seconds} s from {start} to {end}, not {low} to {high}"
        for one, other in pairwise(row.get("differ", ())):
            if names[one] == names[other]:
                yield f"{one} and {other} are both {names[one]!r}"
    except KeyError as unbound:
        yield f"needs {unbound}, which no earlier row has bound"
    except grpc.RpcError as refusal:
        yield f"refused: {refusal}"


def _answered(row: Row, names: Names, rpc: Rpc) -> Iterator[str]:
    for _ in range(_POLLS):
        reply = _asked(row, names, rpc)
        if "until" not in row or row["until"] in reply:
            yield from mismatches(row["reply"], reply, names)
            return
        yield from mismatches(row["before"], reply, names, "reply before")
    yield f"no {row['until']} after {_POLLS} polls"


def _asked(row: Row, names: Names, rpc: Rpc) -> Any:
    if "call" in row:
        return rpc(row, filled(row["request"], names))
    if "put" in row:
        body = (FIXTURES / row["body"]).read_bytes()
        return _http("PUT", filled(row["put"], names), body, names)
    return _http("GET", filled(row["get"], names), None, names)


def _http(method: str, url: str, body: bytes | None, names: Names) -> Any:
    """Status and headers by name; binds `body-md5` and `body-size` of what was sent, or else received."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, {"Connection": "keep-alive"})
        answer = connection.getresponse()
        received = answer.read()
    finally:
        connection.close()
    content = received if body is None else body
    names["body-md5"] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    names["body-size"] = str(len(content))
    return {"status": answer.status, "headers": dict(sorted(answer.getheaders()))}
