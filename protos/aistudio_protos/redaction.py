"""Secrets in what is told to others: each is replaced by what only equality can be judged from.

`Bearer t1.…` becomes `Bearer t1.[redacted 5f1c09ab22 187]`: the scheme and the kind of the secret stay; then
come ten digits of a keyed hash of the whole secret, and its length. Each server draws its key, never shown.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_SCHEME = re.compile(
    r"\s*(?:Api-Key|AWS4-HMAC-SHA256|Basic|Bearer|Digest|OAuth|Token)(?:\s+|$)", re.IGNORECASE
)
_KIND = re.compile(r"t1\.|AQVN|aje")

_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|password|api-?key")
_SECRET_FIELDS = frozenset({"iam_token", "jwt", "yandex_passport_oauth_token"})
"""Of the messages of IamTokenService; no other message has fields of these names."""
_SECRET_PARAMETERS = frozenset({"x-amz-signature", "x-amz-security-token", "signature"})

_PARAMETER = re.compile(
    r"(?P<before>\b(?:X-Amz-(?:Signature|Security-Token)|Signature)(?:=|%3D))(?P<secret>[^&\s\"'<>(),;]+)",
    re.IGNORECASE,
)
_BARE = re.compile(r"t1\.[A-Za-z0-9_-]{8,}=*\.[A-Za-z0-9_-]{32,}=*|AQVN[A-Za-z0-9_-]{28,}")
"""What looks like an IAM token or an API key, wherever it stands."""


class Redactor:
    """Takes secrets out; equal secrets leave equal traces, of one server and under one `key`."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def secret(self, secret: str) -> str:
        """What is shown of a secret."""
        kind = _KIND.match(secret)
        digest = hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), "sha256").hex()
        return f"{kind[0] if kind else ''}[redacted {digest[:10]} {len(secret)}]"

    def text(self, text: str) -> str:
        """A text without the signatures, tokens and keys that stand in it."""
        # Nearly all text has nothing to hide, and a search costs ten times these questions.
        if "=" in text or "%3" in text:
            text = _PARAMETER.sub(lambda found: found["before"] + self.secret(found["secret"]), text)
        if "t1." in text or "AQVN" in text:
            text = _BARE.sub(lambda found: self.secret(found[0]), text)
        return text

    def header(self, name: str, value: str) -> str:
        """The value of a header or of gRPC metadata; `name` is in lower case."""
        if not _SECRET_HEADER.search(name):
            return self.text(value)
        scheme = _SCHEME.match(value)
        start = scheme.end() if scheme else 0
        return value[:start] + self.secret(value[start:]) if value[start:] else value

    def parameters(self, query: str) -> str:
        """A query string as it came, whatever way the names of secret parameters are spelled."""
        return "&".join(map(self._parameter, query.split("&")))

    def field(self, name: str, value: Any) -> Any:
        """The value of a message's field, as JSON has it."""
        if name in _SECRET_FIELDS and isinstance(value, str):
            return self.secret(value)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.field(key, inner) for key, inner in value.items()}
        return [self.field(name, inner) for inner in value] if isinstance(value, list) else value

    def _parameter(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if unquote(name).lower() in _SECRET_PARAMETERS and value:
            return name + equals + self.secret(value)
        return self.text(pair)
