"""The environment of a client under test: it meets the server of the run and nothing else."""

from collections.abc import Mapping

_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "grpc_proxy", "ftp_proxy", "no_grpc_proxy"})
_CLOUD = ("YC_", "YANDEX_CLOUD_", "AWS_")
_CLOUD_NAMES = frozenset({"API_KEY", "FOLDER_ID", "IAM_TOKEN", "OAUTH_TOKEN"})


def of_client(own: Mapping[str, str], ca: str) -> dict[str, str]:
    """`own` without proxies and without anything of the real cloud, and with the CA to trust."""
    kept = {name: value for name, value in own.items() if not _is_foreign(name)}
    return kept | _trust(ca) | {"no_proxy": "*", "NO_PROXY": "*"}


def _is_foreign(name: str) -> bool:
    return name.lower() in _PROXIES or name.startswith(_CLOUD) or name in _CLOUD_NAMES


def _trust(ca: str) -> dict[str, str]:
    return {
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": ca,
        "SSL_CERT_FILE": ca,
        "REQUESTS_CA_BUNDLE": ca,
        "CURL_CA_BUNDLE": ca,
        "NODE_EXTRA_CA_CERTS": ca,
    }
