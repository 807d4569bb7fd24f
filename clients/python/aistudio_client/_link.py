"""What all conversations of one client share: the folder, the policies, and what was found out on the way."""

from collections.abc import Mapping

from msgspec import Struct, field

from aistudio_client._credentials import Credentials
from aistudio_client._policies import Poll, Retry, Timeouts

API = "api.cloud.yandex.net:443"
"""Where the list of endpoints is (service-behaviour a.1)."""


class Token(Struct, frozen=True):
    """An IAM token and the moment, of the driver's clock, from which on a fresh one is wanted."""

    value: str
    fresh_until: float

    def __repr__(self) -> str:
        """Without the token."""
        return "Token(…)"


class Settings(Struct, frozen=True, kw_only=True):
    """What a client was made with. `addresses` are endpoints by id that are not to be looked up."""

    folder_id: str
    credentials: Credentials
    endpoint: str = API
    addresses: Mapping[str, str] = {}
    ca: str | None = None
    plaintext: bool = False
    timeouts: Timeouts = Timeouts()
    retry: Retry = Retry()
    poll: Poll = Poll()


class Link(Struct):
    """The settings, and what is kept between calls: a token, the endpoint list. Not for two clients."""

    settings: Settings
    token: Token | None = None
    endpoints: dict[str, str] = field(default_factory=dict)

    @property
    def folder_id(self) -> str:
        """Where everything is made and listed."""
        return self.settings.folder_id

    @property
    def timeouts(self) -> Timeouts:
        """Of every call."""
        return self.settings.timeouts
