"""IamTokenService: a token to call the others."""

from aistudio_mock.backend import views
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folders
from aistudio_mock.backend.identity import Identity
from aistudio_protos.yandex.cloud.iam.v1 import iam_token_service_pb2 as iam


class IamTokens:
    """Any OAuth token or JWT is exchanged for a token of the default folder (assumed)."""

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
