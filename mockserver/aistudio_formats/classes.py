"""Rows of classifiers: every key but `text` is a class. The first right row of a file says which."""

from collections import deque
from collections.abc import Iterable
from itertools import repeat
from typing import Any, ClassVar, Literal

import msgspec
from msgspec.structs import astuple

from aistudio_formats.flaws import shorten
from aistudio_formats.rows import BROKEN, BrokenRule, Row, Text

TEXT = "text"
"""The one key that is no class."""
MAX_CLASSES = 1000
"""More are refused; assumed. The documented limit of 100 is a warning (service-behaviour d, c.8)."""

_SHOWN = 5
_count = tuple.count
_UNUSABLE = frozenset({'"', "\\", *map(chr, range(0x20))})
_NO_CLASS = BrokenRule("no_class", 'the row has no class; add one, such as "joy": 1')


class UnusableClasses(ValueError):
    """The keys of a row cannot be the classes of a file; `rule` says why."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.rule = BrokenRule(name, text)


class ClassRow(Row, frozen=True):
    """A text and, for each class, whether it belongs there. `model_of` makes a file's model of this."""

    classes: ClassVar[tuple[str, ...]] = ()
    longest: ClassVar[int] = 1 << 20

    @classmethod
    def quotes(cls, rows: Iterable[Any], count: int, found: int) -> int:
        """Two a key, two for the text."""
        del found
        deque(rows, maxlen=0)
        return (4 + 2 * len(cls.classes)) * count if cls.classes else BROKEN

    def broken_rule(self) -> BrokenRule | None:
        """A row without classes."""
        return None if self.classes else _NO_CLASS


class Multilabel(ClassRow, frozen=True):
    """Any number of the classes belongs to a text; one class makes it binary (service-behaviour d)."""

    shape = '{"text": "…", "joy": 1, "upset": 0}'
    rules = "every key but text is a class, 0 or 1; all rows have the same classes; the text is not empty"


class Multiclass(ClassRow, frozen=True):
    """Exactly one of the classes belongs to a text (service-behaviour d)."""

    shape = '{"text": "…", "joy": 1, "upset": 0}'
    rules = f"{Multilabel.rules}; exactly one class is 1"

    @classmethod
    def quotes(cls, rows: Iterable[Any], count: int, found: int) -> int:
        """As many as any other classes have, if every row has one that is 1."""
        if list(map(_count, map(astuple, rows), repeat(1))).count(1) != count:
            return BROKEN
        return super().quotes((), count, found)

    def broken_rule(self) -> BrokenRule | None:
        """A row with no class, or with none or several that are 1."""
        ones = astuple(self).count(1)
        if ones == 1 or not self.classes:
            return super().broken_rule()
        return BrokenRule("not_one_class", f"{ones or 'no'} classes are 1; exactly one must be")


def model_of(line: bytes, base: type[ClassRow]) -> type[ClassRow]:
    """The model of a file whose first right row is `line`: its columns, in its order.

    Raises:
        msgspec.DecodeError: the line is not a JSON object.
        UnicodeDecodeError, RecursionError: it is not even that.
        UnusableClasses: its keys cannot be classes.
    """
    keys = list(msgspec.json.decode(line, type=dict[str, msgspec.Raw]))
    names = tuple(key for key in keys if key != TEXT)
    if len(names) > MAX_CLASSES:
        raise UnusableClasses("too_many_classes", f"the row has {len(names)} classes; {MAX_CLASSES} is most")
    if any(not _UNUSABLE.isdisjoint(name) for name in names):
        text = "the name of a class has a quotation mark, a backslash or a control character; rename it"
        raise UnusableClasses("class_name", text)
    order = keys if TEXT in keys else [TEXT, *keys]
    fields = [
        (TEXT, Text) if key == TEXT else (f"class_{index}", Literal[0, 1], msgspec.field(name=key))
        for index, key in enumerate(order)
    ]
    rules = f"{base.rules}; the first right row has {_list(names)}"
    about = {"classes": names, "shape": _shape(names), "rules": rules}
    model = msgspec.defstruct(base.__name__, fields, bases=(base,), namespace=about, frozen=True)
    assert issubclass(model, ClassRow)
    return model


def _shape(names: tuple[str, ...]) -> str:
    values = [f"{name}: {int(index == 0)}" for index, name in enumerate(_shown(names))]
    return f'{{"text": "…", {", ".join(values)}{_more(names)}}}'


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(_shown(names)) + _more(names)


def _shown(names: tuple[str, ...]) -> list[str]:
    return [f'"{shorten(name)}"' for name in names[:_SHOWN]]


def _more(names: tuple[str, ...]) -> str:
    return ", …" if len(names) > _SHOWN else ""
