"""Curves drawn by matplotlib."""

import os
from typing import TYPE_CHECKING

from aistudio_client._errors import ConfigurationError

if TYPE_CHECKING:
    from aistudio_client._metrics import Metrics

_SIZE = (8, 4.5)
_DPI = 120


def plot(metrics: "Metrics", path: str | os.PathLike[str], names: str) -> None:
    """Draws the curves whose names have `names` in them. No window is opened, no global state is touched.

    Raises:
        ConfigurationError: matplotlib is missing, or there is no such curve.
    """
    chosen = {name: points for name, points in metrics.curves.items() if names in name}
    if not chosen:
        known = ", ".join(metrics.curves) or "none at all"
        raise ConfigurationError(f"no curve has {names!r} in its name; there are {known}")
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - heavy
    except ImportError as error:
        raise ConfigurationError("plot() needs matplotlib: pip install 'aistudio-mock[plot]'") from error
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    for name, points in chosen.items():
        axes.plot([one.step for one in points], [one.value for one in points], label=name)
    axes.set_xlabel("step")
    axes.set_title(metrics.tuning_id)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path)
