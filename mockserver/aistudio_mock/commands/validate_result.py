"""What `validate` finds out: the document that `--json` prints, and what the words for people come from."""

from msgspec import Struct

from aistudio_mock.commands.validate_tokens import Tokens


class Spot(Struct, frozen=True):
    """One wrong row. Rows and columns count from 1, columns in characters; null where no place is its own."""

    row: int
    column: int | None
    message: str
    excerpt: str


class Problem(Struct, frozen=True):
    """One kind of error: `rows` have it, of which at most the first hundred are `spots`.

    An error of the file as a whole has no rows. `description` is what the server says, always in English.
    """

    error: str
    message: str
    description: str
    rows: int
    spots: tuple[Spot, ...]


class Notice(Struct, frozen=True):
    """Something that is documented otherwise and accepted all the same, with the first rows that have it."""

    warning: str
    message: str
    row_numbers: tuple[int, ...]


class Refused(Struct, frozen=True):
    """One place that is in the way of a conversion; lines, columns and the array's elements count from 1."""

    line: int
    column: int
    element: int | None
    message: str


class NotConverted(Struct, frozen=True):
    """What `--convert` says of a file that it cannot convert; nothing was written."""

    file: str
    refusals: tuple[Refused, ...]


class Guessed(Struct, frozen=True):
    """The task type was not given: it fits the first rows, so many of them."""

    rows: int


class Verdict(Struct, frozen=True):
    """The outcome for one file.

    `is_checked` is false for task types whose rows are counted only. `processed_rows` is less than
    `total_rows` when there were too many wrong rows to go on. `converted_from` is what `--convert` read.
    """

    file: str
    task_type: str
    guessed: Guessed | None
    is_checked: bool
    is_valid: bool
    total_rows: int
    processed_rows: int
    valid_rows: int
    errors: tuple[Problem, ...]
    warnings: tuple[Notice, ...]
    tokens: Tokens | None
    converted_from: str | None = None
