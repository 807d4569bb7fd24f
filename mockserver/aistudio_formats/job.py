"""One dataset job: scan the uploaded file and, if it is valid, write its stored form."""

import hashlib
from pathlib import Path
from typing import Literal

from aistudio_formats import parquet
from aistudio_formats.report import Converted, Outcome, Report
from aistudio_formats.validation import scan


def run(source: str | Path, target: str | Path, task_type: str, first_row: Literal[0, 1] = 1) -> Report:
    """Scan the file at `source`; when it is valid, write its Parquet form to `target`, else leave that alone.

    Raises:
        OSError: a path cannot be read or written. What is in the file never raises.
    """
    with Path(source).open("rb") as file:
        report = scan(file, task_type, first_row)
    if report.is_valid:
        rows, longest = report.total_rows, report.longest_line
        parquet.convert(source, target, task_type, rows=rows, longest_line=longest)
    return report


def outcome(source: str | Path, target: str | Path, task_type: str, first_row: Literal[0, 1] = 1) -> Outcome:
    """`run`, with the size in bytes and the md5 of what was stored (service-behaviour c.7, c.10).

    Raises:
        OSError: a path cannot be read or written.
    """
    report = run(source, target, task_type, first_row)
    if not report.is_valid:
        return Outcome(report, None)
    with Path(target).open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        return Outcome(report, Converted(file.tell(), digest.hexdigest()))
