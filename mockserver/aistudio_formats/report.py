"""What a scan found, as values that also travel between processes as JSON. Standard library only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RowError:
    """One kind of error: an opaque name, words for people, and the first rows that have it.

    An error of the file as a whole has no row numbers.
    """

    error: str
    error_description: str
    row_numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a scan. `longest_line` is in bytes, with its line end."""

    total_rows: int
    processed_rows: int
    valid_rows: int
    errors: tuple[RowError, ...]
    longest_line: int

    @property
    def is_valid(self) -> bool:
        """Whether the dataset may become READY: at least one row, and not one error."""
        return not self.errors and self.total_rows > 0


@dataclass(frozen=True, slots=True)
class Converted:
    """The stored file: its size in bytes and its md5 in hex."""

    size_bytes: int
    md5: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished job: what the scan found and, if the file is valid, what was stored."""

    report: Report
    converted: Converted | None


def to_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain values for `json.dumps`."""
    return asdict(outcome)


def from_json(value: Mapping[str, Any]) -> Outcome:
    """The outcome that `to_json` wrote, after a trip through JSON or not."""
    errors = tuple(
        RowError(**{**each, "row_numbers": tuple(each["row_numbers"])}) for each in value["report"]["errors"]
    )
    converted = value["converted"]
    return Outcome(
        report=Report(**{**value["report"], "errors": errors}),
        converted=None if converted is None else Converted(**converted),
    )
