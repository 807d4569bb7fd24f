"""`validate`: checks a dataset file as the server would, without a server."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aistudio_mock.commands.console import Command, CommandError, Exit, bold, green, say

if TYPE_CHECKING:
    from aistudio_formats.report import Report, RowError

_ROWS_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file and what its rows are."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the dataset, as JSON Lines")
    parser.add_argument(
        "--task-type", required=True, metavar="TYPE", help="what its rows are, such as TextToTextGeneration"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the verdict; exit code 1 when the server would find the file INVALID.

    Raises:
        CommandError: the file cannot be read, or there is no such task type.
    """
    from aistudio_formats.task_types import TASK_TYPES
    from aistudio_formats.validation import scan

    if arguments.task_type not in TASK_TYPES:
        known = ", ".join(TASK_TYPES)
        raise CommandError(f"no task type {arguments.task_type!r}; use one of {known}", Exit.USAGE)
    try:
        with arguments.file.open("rb") as file:
            report = scan(file, arguments.task_type, 1)
    except OSError as error:
        raise CommandError(
            f"cannot read {arguments.file} ({error.strerror}); name a JSON Lines file", Exit.ENVIRONMENT
        ) from error
    for line in _verdict(arguments.file, report, is_checked=TASK_TYPES[arguments.task_type].is_validated):
        say(line)
    return Exit.OK if report.is_valid else Exit.FAILED


def _verdict(file: Path, report: "Report", *, is_checked: bool) -> Iterator[str]:
    if report.is_valid:
        note = "" if is_checked else "; rows of this task type are counted, not checked"
        rows = "1 row" if report.valid_rows == 1 else f"{report.valid_rows} rows"
        yield f"{file}: {green('READY')}, {rows}{note}"
        return
    yield f"{file}: {bold('INVALID')}, {report.valid_rows} of {report.total_rows} rows are right"
    for error in report.errors:
        yield f"  {error.error}{_rows(error)}: {error.error_description}"


def _rows(error: "RowError") -> str:
    if not error.row_numbers:
        return ""
    shown = ", ".join(map(str, error.row_numbers[:_ROWS_SHOWN]))
    more = " …" if len(error.row_numbers) > _ROWS_SHOWN else ""
    return f" (row {shown}{more})"


COMMAND = Command(
    name="validate",
    summary="check a dataset file as the server would, without a server",
    example="aistudio-mock validate train.jsonl --task-type TextToTextGeneration",
    add_arguments=add_arguments,
    run=run,
)
