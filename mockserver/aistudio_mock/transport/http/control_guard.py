"""Who may use the control API: programs, not web pages; where others reach it, those with the token."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from aistudio_mock.domain.errors import PermissionDenied, Unauthenticated
from aistudio_mock.environment import CONTROL_TOKEN, is_loopback


class Guard(Struct, frozen=True):
    """`token` is None where none is asked for: on a loopback address, where nobody else comes.

    `hosts` are the names besides loopback ones that the server goes by; None for any name.
    """

    token: str | None = None
    hosts: frozenset[str] | None = frozenset()

    def check(self, headers: Mapping[str, str]) -> None:
        """Lets a request through.

        Raises:
            PermissionDenied: as `check_place`; or a page elsewhere had the browser send it, without a word of
                its origin.
            Unauthenticated: the token is missing or wrong.
        """
        self.check_place(headers)
        site = headers.get("Sec-Fetch-Site", "none")
        if site not in {"none", "same-origin"}:
            raise PermissionDenied(f"the control API is not for pages elsewhere; this request is {site}")
        if self.token is not None and not _bears(headers.get("Authorization", ""), self.token):
            raise Unauthenticated(
                "the control API asks for a token where others can reach it: send `Authorization: Bearer …` "
                f"with the one that the server printed; our own clients take it from {CONTROL_TOKEN}"
            )

    def check_place(self, headers: Mapping[str, str]) -> None:
        """Lets a request through that asks for no secret and changes nothing.

        Raises:
            PermissionDenied: a web page of another origin sent it, or led a name of its own here.
        """
        host, origin = headers.get("Host", ""), headers.get("Origin")
        if origin not in {None, f"http://{host}"}:
            raise PermissionDenied(f"the control API is not for web pages of other origins, such as {origin}")
        if self.hosts is not None and not _is_here(host, self.hosts):
            raise PermissionDenied(
                f"the control API is not reached by the name {host}; use the address that the server printed"
            )


def _is_here(host: str, names: frozenset[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return is_loopback(name) or name in names


def _bears(authorization: str, token: str) -> bool:
    scheme, _, value = authorization.partition(" ")
    return scheme.casefold() == "bearer" and hmac.compare_digest(value.strip().encode(), token.encode())
