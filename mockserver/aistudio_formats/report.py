"""What a scan found, as values that also travel between processes as JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct


class RowError(Struct, frozen=True):
    """One kind of error or warning: an opaque name, words for people, and the first rows that have it.

    An error of the file as a whole has no row numbers.
    """

    error: str
    error_description: str
    row_numbers: tuple[int, ...] = ()


class Report(Struct, frozen=True):
    """The outcome of a scan. No line has more than `longest_line` bytes; for short lines that is a bound.

    `warnings` are what the documentation asks for and the service does not enforce: for people before an
    upload, never part of a validation's answer.
    """

    total_rows: int
    processed_rows: int
    valid_rows: int
    errors: tuple[RowError, ...]
    longest_line: int
    warnings: tuple[RowError, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether the dataset may become READY: at least one row, and not one error."""
        return not self.errors and self.total_rows > 0


class Converted(Struct, frozen=True):
    """The stored file: its size in bytes and its md5 in hex."""

    size_bytes: int
    md5: str


class Outcome(Struct, frozen=True):
    """A finished job: what the scan found and, if the file is valid, what was stored."""

    report: Report
    converted: Converted | None


def to_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain values for `json.dumps`."""
    plain: dict[str, Any] = msgspec.to_builtins(outcome)
    return plain


def from_json(value: Mapping[str, Any]) -> Outcome:
    """The outcome that `to_json` wrote, after a trip through JSON or not."""
    return msgspec.convert(value, Outcome)
