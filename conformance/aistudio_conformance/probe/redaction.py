"""What evidence may show: ids become stable placeholders, secrets and other people's things are left out."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aistudio_conformance.redaction import Redactor

_ID = re.compile(r"(?<![0-9A-Za-z])[a-z][0-9a-z]{2}[0-9a-v]{17}(?![0-9A-Za-z])")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PARAMETER = re.compile(
    r"(\b(?:X-Amz-Signature|X-Amz-Security-Token|X-Amz-Credential|uploadId)=)(?:(?!%2F)[^&\s\"'<>])+"
)
_LISTED = frozenset({"datasets", "tuning_tasks"})
"""What else is in the folder: evidence tells how many there are, and which fields they have."""

_TOKENS = frozenset({"page_token", "next_page_token"})
_USERS = frozenset({"created_by", "created_by_id", "updated_by"})


class Shown:
    """Makes things fit to be shown; one id has the same placeholder wherever it stands.

    `secrets` is what each secret is called, by its value; `origin` the server's own scheme and host for the
    path of a URL that a proxy has changed.
    """

    def __init__(self, folder_id: str, secrets: Mapping[str, str], origin: Callable[[str], str]) -> None:
        self._redactor = Redactor({value: name for value, name in secrets.items() if value})
        self._origin = origin
        self._names = {folder_id: "<folder>"}
        self._counts: dict[str, int] = {}

    def text(self, text: str) -> str:
        """A text without secrets, and with placeholders for ids."""
        if text.startswith(("http://", "https://")):
            parts = urlsplit(text)
            text = self._origin(parts.path) + text[len(f"{parts.scheme}://{parts.netloc}") :]
        text = self._redactor.text(_PARAMETER.sub(r"\1[redacted]", text))
        for known in sorted(self._names, key=len, reverse=True):
            text = text.replace(known, self._names[known])
        text = _UUID.sub(lambda found: self._name(found[0], "uuid"), text)
        return _ID.sub(lambda found: self._name(found[0], found[0][:3]), text)

    def document(self, value: Any, name: str = "") -> Any:
        """What a message says, as JSON has it; `name` is the field that it stands in."""
        if name in _LISTED and isinstance(value, list):
            return [sorted(one) for one in value]
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.document(inner, str(key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.document(inner, name) for inner in value]
        return self._field(value, name) if isinstance(value, str) else value

    def _field(self, value: str, name: str) -> str:
        if name in _TOKENS:
            return f"<{len(value)} characters>"
        return self._name(value, "user") if name in _USERS else self.text(value)

    def _name(self, value: str, kind: str) -> str:
        if value not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[value] = f"<{kind}-{self._counts[kind]}>"
        return self._names[value]
