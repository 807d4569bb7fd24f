"""What the documentation asks of a dataset and validation does not enforce: warnings, never errors.

The service takes fewer rows than documented (service-behaviour c.8); whoever uploads should still know.
"""

from collections.abc import Iterator

from msgspec import Struct

from aistudio_formats.classes import ClassRow
from aistudio_formats.flaws import shorten
from aistudio_formats.report import RowError
from aistudio_formats.rows import Generation, ImageGeneration, Row

MAX_CLASSES = 100
"""Classes of a classifier, as documented (service-behaviour d)."""
MAX_CLASS_NAME = 100
"""Characters of a class name, as documented (service-behaviour d)."""
_NAMED = 5


class _Rows(Struct, frozen=True):
    """How many rows are documented (service-behaviour d); `advised` is only recommended."""

    least: int
    most: int | None = None
    advised: int | None = None


_ROWS: tuple[tuple[type[Row], _Rows], ...] = (
    (Generation, _Rows(least=10)),
    (ImageGeneration, _Rows(least=10)),
    (ClassRow, _Rows(least=100, most=50_000, advised=1000)),
)


def warnings_of(model: type[Row], rows: int, unseen_classes: frozenset[str]) -> Iterator[RowError]:
    """The warnings for a file of so many rows; `unseen_classes` are those that no row belongs to."""
    for kind, documented in _ROWS:
        if issubclass(model, kind):
            yield from _of_rows(documented, rows)
    if issubclass(model, ClassRow):
        yield from _of_classes(model.classes, unseen_classes)


def _of_rows(documented: _Rows, rows: int) -> Iterator[RowError]:
    have = f"The file has {rows} {'row' if rows == 1 else 'rows'}"
    if rows < documented.least:
        yield RowError("mock.warning.few_rows", f"{have}; the documentation asks for {documented.least}.")
    elif documented.advised and rows < documented.advised:
        yield RowError("mock.warning.few_rows", f"{have}; {documented.advised} or more are recommended.")
    if documented.most and rows > documented.most:
        yield RowError("mock.warning.many_rows", f"{have}; {documented.most} is the documented maximum.")


def _of_classes(classes: tuple[str, ...], unseen: frozenset[str]) -> Iterator[RowError]:
    if len(classes) > MAX_CLASSES:
        text = f"The file has {len(classes)} classes; {MAX_CLASSES} is the documented maximum."
        yield RowError("mock.warning.many_classes", text)
    if long := [name for name in classes if len(name) > MAX_CLASS_NAME]:
        text = f"Names of classes have at most {MAX_CLASS_NAME} characters, as documented: {_listed(long)}."
        yield RowError("mock.warning.long_class_name", text)
    if empty := [name for name in classes if name in unseen]:
        text = f"Each class should have a row that belongs to it; these have none: {_listed(empty)}."
        yield RowError("mock.warning.empty_class", text)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(shorten, names[:_NAMED])) + more
