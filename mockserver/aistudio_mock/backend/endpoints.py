"""ApiEndpointService and IamTokenService: where the services are, and a token to call them."""

from collections.abc import Mapping

from aistudio_mock.backend import views
from aistudio_mock.backend.addresses import Directory, Door
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folders
from aistudio_mock.backend.identity import Identity
from aistudio_mock.domain.errors import NotFound
from aistudio_protos.yandex.cloud.endpoint import api_endpoint_service_pb2 as wire
from aistudio_protos.yandex.cloud.endpoint.api_endpoint_pb2 import ApiEndpoint
from aistudio_protos.yandex.cloud.iam.v1 import iam_token_service_pb2 as iam


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


class IamTokens:
    """IamTokenService: any OAuth token or JWT is exchanged for a token of the default folder (assumed)."""

    def __init__(self, identity: Identity, folders: Folders) -> None:
        self._identity = identity
        self._folders = folders

    def create(self, _: Call, request: iam.CreateIamTokenRequest) -> iam.CreateIamTokenResponse:
        """A token good for 12 hours; a folder's API key in place of the OAuth token binds to that folder."""
        folder = self._folders.with_api_key(request.yandex_passport_oauth_token) or self._folders.default
        issued = self._identity.issue(folder)
        return iam.CreateIamTokenResponse(
            iam_token=issued.token, expires_at=views.timestamp(issued.expires_at)
        )
