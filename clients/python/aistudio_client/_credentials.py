"""Who is asking: values that never show what is in them."""

import re
from collections.abc import Callable

from msgspec import Struct

from aistudio_client._errors import ConfigurationError

METADATA_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
METADATA_URL = f"http://169.254.169.254{METADATA_PATH}"
"""Where a virtual machine of the cloud gets the token of its service account (service-behaviour a.3)."""

HOUR = 3600.0
"""How long a token is used before a fresh one is asked for; they live up to twelve times that."""

_KEY_ID = re.compile(r"aje[0-9a-v]{17}")


class Credentials(Struct, frozen=True):
    """The root: what a call carries is found by `_flows.access`. `repr` never shows a secret."""

    def __repr__(self) -> str:
        """The kind alone."""
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class NoCredentials(Credentials, frozen=True):
    """None: for servers that ask for none."""


class ApiKey(Credentials, frozen=True):
    """The secret of an API key, `AQVN…`. Raises ConfigurationError for the key's identifier."""

    secret: str

    def __post_init__(self) -> None:
        _require(self.secret, "the API key")
        if _KEY_ID.fullmatch(self.secret):
            raise ConfigurationError(
                f"{self.secret} is the identifier of an API key; the secret that was shown with it when it "
                "was made is what calls carry: it begins with AQVN"
            )


class IamToken(Credentials, frozen=True):
    """An IAM token, `t1.…`: as text, or a function that gives a fresh one each time it is called.

    The function is called when the token is an hour old, and when the service refuses it.
    """

    token: str | Callable[[], str]

    def __post_init__(self) -> None:
        if isinstance(self.token, str):
            _require(self.token, "the IAM token")


class OAuthToken(Credentials, frozen=True):
    """A user's OAuth token, `y0_…`: exchanged for an IAM token, which is kept fresh."""

    token: str

    def __post_init__(self) -> None:
        _require(self.token, "the OAuth token")


class MetadataService(Credentials, frozen=True):
    """The service account of the virtual machine that the program runs on."""

    url: str = METADATA_URL


def _require(secret: str, what: str) -> None:
    if not secret or secret.strip() != secret or not secret.isascii():
        raise ConfigurationError(f"{what} is empty, or has spaces or letters that no header can carry")
