"""Stories whose outcome is being computed: who waits for them, and until when."""

from threading import Event, Lock


class OpenStories:
    """The operations of every folder whose timelines are open."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, Event]] = {}
        self._lock = Lock()

    def begin(self, operation_id: str, folder_id: str) -> None:
        """Work on the outcome begins."""
        with self._lock:
            self._open[operation_id] = (folder_id, Event())

    def end(self, operation_id: str) -> None:
        """The story is sealed: nobody waits any longer. Again does nothing."""
        with self._lock:
            _, sealed = self._open.pop(operation_id, ("", None))
        if sealed is not None:
            sealed.set()

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
