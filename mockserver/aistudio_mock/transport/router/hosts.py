"""Which host goes which way: to the mock, nowhere, or through."""

from collections.abc import Collection
from enum import Enum
from ipaddress import ip_address, ip_network

API = "api.cloud.yandex.net"
"""The service's discovery host; every other API host is one label before it."""

STORAGE = "storage.yandexcloud.net"

YANDEX = (
    "yandex.net",
    "yandex.ru",
    "yandex.com",
    "yandex.com.tr",
    "yandex.by",
    "yandex.kz",
    "yandex.uz",
    "yandex.cloud",
    "yandex-team.ru",
    "yandexcloud.net",
    "yandexcloud.kz",
    "yandexcloud.co.il",
    "ya.ru",
)
"""Domains of the real cloud and its company; they and all below them are refused unless they are ours."""

METADATA = ("169.254.169.254", "metadata.google.internal")
"""Where a virtual machine asks for its own credentials."""


class Way(Enum):
    """Where a connection goes."""

    MOCK = "to the mock"
    REFUSED = "refused"
    THROUGH = "through"


def canonical(host: str) -> str:
    """A host name as the table spells it: lower case, no dot at its end."""
    return host.rstrip(".").lower()


def way(host: str, allowed: Collection[str] = ()) -> Way:
    """Where a canonical host goes; `allowed` hosts go through whatever the table says."""
    if host in allowed:
        return Way.THROUGH
    if host in (API, STORAGE) or host.partition(".")[2] == API:
        return Way.MOCK
    is_refused = host in METADATA or any(_is_below(host, domain) for domain in YANDEX)
    return Way.REFUSED if is_refused else Way.THROUGH


def refusal(host: str) -> str:
    """What a refused program is told: one line of ASCII, fit for an HTTP reason phrase."""
    name = host.encode("ascii", "backslashreplace").decode()
    what = "a real Yandex host, not imitated"
    if host in METADATA:
        how = "--metadata imitates it" if host == METADATA[0] else "not imitated"
        what = f"the metadata address of a cloud machine; {how}"
    return f"aistudio-mock refuses {name}: {what}; --allow {name} lets the program reach it"


def steers(entry: str) -> bool:
    """Whether a `no_proxy` entry would lead a program past the router to a host that must not be reached."""
    bare = entry.strip().strip("[]")
    try:
        return ip_address(METADATA[0]) in ip_network(bare, strict=False)
    except ValueError:
        bare = canonical(bare).partition(":")[0].lstrip("*.")
    if not bare:  # "*": every host
        return True
    return any(_is_below(domain, bare) or _is_below(bare, domain) for domain in (*YANDEX, *METADATA))


def _is_below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
