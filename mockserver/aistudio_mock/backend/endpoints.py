"""ApiEndpointService: where the services are."""

from collections.abc import Mapping

from aistudio_mock.backend.addresses import Directory, Door
from aistudio_mock.backend.call import Call
from aistudio_mock.domain.errors import NotFound
from aistudio_protos.yandex.cloud.endpoint import api_endpoint_service_pb2 as wire
from aistudio_protos.yandex.cloud.endpoint.api_endpoint_pb2 import ApiEndpoint


class Endpoints:
    """Service discovery. Nothing here needs credentials."""

    def __init__(self, directories: Mapping[Door, Directory]) -> None:
        self._directories = directories

    def list(self, call: Call, _: wire.ListApiEndpointsRequest) -> wire.ListApiEndpointsResponse:
        """Every endpoint id, sorted, at the addresses of the door that was asked (a.1)."""
        listed = sorted(self._directories[call.door].endpoints.items())
        return wire.ListApiEndpointsResponse(
            endpoints=[ApiEndpoint(id=id_, address=address) for id_, address in listed]
        )

    def get(self, call: Call, request: wire.GetApiEndpointRequest) -> ApiEndpoint:
        """One endpoint. Raises NotFound for an id that is not listed."""
        address = self._directories[call.door].endpoints.get(request.api_endpoint_id)
        if address is None:
            raise NotFound(f"api endpoint {request.api_endpoint_id} not found")
        return ApiEndpoint(id=request.api_endpoint_id, address=address)
