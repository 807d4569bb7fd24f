"""Environment variables that lead programs to a mock, and how this process takes them on and off."""

import os
import re
from collections.abc import Mapping, MutableMapping

CONTROL_TOKEN = "AISTUDIO_MOCK_CONTROL_TOKEN"  # noqa: S105 - a variable's name
"""What our own clients send to a control API that asks for a token."""

UNSET = ("YC_IAM_TOKEN", "YC_TOKEN", "YC_OAUTH_TOKEN", "YC_PROFILE")
"""Credentials of the real cloud: a redirected program must not bring them along."""


def trust(ca: str, bundle: str) -> dict[str, str]:
    """Makes clients accept our certificates: `ca` where it is added, `bundle` where it replaces the rest."""
    return {
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": bundle,
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "AWS_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": ca,
    }


def place(grpc: str, http: str) -> dict[str, str]:
    """Where the plaintext gRPC port and the HTTP side are."""
    return {"AISTUDIO_MOCK_GRPC": grpc, "AISTUDIO_MOCK_HTTP": http}


def direct(host: str, own: Mapping[str, str]) -> dict[str, str]:
    """Keeps clients from asking the user's proxy for `host`; `own` is the environment with its exceptions."""
    given = (own.get("no_proxy") or own.get("NO_PROXY") or "").split(",")
    exceptions = ",".join(dict.fromkeys((host, *filter(None, map(str.strip, given)))))
    return {"no_proxy": exceptions, "NO_PROXY": exceptions}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that address or name."""
    return host in {"localhost", "::1"} or re.fullmatch(r"127(?:\.[0-9]{1,3}){3}", host) is not None


def identity(folder_id: str, api_key: str) -> dict[str, str]:
    """Which folder a program works in, and its key."""
    return {
        "YC_FOLDER_ID": folder_id,
        "FOLDER_ID": folder_id,
        "YC_API_KEY": api_key,
        "API_KEY": api_key,
    }


class Redirection:
    """Variables set in this process until `undo`; None removes one."""

    def __init__(
        self, variables: Mapping[str, str | None], environ: MutableMapping[str, str] = os.environ
    ) -> None:
        self._environ = environ
        self._before = {name: environ.get(name) for name in variables}
        self._put(variables)

    def undo(self) -> None:
        """Everything is as it was before. Again does nothing."""
        before, self._before = self._before, {}
        self._put(before)

    def _put(self, variables: Mapping[str, str | None]) -> None:
        for name, value in variables.items():
            if value is None:
                self._environ.pop(name, None)
            else:
                self._environ[name] = value


TOO_LATE = (
    "gRPC has already read its root certificates in this process, before aistudio-mock could name its own, "
    "and reads them only once: clients with default TLS credentials will fail with CERTIFICATE_VERIFY_FAILED"
)
"""What to say when `grpc_trusts` is False; the caller adds what would help."""


def grpc_trusts(address: str, seconds: float = 10.0) -> bool:
    """Whether clients of this process with default TLS credentials accept the server at `address`.

    Also makes gRPC read its root certificates now, if it has not yet.
    """
    import grpc  # noqa: PLC0415 - only where somebody has imported it already

    # Our own loopback server: whatever proxy the environment names is for others.
    options = (("grpc.enable_http_proxy", 0),)
    # A call, and no watching of the channel: closing a watched one ends grpcio's own thread with an error.
    with grpc.secure_channel(address, grpc.ssl_channel_credentials(), options) as channel:
        try:
            channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=seconds)
        except grpc.RpcError as refusal:
            unreached = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            return refusal.code() not in unreached
    return True
