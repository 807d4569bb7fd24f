"""Secrets in what a client shows: found by value and by look, named, and replaced."""

import re
from collections.abc import Mapping

_BY_LOOK: Mapping[str, re.Pattern[str]] = {
    "an IAM token": re.compile(r"t1\.[A-Za-z0-9_-]{8,}=*\.[A-Za-z0-9_-]{32,}=*"),
    "an API key": re.compile(r"AQVN[A-Za-z0-9_-]{28,}"),
    "the signature of a presigned URL": re.compile(r"(?<=X-Amz-Signature)(?:=|%3D)[0-9a-fA-F]{16,}"),
}
_INSTEAD = "[redacted]"


class Redactor:
    """Knows the secrets of a case: what each is called, by its value."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names = {value: name for value, name in secrets.items() if value}

    def found(self, text: str) -> tuple[str, ...]:
        """What secrets stand in a text, by name."""
        return self._searched(text)[1]

    def text(self, text: str) -> str:
        """The text without them."""
        return self._searched(text)[0]

    def _searched(self, text: str) -> tuple[str, tuple[str, ...]]:
        names: list[str] = []
        for value, name in self._names.items():
            if value in text:
                names.append(name)
                text = text.replace(value, _INSTEAD)
        for name, look in _BY_LOOK.items():
            text, times = look.subn(_INSTEAD, text)
            names += [name] * bool(times)
        return text, tuple(names)
