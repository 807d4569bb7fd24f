"""Calls of the service: a channel, credentials, and one deadline for all attempts of a call."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import grpc

from aistudio_conformance.adapters.raw_stubs.link import Link
from aistudio_conformance.protocol import Place, Refused

READS = frozenset(
    {
        "Get",
        "Describe",
        "List",
        "ListTypes",
        "ListUploadSchemas",
        "GetOptions",
        "GetMetricsUrl",
        "GetUploadDraftUrl",
    }
)
"""Methods that change nothing, so that a second call does no harm."""

_MAYBE_DONE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
_SCHEMES = {"iam-token": "Bearer", "api-key": "Api-Key"}


class Calls(Link):
    """Unary calls that end in a reply or in `Refused`."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._connection = self._channel()

    def close(self) -> None:
        """Ends every wait and every call."""
        super().close()
        self._connection.close()

    def _channel(self) -> grpc.Channel:
        if not self._place.tls:
            return grpc.insecure_channel(self._place.grpc)
        roots = Path(self._place.ca).read_bytes() if self._place.ca else None
        return grpc.secure_channel(self._place.tls, grpc.ssl_channel_credentials(roots))

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        credentials = self._place.credentials
        if credentials.kind == "none":
            return ()
        return (("authorization", f"{_SCHEMES[credentials.kind]} {credentials.value}"),)

    def _budget(self) -> float:
        """Seconds for one call, however many attempts it takes."""
        return 20.0

    def _deadline(self, left: float) -> float | None:
        """The deadline that goes with an attempt when that many seconds of the budget are left."""
        return left

    def _is_worth_repeating(self, method: str, code: grpc.StatusCode) -> bool:
        return code is grpc.StatusCode.UNAVAILABLE and method in READS

    def _call(self, stub: Any, method: str, request: Any) -> Any:
        """The reply. Raises Refused."""
        ends = monotonic() + self._budget()
        for attempt in count(1):
            try:
                return self._attempt(stub, method, request, ends - monotonic())
            except grpc.RpcError as error:
                pause = self._backoff(attempt)
                is_last = attempt >= self._attempts() or monotonic() + pause >= ends
                if is_last or not self._is_worth_repeating(method, error.code()):
                    raise self._refusal(method, error) from error
                self._pause(pause)
        raise AssertionError

    def _attempt(self, stub: Any, method: str, request: Any, left: float) -> Any:
        return getattr(stub, method)(request, metadata=self._authorization(), timeout=self._deadline(left))

    def _refusal(self, method: str, error: grpc.RpcError) -> Refused:
        """What the user is told: the service's own words, and the id to name to its support."""
        metadata = dict((*(error.initial_metadata() or ()), *(error.trailing_metadata() or ())))
        told = [error.details() or f"{method} failed without a message"]
        if error.code() in _MAYBE_DONE and method not in READS:
            told.append(f"whether {method} was carried out is not known: look before you repeat it")
        if "x-request-id" in metadata:
            told.append(f"request id: {metadata['x-request-id']}")
        return Refused("\n".join(told), code=error.code().name)

    def _pages(self, fetch: Callable[[str], Any]) -> Iterator[Any]:
        """Every page. Raises Refused when the service leads in a circle."""
        token = ""
        seen = set[str]()
        while True:
            page = fetch(token)
            yield page
            token = self._next_token(page)
            if not token:
                return
            if token in seen:
                raise Refused(f"the service gave one page token twice, after {len(seen) + 1} pages")
            seen.add(token)

    def _next_token(self, page: Any) -> str:
        return str(page.next_page_token)

    def _status_name(self, enum: Any, number: int) -> str:
        """The name of a status, and the number of one that is newer than this client."""
        return str(enum.Name(number)) if number in enum.values() else str(number)
