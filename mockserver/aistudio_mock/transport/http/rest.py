"""The few plain HTTP resources beside storage: IAM tokens (REST face) and the CA certificate."""

import json
from collections.abc import Callable

from aiohttp import web
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.identity import Credential
from aistudio_mock.domain.errors import ApiError, InvalidArgument
from aistudio_mock.transport.contract import require_valid
from aistudio_protos.yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest

HTTP_STATUS = {
    1: 499,
    2: 500,
    3: 400,
    4: 504,
    5: 404,
    6: 409,
    7: 403,
    8: 429,
    9: 400,
    10: 409,
    11: 400,
    12: 501,
}
HTTP_STATUS |= {13: 500, 14: 503, 15: 500, 16: 401}
"""Canonical code → HTTP status (service-behaviour a.6)."""


def routes(backend: Backend, ca_pem: bytes) -> Callable[[web.Application], None]:
    """Adds the resources to an application."""

    async def create_token(request: web.Request) -> web.Response:
        try:
            asked = _parsed(await request.text())
            require_valid(asked)
            reply = backend.iam_tokens.create(Call(Credential()), asked)
        except ApiError as error:
            return _refused(error)
        return web.json_response(MessageToDict(reply))

    async def certificate(_: web.Request) -> web.Response:
        return web.Response(body=ca_pem, content_type="application/x-pem-file")

    def add(app: web.Application) -> None:
        app.router.add_post("/iam/v1/tokens", create_token)
        app.router.add_get("/_mock/ca.pem", certificate)

    return add


def _parsed(body: str) -> CreateIamTokenRequest:
    try:
        return ParseDict(json.loads(body), CreateIamTokenRequest())
    except (ValueError, ParseError, RecursionError) as problem:
        raise InvalidArgument(f"the body is not the JSON of a CreateIamTokenRequest: {problem}") from None


def _refused(error: ApiError) -> web.Response:
    body = {"code": error.code, "message": error.message, "details": []}
    return web.json_response(body, status=HTTP_STATUS[error.code])
