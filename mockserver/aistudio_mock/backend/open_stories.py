"""Stories whose outcome is being computed: who waits for them, and until when."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

from aistudio_mock.domain.errors import ApiError

_LOG = logging.getLogger("aistudio_mock.state")


class OpenStories:
    """The operations of every folder whose timelines are open. `ended` is told whose story that was."""

    def __init__(self, ended: Callable[[str], None] = lambda _: None) -> None:
        self._ended = ended
        self._open: dict[str, tuple[str, Event]] = {}
        self._lock = Lock()

    def begin(self, operation_id: str, folder_id: str) -> None:
        """Work on the outcome begins."""
        with self._lock:
            self._open[operation_id] = (folder_id, Event())

    def end(self, operation_id: str) -> None:
        """The story is sealed: nobody waits any longer. Again does nothing."""
        with self._lock:
            folder_id, sealed = self._open.pop(operation_id, ("", None))
        if sealed is not None:
            sealed.set()
            self._ended(folder_id)

    @contextmanager
    def ending(self, operation_id: str) -> Iterator[None]:
        """In here the story is sealed; nobody waits any longer when that cannot be kept either."""
        try:
            yield
        except ApiError as refusal:
            _LOG.error(
                "operation %s: what came of it cannot be kept, so it begins again with the next start (%s)",
                operation_id,
                refusal.message,
            )
        finally:
            self.end(operation_id)

    def wait(self, operation_id: str, seconds: float) -> None:
        """Waits until the operation's story is sealed, at most `seconds`."""
        with self._lock:
            _, sealed = self._open.get(operation_id, ("", None))
        if sealed is not None:
            sealed.wait(seconds)

    def settle(self, folder_id: str) -> None:
        """Waits until no story of the folder is open, so that moving its clock shows everything due."""
        with self._lock:
            open_ones = [sealed for owner, sealed in self._open.values() if owner == folder_id]
        for sealed in open_ones:
            sealed.wait()
