"""Before a call: where it goes, and the token that it carries."""

from io import BytesIO
from typing import Any

import msgspec

from aistudio_client._credentials import HOUR, ApiKey, IamToken, MetadataService, NoCredentials, OAuthToken
from aistudio_client._errors import ConfigurationError, StorageError
from aistudio_client._link import Link, Token
from aistudio_client._methods import ENDPOINT, Method, method
from aistudio_client._places import require_allowed
from aistudio_client._steps import Flow, Get, Now, Work
from aistudio_protos.yandex.cloud.endpoint.api_endpoint_service_pb2 import ListApiEndpointsRequest
from aistudio_protos.yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest

_LIST = method("ApiEndpointService/List")
_EXCHANGE = method("IamTokenService/Create")
_METADATA_HEADERS = (("Metadata-Flavor", "Google"),)
_SHARE = 0.9
"""The share of its life after which a token is renewed."""


class _Issued(msgspec.Struct):
    access_token: str
    expires_in: float = HOUR


def address(link: Link, wanted: Method, timeout: float) -> Flow[str]:
    """host:port of a call. The endpoint list is read once, without credentials.

    Raises:
        RpcError: it could not be read.
        ConfigurationError: it has no such endpoint, or it names one in plaintext that is not of this machine.
    """
    settings = link.settings
    if wanted.endpoint == ENDPOINT:
        return settings.endpoint
    if wanted.endpoint in settings.addresses:
        return settings.addresses[wanted.endpoint]
    if not link.endpoints:
        link.endpoints = yield from _discovered(link, timeout)
    found: str | None = link.endpoints.get(wanted.endpoint)
    if found is None:
        raise ConfigurationError(
            f"{settings.endpoint} knows no endpoint {wanted.endpoint}; "
            f"name its host:port in addresses={{'{wanted.endpoint}': …}}"
        )
    if settings.plaintext:
        require_allowed(found)
    return found


def _discovered(link: Link, timeout: float) -> Flow[dict[str, str]]:
    from aistudio_client._flows.calls import call  # noqa: PLC0415 - each needs the other

    reply = yield from call(link, _LIST, ListApiEndpointsRequest(), timeout=timeout)
    return {one.id: one.address for one in reply.endpoints}


def authorization(link: Link, timeout: float) -> Flow[str | None]:
    """The value of the header `authorization`; None for none. Raises RpcError or StorageError."""
    credentials = link.settings.credentials
    match credentials:
        case NoCredentials():
            return None
        case ApiKey(secret):
            return f"Api-Key {secret}"
        case IamToken(str() as text):
            return f"Bearer {text}"
    now = yield Now()
    if link.token is None or link.token.fresh_until <= now:
        link.token = yield from _issued(link, credentials, now, timeout)
    return f"Bearer {link.token.value}"


def can_renew(link: Link) -> bool:
    """Whether a refused token may be replaced by a fresh one."""
    return link.token is not None


def _issued(link: Link, credentials: Any, now: float, timeout: float) -> Flow[Token]:
    match credentials:
        case OAuthToken(text):
            return (yield from _exchanged(link, text, now, timeout))
        case MetadataService(url):
            return (yield from _from_machine(url, now, timeout))
        case IamToken(give) if not isinstance(give, str):
            value = yield Work(give)
            return Token(str(value), now + HOUR)
    raise ConfigurationError(f"{credentials!r} is no kind of credentials that this client knows")


def _exchanged(link: Link, oauth: str, now: float, timeout: float) -> Flow[Token]:
    from aistudio_client._flows.calls import call  # noqa: PLC0415 - each needs the other

    request = CreateIamTokenRequest(yandex_passport_oauth_token=oauth)
    reply = yield from call(link, _EXCHANGE, request, timeout=timeout)
    return Token(reply.iam_token, now + HOUR)


def _from_machine(url: str, now: float, timeout: float) -> Flow[Token]:
    sink = BytesIO()
    try:
        yield Get(url, sink, timeout, _METADATA_HEADERS, direct=True)
        issued = msgspec.json.decode(sink.getvalue(), type=_Issued)
    except (StorageError, msgspec.DecodeError) as error:
        raise ConfigurationError(
            f"the metadata service gave no token ({error.args[0]}); it is there on the cloud's own virtual "
            "machines only, with a service account"
        ) from error
    return Token(issued.access_token, now + issued.expires_in * _SHARE)
