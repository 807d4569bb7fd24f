"""How `ctl` prints: tables for people, and without a terminal for `awk`; JSON for programs."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Row = Mapping[str, Any]

_GOOD = frozenset({"OK", "READY", "COMPLETED", "READ", "complete"})
_BAD = frozenset({"FAILED", "INVALID", "CANCELED", "fail"})
_STATUS = frozenset({"status", "outcome"})
_WIDE = 10_000


def _same(row: Row) -> Row:
    return row


class Shape(Struct, frozen=True):
    """Which columns an answer has; `rows` is the name of its list, empty where it is one thing.

    `shown` makes of a row what the columns name.
    """

    columns: tuple[str, ...] = ()
    rows: str = ""
    shown: Callable[[Row], Row] = _same


def show(answer: Row, shape: Shape) -> None:
    """A table of the list, or a line for each field of one thing."""
    console = _console()
    if shape.rows:
        rows = [shape.shown(row) for row in answer[shape.rows]]
        console.print(_table(shape.columns, rows) if rows else "nothing")
    elif answer:
        console.print(_fields({name: answer[name] for name in shape.columns or answer if name in answer}))


def show_state(answer: Row, parts: Mapping[str, tuple[str, ...]]) -> None:
    """What is in a folder: a table of each part of it that is not empty."""
    console = _console()
    console.print(f"folder {answer['folder_id']} at {answer['at']}", markup=False, highlight=False)
    for name, columns in parts.items():
        if answer[name]:
            console.print(f"\n{name}:", highlight=False)
            console.print(_table(columns, answer[name]))
    if answer["models"]:
        console.print("\nmodels:", *answer["models"], sep="\n", markup=False, highlight=False)


def _console() -> "Console":
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=_WIDE)


def _table(columns: Sequence[str], rows: Sequence[Row]) -> "RenderableType":
    from rich.table import Table

    filled = [name for name in columns if any(row.get(name) not in {None, ""} for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in filled:
        table.add_column(name.upper(), overflow="fold")
    for row in rows:
        table.add_row(*_cells((name, row.get(name)) for name in filled))
    return table


def _fields(thing: Row) -> "RenderableType":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in thing.items():
        if value not in (None, "", [], {}):
            table.add_row(name, *_cells([(name, value)]))
    return table


def _cells(values: "Iterator[tuple[str, Any]] | Sequence[tuple[str, Any]]") -> "Iterator[RenderableType]":
    from rich.text import Text

    for name, value in values:
        text = "" if value is None else str(value)
        yield Text(text, style=_style(text) if name in _STATUS else "")


def _style(status: str) -> str:
    if status in _GOOD or status[:1] == "2":
        return "green"
    return "red" if status in _BAD or status[:1] in {"4", "5"} else ""
