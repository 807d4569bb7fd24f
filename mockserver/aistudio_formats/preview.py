"""What GetPreview shows: the first rows of a dataset, as lines of JSON.

How many lines and in what form is in no source (service-behaviour h.13); these are the rows as they were
uploaded, few and short enough for one message.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from aistudio_formats import parquet
from aistudio_formats.models import model_of

LINES = 10
"""Rows that a preview shows."""
MAX_CHARACTERS = 1 << 16
"""Characters of one line that are shown; what is left out of a longer one is marked with an ellipsis."""

_PARQUET = b"PAR1"
_BYTES = 4 * MAX_CHARACTERS


def preview_rows(path: str | Path, task_type: str, limit: int = LINES) -> list[str]:
    """The first rows of the file at `path`, each as one line of text without its line end.

    Args:
        path: a stored file, or an upload of any kind, valid or not: then its first lines as they are.
        task_type: of the dataset.
        limit: rows shown at most.

    Raises:
        OSError: the path cannot be read.
    """
    if model_of(task_type) and _is_parquet(path):
        with suppress(ValueError):  # Arrow's own refusals: an upload that only begins like Parquet
            return _first(_stored(path), limit)
    return _first(_uploaded(path), limit)


def _first(lines: Iterator[str], limit: int) -> list[str]:
    return [_short(line) for line in islice(lines, limit)]


def _is_parquet(path: str | Path) -> bool:
    with Path(path).open("rb") as file:
        return file.read(len(_PARQUET)) == _PARQUET


def _stored(path: str | Path) -> Iterator[str]:
    for row in parquet.read_rows(path):
        yield json.dumps(row, ensure_ascii=False)


def _uploaded(path: str | Path) -> Iterator[str]:
    with Path(path).open("rb") as file:
        yield from _decoded(iter(lambda: file.readline(_BYTES), b""))


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    """The beginning of each line; the rest of a longer one is passed over."""
    is_new = True
    for piece in pieces:
        if is_new:
            yield piece.decode("utf-8", "replace").rstrip("\r\n")
        is_new = piece.endswith(b"\n")


def _short(line: str) -> str:
    return line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…"
