"""From a scan to a verdict: the server's errors put together with what the second look found."""

import re
from collections.abc import Iterator

from aistudio_formats.json_array import NotConvertible
from aistudio_formats.report import Report, RowError
from aistudio_formats.task_types import find
from aistudio_mock.commands.language import Words
from aistudio_mock.commands.validate_closer import Closer
from aistudio_mock.commands.validate_result import (
    Guessed,
    NotConverted,
    Notice,
    Problem,
    Refused,
    Spot,
    Verdict,
)
from aistudio_mock.commands.validate_tokens import TokenCount

_LISTED = 10
_COUNTED = re.compile(r"(\d+) rows have this error[,.][^,.]*\.?\Z")


def verdict(
    file: str,
    task_type: str,
    report: Report,
    closer: Closer | None,
    words: Words,
    *,
    guessed: Guessed | None = None,
    converted_from: str | None = None,
) -> Verdict:
    """The verdict; without a second look, of a file that has no rows to look at."""
    tokens = closer.tokens if closer else None
    return Verdict(
        file=file,
        task_type=task_type,
        guessed=guessed,
        is_checked=find(task_type).is_validated,
        is_valid=report.is_valid,
        total_rows=report.total_rows,
        processed_rows=report.processed_rows,
        valid_rows=report.valid_rows,
        errors=tuple(_problem(error, closer, words) for error in report.errors),
        warnings=(
            *(Notice(each.error, words.said(each.error_description), ()) for each in report.warnings),
            *(_too_long(count, words) for count in (tokens.parts if tokens else ()) if count.over),
        ),
        tokens=tokens,
        converted_from=converted_from,
    )


def refused(file: str, error: NotConvertible, words: Words) -> NotConverted:
    """Why a file is not converted."""
    refusals = (
        Refused(each.line, each.column, each.element, words.said(each.text)) for each in error.refusals
    )
    return NotConverted(file, tuple(refusals))


def listed(numbers: tuple[int, ...], count: int, words: Words) -> str:
    """The first of the numbers, with an ellipsis if there are more."""
    some = ", ".join(map(str, numbers[:_LISTED]))
    return words("{list}, …", list=some) if count > _LISTED else some


def _problem(error: RowError, closer: Closer | None, words: Words) -> Problem:
    spots = tuple(_spots(error, closer, words)) if closer else ()
    message = spots[0].message if spots else words.said(error.error_description)
    return Problem(error.error, message, error.error_description, _count(error), spots)


def _spots(error: RowError, closer: Closer, words: Words) -> Iterator[Spot]:
    # Of a file that is written to meanwhile a row may not be as the scan saw it.
    for number in filter(closer.flaws.__contains__, error.row_numbers):
        flaw, place = closer.flaws[number]
        yield Spot(number, place.column, words.said(flaw.text), place.excerpt)


def _count(error: RowError) -> int:
    """How many rows have it; when more than are listed, the description says so at its end."""
    counted = _COUNTED.search(error.error_description)
    return int(counted[1]) if counted else len(error.row_numbers)


def _too_long(count: TokenCount, words: Words) -> Notice:
    message = words(
        "The {part} of {rows} is over the documented {n} tokens, by an estimate: {list}.",
        part=words.said(count.part),
        rows=words.count(count.over_count, "row"),
        n=count.limit,
        list=listed(count.over, count.over_count, words),
    )
    return Notice("mock.warning.many_tokens", message, count.over)
