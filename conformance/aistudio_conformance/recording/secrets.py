"""Where secrets stand in the traffic."""

import re

SECRET_FIELDS = frozenset({"iam_token", "jwt", "yandex_passport_oauth_token"})
"""Of the messages of IamTokenService; no other message has fields of these names."""

SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|password|api-?key")
"""In the names of headers, which are in lower case."""

SECRET_PARAMETER = re.compile(
    r"(?P<before>\bX-Amz-(?:Signature|Security-Token)(?:=|%3D))(?P<secret>[^&\s\"'<>(),;]+)", re.IGNORECASE
)
"""In a URL, wherever it stands."""

_SCHEME = re.compile(r"\s*(?:Api-Key|Bearer)\s+", re.IGNORECASE)


def split_scheme(value: str) -> tuple[str, str]:
    """The scheme of an `authorization`, with the space after it, and the credential."""
    scheme = _SCHEME.match(value)
    end = scheme.end() if scheme else 0
    return value[:end], value[end:]
