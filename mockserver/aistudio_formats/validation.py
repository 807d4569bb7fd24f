"""Whether a file of JSON Lines is a dataset of its task type: one streaming pass, in constant memory.

Each line is decoded by itself into its row model: the fastest complete check that was measured, and one that
knows the exact row. The decoder's gaps are closed here: repeated keys, and lines that never end.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import chain
from typing import Any, BinaryIO, Literal

import msgspec

from aistudio_formats import flaws, whole_file
from aistudio_formats.flaws import Flaw, Flaws
from aistudio_formats.report import Report
from aistudio_formats.rows import Row, model_of

MAX_LINE = 128 << 20
"""Longest line that is read, in bytes; assumed, nothing is known of the service's."""
_BLOCK = 1 << 15

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def scan(source: BinaryIO | Iterable[bytes], task_type: str, first_row: Literal[0, 1] = 1) -> Report:
    """Check every line of `source` against the rows of `task_type`; never raises for what is in it.

    Args:
        source: a binary file, or lines that each end with a line feed (the last one need not).
        task_type: a type without a row model has its lines counted, not checked.
        first_row: the number of the first row in the report. Assumed 1 (service-behaviour h.1).

    The documented minimum of rows is not enforced, as on the service (service-behaviour c.8); an empty
    file is invalid.
    """
    blocks = _blocks_of_file(source) if hasattr(source, "readline") else _blocks_of_lines(source)
    start = next(blocks, [])
    model = model_of(task_type)
    if model is not None and (error := whole_file.error_of(start, blocks, model)):
        return Report(0, 0, 0, (error,), max(map(len, start), default=0))
    return _scan_rows(chain([start], blocks) if start else iter(()), model, first_row)


def _scan_rows(blocks: Iterator[list[bytes]], model: type[Row] | None, first_row: int) -> Report:
    check = _checker(model) if model else None
    found, total, bad, longest = Flaws(), 0, 0, 0
    for lines in blocks:
        here = max(map(len, lines))
        longest = max(longest, here)
        if check:
            for index, flaw in check(lines, here):
                found.add(flaw, first_row + total + index)
                bad += 1
        total += len(lines)
    errors = tuple(found.errors(model)) if model else ()
    return Report(total, total, total - bad, errors if total else (whole_file.EMPTY,), longest)


def _blocks_of_file(file: Any) -> Iterator[list[bytes]]:
    """Whole lines, about 32 KiB at a time; of a line over MAX_LINE only its beginning."""
    while block := file.read(_BLOCK):
        if not block.endswith(b"\n"):
            rest = file.readline(MAX_LINE + 1)
            block += rest
            while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
                rest = file.readline(MAX_LINE + 1)
        yield BytesIO(block).readlines()


def _blocks_of_lines(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    block, size = [], 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _checker(model: type[Row]) -> Callable[[list[bytes], int], Iterator[tuple[int, Flaw]]]:
    """A function that finds the flawed lines of a block: (index, flaw).

    A block where everything decodes and the quotation marks add up needs no second look (see `Row.quotes`);
    that is nearly every block, and cheaper than asking line by line.
    """
    decode = msgspec.json.Decoder(model).decode

    def check(lines: list[bytes], longest: int) -> Iterator[tuple[int, Flaw]]:
        try:
            rows = list(map(decode, lines)) if longest <= MAX_LINE else None
        except _UNREADABLE:
            rows = None
        if rows is None:
            return _flaws_in(_flaw_of(line, model, decode) for line in lines)
        if _adds_up(b"".join(lines), model.quotes(rows)):
            return iter(())
        return _flaws_in(
            _repeated_key(line, model.quotes([row])) for line, row in zip(lines, rows, strict=True)
        )

    return check


def _flaws_in(verdicts: Iterable[Flaw | None]) -> Iterator[tuple[int, Flaw]]:
    return ((index, flaw) for index, flaw in enumerate(verdicts) if flaw)


def _flaw_of(line: bytes, model: type[Row], decode: Callable[[bytes], Row]) -> Flaw | None:
    if len(line) > MAX_LINE:
        return Flaw("mock.row.too_long", "", f"the line is longer than {MAX_LINE >> 20} MiB", row=False)
    try:
        row = decode(line)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{error.object[error.start]:02x}"
        return Flaw(
            "mock.row.invalid_utf8", "", f"{byte} is not UTF-8 text; save the file as UTF-8", row=False
        )
    except RecursionError:
        return Flaw("mock.row.too_deep", "", "the line is nested too deeply")
    except msgspec.DecodeError as error:
        return _special(line, str(error)) or flaws.of_message(str(error))
    return _repeated_key(line, model.quotes([row]))


def _special(line: bytes, message: str) -> Flaw | None:
    """What the decoder has no right words of its own for."""
    if not line.strip():
        return Flaw(
            "mock.row.blank",
            "",
            "the line is blank; remove it (an empty line at the end counts too)",
            row=False,
        )
    if line.startswith(b"\xef\xbb\xbf"):
        text = "the line starts with a byte order mark; save the file as UTF-8 without BOM"
        return Flaw("mock.row.byte_order_mark", "", text, row=False)
    if b"\0" in line:
        return Flaw("mock.row.nul_byte", "", "the line has a NUL byte; JSON text has none", row=False)
    if "truncated" in message and _is_json(line):
        return Flaw(
            "mock.row.lone_surrogate", "", "a text has half of a surrogate pair (such as \\ud83d alone)"
        )
    return None


def _is_json(line: bytes) -> bool:
    """Whether the line is whole for a decoder that lets lone surrogates pass, as the standard one does."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _adds_up(text: bytes, expected_quotes: int) -> bool:
    """Whether the text has just the quotation marks that its keys and strings need; False also when unsure.

    An escaped mark inside a string is none of them, unless the backslash before it is itself escaped.
    """
    quotes = text.count(b'"')
    if quotes == expected_quotes:
        return True
    return b"\\\\" not in text and quotes - text.count(b'\\"') == expected_quotes


def _repeated_key(line: bytes, expected_quotes: int) -> Flaw | None:
    """The first key that an object of a decodable line has twice, if any."""
    if _adds_up(line, expected_quotes):
        return None
    twice: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        keys = [key for key, _ in pairs]
        twice.extend(key for key in keys if keys.count(key) > 1)

    json.loads(line, object_pairs_hook=note)
    if not twice:
        return None
    text = f'an object has the key "{flaws.shorten(twice[0])}" twice; keep one'
    return Flaw("mock.row.repeated_key", twice[0], text)
