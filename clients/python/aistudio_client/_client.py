"""How a client is made: what it takes, and what it finds in the environment."""

import os
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, Self, TypedDict, Unpack

from aistudio_client._credentials import (
    METADATA_PATH,
    ApiKey,
    Credentials,
    IamToken,
    MetadataService,
    OAuthToken,
)
from aistudio_client._errors import ConfigurationError
from aistudio_client._link import API, Settings
from aistudio_client._places import require_allowed
from aistudio_client._policies import Poll, Retry, Timeouts
from aistudio_client._steps import Progress

Shown = Callable[[Progress], None] | None
"""Told of every bit of progress, from several threads."""

_KINDS: Mapping[str, Callable[[Any], Credentials]] = {
    "api_key": ApiKey,
    "iam_token": IamToken,
    "oauth_token": OAuthToken,
}
_VARIABLES = (
    ("YC_API_KEY", "api_key"),
    ("API_KEY", "api_key"),
    ("YC_IAM_TOKEN", "iam_token"),
    ("IAM_TOKEN", "iam_token"),
    ("YC_OAUTH_TOKEN", "oauth_token"),
    ("YC_TOKEN", "oauth_token"),
)
_FOLDERS = ("YC_FOLDER_ID", "FOLDER_ID")


class Options(TypedDict, total=False):
    """What a client may be told besides its folder.

    One of `api_key` (the secret, `AQVN…`), `iam_token` (text, or a function that gives a fresh one),
    `oauth_token` and `credentials` (such as `MetadataService()` or `NoCredentials()`) says who is asking.

    `endpoint` is host:port of the endpoint list; `addresses` are endpoints by id, not to be looked up there.
    `ca` is a PEM file to trust instead of the system's certificates for gRPC, beside them for the storage.
    `plaintext` is without TLS, for localhost only. `timeouts`, `retry` and `poll` say how patient it is.
    `progress` is told of every bit of progress; None for nobody; left out, a terminal shows bars.
    """

    api_key: str
    iam_token: str | Callable[[], str]
    oauth_token: str
    credentials: Credentials
    endpoint: str
    addresses: Mapping[str, str]
    ca: str | os.PathLike[str] | None
    plaintext: bool
    timeouts: Timeouts
    retry: Retry
    poll: Poll
    progress: Shown


class Base:
    """What both clients are made of: settings, read and checked at once."""

    def __init__(self, folder_id: str, **options: Unpack[Options]) -> None:
        """Nothing is sent yet. Raises ConfigurationError; see `Options`."""
        if not folder_id:
            raise ConfigurationError("no folder; give the id of one, such as b1g…, or set YC_FOLDER_ID")
        ca = options.get("ca")
        self._settings = Settings(
            folder_id=folder_id,
            credentials=_credentials(options),
            endpoint=options.get("endpoint", API),
            addresses=options.get("addresses", {}),
            ca=os.fspath(ca) if ca is not None else None,
            plaintext=options.get("plaintext", False),
            timeouts=options.get("timeouts", Timeouts()),
            retry=options.get("retry", Retry()),
            poll=options.get("poll", Poll()),
        )
        if self._settings.plaintext:
            for address in (self._settings.endpoint, *self._settings.addresses.values()):
                require_allowed(address)
        self._show = options["progress"] if "progress" in options else bars_of_a_terminal()

    @classmethod
    def from_env(cls, folder_id: str | None = None, **options: Unpack[Options]) -> Self:
        """A client of what the environment says; what is given goes before.

        YC_FOLDER_ID (or FOLDER_ID); one of YC_API_KEY (API_KEY), YC_IAM_TOKEN (IAM_TOKEN) and YC_OAUTH_TOKEN
        (YC_TOKEN), in that order, else the metadata service of a virtual machine, at YC_METADATA_ADDR (host
        or host:port) if that is set; YC_API_ENDPOINT. gRPC reads GRPC_DEFAULT_SSL_ROOTS_FILE_PATH and the
        storage SSL_CERT_FILE; both use the proxies that are set.

        Raises:
            ConfigurationError: there is no folder.
        """
        folder_id = folder_id or _first(_FOLDERS)
        if "YC_API_ENDPOINT" in os.environ:
            options.setdefault("endpoint", os.environ["YC_API_ENDPOINT"])
        if not options.keys() & {*_KINDS, "credentials"}:
            options["credentials"] = _found_credentials()
        return cls(folder_id, **options)

    @property
    def folder_id(self) -> str:
        """Where everything is made and listed."""
        return self._settings.folder_id

    def __repr__(self) -> str:
        """Whose client it is, without a secret."""
        return f"{type(self).__name__}(folder_id={self.folder_id!r}, endpoint={self._settings.endpoint!r})"


def _first(names: tuple[str, ...]) -> str:
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def _found_credentials() -> Credentials:
    for variable, kind in _VARIABLES:
        if value := os.environ.get(variable):
            return _KINDS[kind](value)
    address = os.environ.get("YC_METADATA_ADDR")
    return MetadataService(f"http://{address}{METADATA_PATH}") if address else MetadataService()


def _credentials(options: Options) -> Credentials:
    given: list[Credentials] = [
        make(options[kind])  # type: ignore[literal-required]
        for kind, make in _KINDS.items()
        if options.get(kind) is not None
    ]
    if "credentials" in options:
        given.append(options["credentials"])
    if len(given) > 1:
        raise ConfigurationError("more than one kind of credentials is given; which of them is meant?")
    if not given:
        raise ConfigurationError(
            "no credentials; give api_key=, iam_token=, oauth_token= or credentials=MetadataService()"
        )
    return given[0]


def bars_of_a_terminal() -> Shown:
    """Progress bars, where stderr is a terminal and rich is installed."""
    if not sys.stderr.isatty() or find_spec("rich") is None:
        return None
    from aistudio_client._bars import Bars  # noqa: PLC0415 - only where somebody sees it

    return Bars()
