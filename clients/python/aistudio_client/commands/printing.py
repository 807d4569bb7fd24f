"""How commands print: tables for people, JSON for programs, one document each."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from aistudio_client._errors import ConfigurationError


def plain(value: Any) -> Any:
    """A value as JSON has it, without the message that it was read from."""
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__ if name != "raw"}
        return {name: plain(one) for name, one in fields.items()}
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def as_json(value: Any) -> None:
    """One JSON document on stdout."""
    say(msgspec.json.encode(plain(value)).decode())


def say(line: str = "") -> None:
    """One line on stdout, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def show(value: Any, *, json: bool) -> None:
    """One value: a field a line."""
    if json:
        as_json(value)
        return
    fields = [(name, one) for name, one in plain(value).items() if one not in (None, "", [], {})]
    table(("field", "value"), [(name, _text(one)) for name, one in fields])


def show_all(values: Iterable[Any], columns: Sequence[str], *, json: bool) -> None:
    """Several values: a line each."""
    if json:
        as_json(list(values))
        return
    table(columns, [tuple(_text(getattr(one, name)) for name in columns) for one in values])


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table by rich; without a terminal, as wide as it needs to be and without colours."""
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError as error:
        raise ConfigurationError(
            "tables need rich: pip install 'aistudio-mock[client]', or --json"
        ) from error
    made = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        made.add_row(*row)
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=10_000)
    console.print(made, crop=False)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else str(value)
