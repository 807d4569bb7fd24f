"""Progress bars on a terminal, drawn by rich: bytes that are sent, and phases that are waited through."""

from threading import Lock
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

from aistudio_client import _steps

_BYTES = frozenset({"upload", "download"})


class Bars:
    """Draws what it is told, on stderr; a bar goes when its work is over."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._lock = Lock()
        self._drawn: dict[tuple[str, str], tuple[Progress, Any]] = {}

    def __call__(self, told: _steps.Progress) -> None:
        """Draws one bit of progress. Threads may call it."""
        key = (told.what, told.id)
        with self._lock:
            if told.is_over:
                self._end(key)
                return
            if key not in self._drawn:
                for other in tuple(self._drawn):  # a terminal shows one live display at a time
                    self._end(other)
                self._drawn[key] = self._begun(told)
            progress, task = self._drawn[key]
            progress.update(task, completed=told.done, total=told.total or None, phase=told.phase)

    def _begun(self, told: _steps.Progress) -> tuple[Progress, Any]:
        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn()) if told.what in _BYTES else ()
        progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description} {task.fields[phase]}"),
            *columns,
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        progress.start()
        return progress, progress.add_task(
            f"{told.what} {told.id}", total=told.total or None, phase=told.phase
        )

    def _end(self, key: tuple[str, str]) -> None:
        progress, _ = self._drawn.pop(key, (None, None))
        if progress is not None:
            progress.stop()
