"""Whether a file of JSON Lines is a dataset of its task type: one streaming pass, in constant memory.

Each line is decoded by itself into its row model: the fastest complete check that was measured, and one that
knows the exact row. The decoder's gaps are closed by `check`: repeated keys, rules that types cannot say, and
lines that never end. Of classifier rows that are known but for their text only that is decoded, see
`known_rows`.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Literal

from aistudio_formats import minimums, whole_file
from aistudio_formats.blocks import Block, Blocks, blocks_of
from aistudio_formats.check import Check
from aistudio_formats.flaws import Flaws
from aistudio_formats.models import model_of
from aistudio_formats.report import Report, RowError
from aistudio_formats.rows import Row

MAX_WRONG = 100_000
"""Wrong rows after which a file is no longer checked, only counted: each takes longer than a right one."""


def scan(source: BinaryIO | Iterable[bytes], task_type: str, first_row: Literal[0, 1] = 1) -> Report:
    """Check every line of `source` against the rows of `task_type`; never raises for what is in it.

    Args:
        source: a buffered binary file, or lines that each end with a line feed (the last one need not).
        task_type: a type without a row model has its lines counted, not checked.
        first_row: the number of the first row in the report. Assumed 1 (service-behaviour h.1).

    The documented minimum of rows is not enforced, as on the service (service-behaviour c.8): it is a
    warning. An empty file is invalid.
    """
    model = model_of(task_type)
    blocks = blocks_of(source, model.longest if model else Row.longest)
    each = iter(blocks)
    start = next(each, None)
    if start is None:
        return Report(0, 0, 0, (whole_file.EMPTY,), 0)
    if model is None:
        return _count(chain([start], each))
    if error := whole_file.error_of(start.lines, each, model):
        return Report(0, 0, 0, (error,), start.longest)
    return _scan_rows(chain([start], each), blocks, Check(model), first_row)


def _count(blocks: Iterator[Block]) -> Report:
    total = longest = 0
    for block in blocks:
        total += len(block.lines)
        longest = max(longest, block.longest)
    return Report(total, total, total, (), longest)


def _scan_rows(each: Iterator[Block], blocks: Blocks, check: Check, first_row: int) -> Report:
    found, rows, wrong, longest = Flaws(), 0, 0, 0
    for block in each:
        for index, flaw in check(block):
            found.add(flaw, first_row + rows + index)
            wrong += 1
        rows += len(block.lines)
        longest = max(longest, block.longest)
        if wrong >= MAX_WRONG:
            break
    rest = blocks.count_rest()
    errors = (*found.errors(check.model), *_stopped(wrong, rest))
    warnings = tuple(minimums.warnings_of(check.model, rows + rest, check.unseen_classes))
    return Report(rows + rest, rows, rows - wrong, errors, longest, warnings)


def _stopped(wrong: int, rest: int) -> Iterator[RowError]:
    if rest:
        text = f"After {wrong} wrong rows the check stopped; the last {rest} rows were not looked at."
        yield RowError("mock.file.not_read_on", text)
