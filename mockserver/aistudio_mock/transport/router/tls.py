"""Ending TLS under the real names: which certificate and which protocols each name is answered with."""

import logging
import os
import ssl
import tempfile
from collections.abc import Collection
from pathlib import Path

from aistudio_mock.runtime import certificates
from aistudio_mock.runtime.certificates import CertificateError, Certificates
from aistudio_mock.transport.router.hosts import API, STORAGE, Way, canonical, way

_LOG = logging.getLogger("aistudio_mock.router")
_API_PROTOCOLS = ("http/1.1", "h2")
"""Ours first: who offers both is a REST client; gRPC offers h2 alone."""
_MOST_REFUSED = 256
"""So many refused hosts get a certificate that tells them so; it is for people, and they have seen enough."""


class Names:
    """TLS contexts by the name a client asks for; `default` picks among them while hands are shaken."""

    def __init__(self, ours: Certificates, allowed: Collection[str]) -> None:
        self._ours = ours
        self._allowed = allowed
        self._storage = _context(ours, ("http/1.1",))
        self._refused: dict[str, ssl.SSLContext] = {}
        self.default = _context(ours, _API_PROTOCOLS)
        self.default.sni_callback = self._choose

    def refused_host(self, tls: ssl.SSLObject) -> str | None:
        """The name of a connection that is to be refused; None for one that leads to the mock."""
        return next((host for host, context in self._refused.items() if context is tls.context), None)

    def _choose(self, tls: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
        host = canonical(name) if name else API
        match way(host, self._allowed):
            case Way.MOCK:
                _LOG.info("%s: to the mock", host)
                tls.context = self._storage if host == STORAGE else self.default
                return None
            case Way.REFUSED if context := self._refusing(host):
                tls.context = context
                return None
        _LOG.info("%s: no such name here", host)
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    def _refusing(self, host: str) -> ssl.SSLContext | None:
        if host not in self._refused and len(self._refused) < _MOST_REFUSED:
            directory = self._ours.ca_path.parent.parent
            try:
                leaf = certificates.load(host, directory)
            except CertificateError:
                return None
            self._refused[host] = _context(leaf, _API_PROTOCOLS)
        return self._refused.get(host)


def _context(leaf: Certificates, protocols: Collection[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(list(protocols))
    descriptor, name = tempfile.mkstemp()  # ssl reads keys from files only; made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(leaf.key_pem + leaf.chain_pem)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    return context
