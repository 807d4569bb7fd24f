"""Files that are not JSON Lines at all: one clear error instead of one a line."""

from collections.abc import Iterable
from itertools import chain

import msgspec

from aistudio_formats.blocks import Block
from aistudio_formats.report import RowError
from aistudio_formats.rows import Row

MAX_ARRAY = 1 << 20
"""Bytes of a JSON array that are read to count its elements: more than the old format's ten longest pairs."""
ARRAY_MINIMUM = 10
"""The fewest pairs that the old format took (service-behaviour d, end)."""

EMPTY = RowError("mock.file.empty", "The file has no rows; write one JSON object a line.")

_BOM = b"\xef\xbb\xbf"
_FOREIGN = (
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
    (b"\x1f\x8b", "compressed with gzip; upload it unpacked"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet; upload JSON Lines"),
    (b"PAR1", "Parquet; upload JSON Lines"),
)


def error_of(start: list[bytes], rest: Iterable[Block], model: type[Row]) -> RowError | None:
    """The error of the whole file, by its first lines; `rest` is read only once it is an array for sure."""
    first = start[0].removeprefix(_BOM) if start else b""
    for prefix, what in _FOREIGN:
        if first.startswith(prefix):
            return RowError("mock.file.not_json_lines", f"The file is {what}. A row is {model.shape}.")
    opening = next((line for line in (first, *start[1:]) if line.strip()), b"")
    if not opening.lstrip().startswith(b"[") or _is_one_row_of_many(opening, start):
        return None
    return _array_error(_elements(chain([[first], start[1:]], (block.lines for block in rest))), model)


def _is_one_row_of_many(opening: bytes, start: list[bytes]) -> bool:
    """Whether the line with the bracket is complete, and others follow: rows, though not right ones."""
    if len(opening) > MAX_ARRAY:
        return False
    try:
        msgspec.json.decode(opening, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return False
    return sum(1 for line in start if line.strip()) > 1


def _elements(blocks: Iterable[list[bytes]]) -> int | None:
    """How many elements the array has; None if it is too large to look, or no JSON."""
    text = bytearray()
    for lines in blocks:
        text += b"".join(lines)
        if len(text) > MAX_ARRAY:
            return None
    try:
        return len(msgspec.json.decode(text, type=list[msgspec.Raw]))
    except (msgspec.DecodeError, RecursionError):
        return None


def _array_error(elements: int | None, model: type[Row]) -> RowError:
    description = (
        "The file is one JSON array, the format of the old DataSphere tuning. This API takes JSON Lines: each"
        f" object on a line of its own, no brackets around and no commas between. A row is {model.shape}."
    )
    if elements is not None and elements < ARRAY_MINIMUM:
        pairs = "1 pair" if elements == 1 else f"{elements} pairs"
        description += f" It also holds only {pairs}: tuning asks for {ARRAY_MINIMUM} or more."
    return RowError("mock.file.json_array", description)
