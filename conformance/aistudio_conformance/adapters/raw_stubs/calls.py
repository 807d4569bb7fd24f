"""Calls of the service: a channel, credentials, and one deadline for all attempts of a call."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import grpc
from yandex.cloud.endpoint.api_endpoint_service_pb2 import ListApiEndpointsRequest
from yandex.cloud.endpoint.api_endpoint_service_pb2_grpc import ApiEndpointServiceStub

from aistudio_conformance.adapters.raw_stubs.link import Link
from aistudio_conformance.protocol import Refused

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

HOME = "ai-foundation-models"
"""The endpoint of datasets, tunings, models, and their operations."""

_MAYBE_DONE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
_SCHEMES = {"iam-token": "Bearer", "api-key": "Api-Key"}


class Calls(Link):
    """Unary calls that end in a reply or in `Refused`."""

    def close(self) -> None:
        """Ends every wait and every call."""
        super().close()
        if "_connection" in vars(self):
            self._connection.close()

    @cached_property
    def _connection(self) -> grpc.Channel:
        """To where the services are, as the list of endpoints tells. Raises Refused."""
        with self._channel(self._place.tls or self._place.grpc) as first:
            request = ListApiEndpointsRequest()
            listed = self._call(ApiEndpointServiceStub(first), "List", request).endpoints
        return self._channel(self._home({one.id: one.address for one in listed}))

    def _home(self, listed: Mapping[str, str]) -> str:
        """The address of the services. What else is listed does not matter here. Raises Refused."""
        if HOME not in listed:
            raise Refused(f"the list of endpoints has no {HOME}")
        return listed[HOME]

    def _channel(self, address: str) -> grpc.Channel:
        if not self._place.tls:
            return grpc.insecure_channel(address)
        roots = Path(self._place.ca).read_bytes() if self._place.ca else None
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(roots))

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
        metadata = () if isinstance(stub, ApiEndpointServiceStub) else self._authorization()
        return getattr(stub, method)(request, metadata=metadata, timeout=self._deadline(left))

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
