"""Example rows broken on purpose: which row has which error is known, so that a check can be checked."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from typing import Any, NamedTuple

from msgspec import Struct

from aistudio_formats.examples_chance import Chance

Row = dict[str, Any]

_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"


class Line(NamedTuple):
    """One line of a file without its end, and the name of its error, if it was broken."""

    data: bytes
    error: str | None


class Defect(Struct, frozen=True):
    """One way to break a right row: the error that a check gives it, and the broken line.

    `only` is in the names of the task types whose rows can be broken so.
    """

    name: str
    broken: Callable[[Row], bytes]
    only: str = ""

    @property
    def error(self) -> str:
        """The error's whole name, as in a validation's answer."""
        return f"mock.row.{self.name}"


def defects_of(task_type: str) -> tuple[Defect, ...]:
    """The defects that rows of the task type can have."""
    return tuple(defect for defect in _DEFECTS if defect.only in task_type)


def spoiled(rows: Iterable[Row], total: int, task_type: str, count: int, seed: int = 0) -> Iterator[Line]:
    """The rows as lines, `count` of the `total` broken: every kind of defect in turn, the first row never.

    The first row stays right because it sets the classes of a classifier.

    Raises:
        ValueError: there are not so many rows that can be broken.
    """
    if count > max(0, total - 1):
        raise ValueError(f"{count} of {total} rows cannot be broken: the first row stays right")
    chance = Chance(seed)
    kinds = cycle(chance.shuffled(defects_of(task_type)))
    left = count
    for index, row in enumerate(rows):
        if index and chance.below(total - index) < left:
            left -= 1
            defect = next(kinds)
            yield Line(defect.broken(row), defect.error)
        else:
            yield Line(line(row), None)


def line(row: Row) -> bytes:
    """A row as a line without its end."""
    return json.dumps(row, ensure_ascii=False).encode()


def _with_text(row: Row, text: Any) -> Row:
    """The row with another text: the response, else what the user says, the anchor, or what is classified."""
    for key in ("response", "anchor", "text"):
        if key in row:
            return row | {key: text}
    *before, last = row["request"]
    said = {"text": text} if "text" in last else {"content": [{"type": "text", "text": text}]}
    return {"request": [*before, last | said]}


def _inserted(data: bytes) -> Callable[[Row], bytes]:
    """Breaks a row with bytes in the middle of its text that cannot be there."""
    return lambda row: line(_with_text(row, f"a{_MARK}b")).replace(_MARK.encode(), data)


def _half(row: Row) -> bytes:
    text = line(row).decode()
    return text[: len(text) // 2].encode()


def _twice(row: Row) -> bytes:
    key, value = next(iter(row.items()))
    return b"{" + line({key: value})[1:-1] + b", " + line(row)[1:]


def _first_class(row: Row, value: Any) -> bytes:
    name = next(key for key in row if key != "text")
    return line(row | {name: value})


def _all_classes(row: Row) -> bytes:
    return line({key: value if key == "text" else 0 for key, value in row.items()})


def _roles(row: Row, role: str) -> bytes:
    return line(row | {"request": [message | {"role": role} for message in row["request"]]})


def _data_url(row: Row) -> bytes:
    content = [{"type": "image", "image": "data:image/png;base64,iVBORw0KGgo="}]
    return line(row | {"request": [*row["request"][:-1], row["request"][-1] | {"content": content}]})


_CHAT, _IMAGE, _CLASSES, _CLASS = "Generation", "Image", "Classification", "Multiclass"
_DEFECTS = (
    Defect("blank", lambda _: b""),
    Defect("cut_short", _half),
    Defect("byte_order_mark", lambda row: b"\xef\xbb\xbf" + line(row)),
    Defect("invalid_utf8", _inserted("ё".encode("cp1251"))),
    Defect("nul_byte", _inserted(b"\0")),
    Defect("lone_surrogate", _inserted(rb"\ud83d")),
    Defect("invalid_json", _inserted(b"\t")),
    Defect("more_than_one_value", lambda row: line(row) + b","),
    Defect("repeated_key", _twice),
    Defect("missing_field", lambda row: line({key: row[key] for key in row if key != next(iter(row))})),
    Defect("unknown_field", lambda row: line(row | {"comment": 1})),
    Defect("wrong_type", lambda row: line(_with_text(row, 42))),
    Defect("empty_text", lambda row: line(_with_text(row, ""))),
    Defect("empty_list", lambda row: line(row | {"request": []}), _CHAT),
    Defect("unknown_value", lambda row: _roles(row, "bot"), _CHAT),
    Defect("no_user_message", lambda row: _roles(row, "assistant"), _CHAT),
    Defect("not_base64", _data_url, _IMAGE),
    Defect("unknown_value", lambda row: _first_class(row, 2), _CLASSES),
    Defect("wrong_type", lambda row: _first_class(row, "1"), _CLASSES),
    Defect("not_one_class", _all_classes, _CLASS),
)
