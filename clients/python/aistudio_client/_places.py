"""Which places may be spoken to without TLS: this machine, and nobody else's."""

from aistudio_client._errors import ConfigurationError

_LOCAL_NAMES = frozenset({"localhost", "ip6-localhost"})


def is_local(host: str) -> bool:
    """Whether a host is this machine, by its name or number alone."""
    bare = host.strip("[]").lower().rstrip(".")
    return bare in _LOCAL_NAMES or bare.endswith(".localhost") or bare == "::1" or bare.startswith("127.")


def host_of(address: str) -> str:
    """The host of host:port."""
    return address.rpartition(":")[0] or address


def require_allowed(address: str) -> None:
    """Raises ConfigurationError unless plaintext may be spoken there."""
    if not is_local(host_of(address)):
        raise ConfigurationError(
            f"plaintext to {address}: credentials would be readable on the way; plaintext=True is for "
            "localhost only"
        )


def require_storage_allowed(url: str, api: str) -> None:
    """Raises ConfigurationError for an http:// URL that leads away from this machine and from the API's host.

    A presigned URL is a secret, and so are the rows that go there.
    """
    from urllib.parse import urlsplit  # noqa: PLC0415 - only who uploads or downloads needs it

    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or is_local(host) or host == host_of(api).strip("[]"):
        return
    raise ConfigurationError(
        f"the service named a {parts.scheme or 'strange'} URL at {host}; data goes over https only"
    )
