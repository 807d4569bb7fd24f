"""A call by the OpenAI-compatible face."""

import re

from aistudio_mock.backend.heard import RestCall

_IAM_TOKEN = re.compile(r"t\d\.")
"""How an IAM token begins (service-behaviour a.3)."""


class OpenAiCall(RestCall):
    """One call. Clients in OpenAI's form give every key as a bearer's.

    `wants_usage` is whether a stream is to tell its usage in an event of its own; a chat's fields say it.
    """

    __slots__ = ("wants_usage",)

    wants_usage: bool

    def authorization(self) -> str | None:
        """The credential: an API key named as one, while an IAM token stays a bearer's."""
        found = RestCall.authorization(self)
        scheme, _, value = (found or "").strip().partition(" ")
        is_key = scheme.casefold() == "bearer" and value and not _IAM_TOKEN.match(value.strip())
        return f"Api-Key {value.strip()}" if is_key else found
