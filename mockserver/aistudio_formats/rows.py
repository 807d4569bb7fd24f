"""What one line of a dataset file is, by task type: the typed models that decide it, field for field."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from aistudio_formats import task_types


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One line of a file. `shape` shows people a right one, `rules` says what it does not show."""

    shape: ClassVar[str]
    rules: ClassVar[str] = ""

    @staticmethod
    def quotes(rows: Sequence[Any]) -> int:
        """How many quotation marks these rows have in JSON when no key is repeated: two a key, two a string.

        Every key is required and a repeated one only adds to the count, so text with exactly that many marks
        repeats nothing; escaped marks inside strings are the other reason for a higher count.
        """
        raise NotImplementedError


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One message of a conversation; both fields required (service-behaviour d)."""

    role: Literal["system", "user", "assistant"]
    text: str


class Generation(Row, frozen=True):
    """A conversation and the answer that the model should learn (service-behaviour d, c.11)."""

    shape = '{"request": [{"role": "user", "text": "…"}], "response": "…"}'
    rules = "roles are system, user and assistant, and a request has at least one message"
    request: Annotated[list[Message], msgspec.Meta(min_length=1)]
    response: str

    @staticmethod
    def quotes(rows: Sequence["Generation"]) -> int:
        """Two keys and a string a row, two keys and two strings a message; no Python code runs per row."""
        return 6 * len(rows) + 8 * sum(map(len, map(_request, rows)))


_request = attrgetter("request")


class Pair(Row, frozen=True):
    """Two texts that should be near each other (recorded upload, service-behaviour d)."""

    shape = '{"anchor": "…", "positive": "…"}'
    anchor: str
    positive: str

    @staticmethod
    def quotes(rows: Sequence[Any]) -> int:
        """Two keys and two strings a row."""
        return 8 * len(rows)


class Triplet(Row, frozen=True):
    """Two texts that should be near each other, and one that should not (service-behaviour d)."""

    shape = '{"anchor": "…", "positive": "…", "negative": "…"}'
    anchor: str
    positive: str
    negative: str

    @staticmethod
    def quotes(rows: Sequence[Any]) -> int:
        """Three keys and three strings a row."""
        return 12 * len(rows)


MODELS: dict[str, type[Row]] = {model.__name__: model for model in (Generation, Pair, Triplet)}


def model_of(task_type: str) -> type[Row] | None:
    """The row model of a task type, or None where rows are not checked."""
    name = task_types.find(task_type).row
    return MODELS[name] if name else None
