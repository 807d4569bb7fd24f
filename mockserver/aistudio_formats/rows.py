"""What one line of a dataset file is, by task type: the typed models that decide it, field for field."""

from collections import deque
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import msgspec

BROKEN = -1
"""No number of quotation marks: what `Row.quotes` answers when a row breaks a rule."""

_USER = "user"
_OF_MESSAGE = 8
_RULES = "roles are system, user and assistant, and at least one message is the user's; no text is empty"

Text = Annotated[str, msgspec.Meta(min_length=1)]
Role = Literal["system", "user", "assistant"]


class BrokenRule(NamedTuple):
    """What is wrong with a row whose every field has the right type."""

    name: str
    text: str


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One line of a file. `shape` shows people a right one, `rules` says what it does not show."""

    shape: ClassVar[str]
    rules: ClassVar[str] = ""
    longest: ClassVar[int] = 16 << 20
    """Bytes of the longest line that is read; assumed, far beyond the documented 8000 tokens."""

    @classmethod
    def quotes(cls, rows: Iterable[Any], count: int, found: int) -> int:
        """How many quotation marks `count` rows have in JSON without repeated keys: two a key, two a string.

        Every key is required and a repeated one only adds to the count, so text with exactly that many marks
        repeats nothing; escaped marks inside strings are the other reason for a higher count. BROKEN when
        one of the rows has a `broken_rule`. This and the decoding are all that is done for a right row.
        `found` is how many the text has.
        """
        raise NotImplementedError

    def broken_rule(self) -> BrokenRule | None:
        """The rule that types cannot say and this row breaks, if any."""
        return None


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One message of a conversation; both fields required (service-behaviour d)."""

    role: Role
    text: Text


class TextPart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, tag_field="type", tag="text"
):
    """A piece of a message that is text."""

    text: Text


class ImagePart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, tag_field="type", tag="image"
):
    """A piece of a message that is an image, in base64 (`bytes` is what decodes that)."""

    image: Annotated[bytes, msgspec.Meta(min_length=1)]


class ImageMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One message of text and images (service-behaviour d)."""

    role: Role
    content: Annotated[list[TextPart | ImagePart], msgspec.Meta(min_length=1)]


# JSON Schema's way to say that one of the messages is the user's.
_ASKS = msgspec.Meta(
    min_length=1,
    extra_json_schema={"contains": {"properties": {"role": {"enum": [_USER]}}, "required": ["role"]}},
)
_NOBODY_ASKS = BrokenRule(
    "no_user_message", "`$.request` has no message of the role user; add what the user asks"
)


class _Chat(Row, frozen=True):
    """A row with a request, which is a list of messages; subclasses say of which kind."""

    rules = _RULES

    def broken_rule(self) -> BrokenRule | None:
        """A request in which nobody asks anything."""
        asks = any(message.role == _USER for message in self.request)  # type: ignore[attr-defined]
        return None if asks else _NOBODY_ASKS


class GenerationRequest(_Chat, frozen=True):
    """A conversation that waits for its answer (service-behaviour d)."""

    shape = '{"request": [{"role": "user", "text": "…"}]}'
    request: Annotated[list[Message], _ASKS]

    @classmethod
    def quotes(cls, rows: Iterable["GenerationRequest"], count: int, found: int) -> int:
        """A key a row, two keys and two strings a message."""
        return _text_quotes(rows, count, found, 2)


class Generation(_Chat, frozen=True):
    """A conversation and the answer that the model should learn (service-behaviour d, c.11)."""

    shape = '{"request": [{"role": "user", "text": "…"}], "response": "…"}'
    request: Annotated[list[Message], _ASKS]
    response: Text

    @classmethod
    def quotes(cls, rows: Iterable["Generation"], count: int, found: int) -> int:
        """Two keys and a string a row, two keys and two strings a message."""
        return _text_quotes(rows, count, found, 6)


class ImageGenerationRequest(_Chat, frozen=True):
    """A conversation with images that waits for its answer (service-behaviour d)."""

    shape = '{"request": [{"role": "user", "content": [{"type": "text", "text": "…"}]}]}'
    rules = f'{_RULES}; an image is {{"type": "image", "image": "<base64>"}}'
    request: Annotated[list[ImageMessage], _ASKS]

    @classmethod
    def quotes(cls, rows: Iterable["ImageGenerationRequest"], count: int, found: int) -> int:
        """A key a row, and what its messages have."""
        del found
        return _image_quotes(rows, 2 * count)


class ImageGeneration(_Chat, frozen=True):
    """A conversation with images, and the answer that the model should learn (service-behaviour d)."""

    shape = '{"request": [{"role": "user", "content": [{"type": "text", "text": "…"}]}], "response": "…"}'
    rules = ImageGenerationRequest.rules
    request: Annotated[list[ImageMessage], _ASKS]
    response: Text

    @classmethod
    def quotes(cls, rows: Iterable["ImageGeneration"], count: int, found: int) -> int:
        """Two keys and a string a row, and what its messages have."""
        del found
        return _image_quotes(rows, 6 * count)


class Pair(Row, frozen=True):
    """Two texts that should be near each other (recorded upload, service-behaviour d)."""

    shape = '{"anchor": "…", "positive": "…"}'
    rules = "no text is empty"
    anchor: Text
    positive: Text

    @classmethod
    def quotes(cls, rows: Iterable[Any], count: int, found: int) -> int:
        """Two keys and two strings a row."""
        del found
        deque(rows, maxlen=0)
        return 8 * count


class Triplet(Row, frozen=True):
    """Two texts that should be near each other, and one that should not (service-behaviour d)."""

    shape = '{"anchor": "…", "positive": "…", "negative": "…"}'
    rules = "no text is empty"
    anchor: Text
    positive: Text
    negative: Text

    @classmethod
    def quotes(cls, rows: Iterable[Any], count: int, found: int) -> int:
        """Three keys and three strings a row."""
        del found
        deque(rows, maxlen=0)
        return 12 * count


def _text_quotes(rows: Iterable[Any], count: int, found: int, of_row: int) -> int:
    """The hot loops, measured: for short lines `len` alone would cost a tenth of all."""
    if found == (of_row + _OF_MESSAGE) * count:  # then, as none has fewer, each row has one message
        for row in rows:
            if row.request[0].role != _USER:
                return BROKEN
        return found
    messages = 0
    for row in rows:
        request = row.request
        size = len(request)
        messages += size
        # Nearly every request ends with what the user asks, so one look is enough.
        if request[size - 1].role != _USER and row.broken_rule():
            return BROKEN
    return of_row * count + _OF_MESSAGE * messages


def _image_quotes(rows: Iterable[Any], fixed: int) -> int:
    """Two keys and a string a message, two keys and two strings a part."""
    total = fixed
    for row in rows:
        if row.broken_rule():
            return BROKEN
        total += sum(6 + 8 * len(message.content) for message in row.request)
    return total
