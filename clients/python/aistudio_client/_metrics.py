"""Curves of a tuning as a value: a table, a picture, a data frame."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from aistudio_client._errors import ConfigurationError


class Point(Struct, frozen=True):
    """One value of a curve. `wall_time` is seconds since 1970."""

    step: int
    value: float
    wall_time: float


class Metrics(Struct, frozen=True):
    """What a tuning has recorded so far: curves by name (`train/loss`), each in the order of its steps."""

    tuning_id: str
    curves: Mapping[str, tuple[Point, ...]]

    def __repr__(self) -> str:
        """The names, and how long each curve is."""
        lengths = ", ".join(f"{name}: {len(points)}" for name, points in self.curves.items())
        return f"Metrics({self.tuning_id!r}, {lengths})"

    def last(self) -> Mapping[str, float]:
        """The last value of every curve."""
        return {name: points[-1].value for name, points in self.curves.items()}

    def rows(self) -> Iterator[tuple[int, Mapping[str, float]]]:
        """(step, values by name) of every step that some curve has, in order."""
        by_step: dict[int, dict[str, float]] = {}
        for name, points in self.curves.items():
            for one in points:
                by_step.setdefault(one.step, {})[name] = one.value
        yield from sorted(by_step.items())

    def to_pandas(self) -> Any:
        """A DataFrame: a row a step, a column a curve. Raises ConfigurationError without pandas."""
        try:
            import pandas as pd  # noqa: PLC0415 - only who wants a frame needs it
        except ImportError as error:
            raise ConfigurationError("to_pandas() needs pandas: pip install pandas") from error
        rows = list(self.rows())
        frame = pd.DataFrame([values for _, values in rows], index=[step for step, _ in rows])
        frame.index.name = "step"
        return frame

    def plot(self, path: str | os.PathLike[str], *, names: str = "loss") -> None:
        """Draws the curves that have `names` in their names, in a file whose name says what it is: PNG, SVG.

        Raises:
            ConfigurationError: matplotlib is missing, or there is no such curve.
        """
        from aistudio_client._plot import plot  # noqa: PLC0415 - only who draws needs it

        plot(self, path, names)

    def _repr_html_(self) -> str:
        """A picture of every loss, for notebooks."""
        from aistudio_client._html import curves  # noqa: PLC0415 - only where somebody looks

        return curves(self)
