"""What tuned models have learned: read from their data at the first call, once, and kept within a bound."""

from collections.abc import Callable, Container
from threading import Lock
from typing import Any, TypeVar

from aistudio_mock.domain.tuning import Tuning

KEPT_BYTES = 256 << 20
"""So many bytes of training data may have their models in memory; the least used are learned again."""

M = TypeVar("M")


class _Entry:
    """One model, and the lock that those wait for who want it first."""

    __slots__ = ("lock", "model", "size")

    def __init__(self, size: int) -> None:
        self.lock = Lock()
        self.model: Any = None
        self.size = size


class Learned:
    """Models by task, the one used last at the end. Learning one keeps nobody from another."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._entries: dict[str, _Entry] = {}
        self._held = 0
        self._lock = Lock()

    def of(self, task: Tuning, learn: Callable[[], M]) -> M:
        """The model of `task`, which `learn` makes of its data unless it is here; whatever that raises."""
        entry = self._entry(task)
        with entry.lock:
            if entry.model is None:
                entry.model = learn()
            model: M = entry.model
        return model

    def keep_only(self, task_ids: Container[str]) -> None:
        """Forgets the models of tasks that are gone."""
        with self._lock:
            for task_id in [one for one in self._entries if one not in task_ids]:
                self._held -= self._entries.pop(task_id).size

    @property
    def task_ids(self) -> tuple[str, ...]:
        """Whose models are here, the one used last at the end."""
        with self._lock:
            return tuple(self._entries)

    def _entry(self, task: Tuning) -> _Entry:
        with self._lock:
            entry = self._entries.pop(task.id, None)
            if entry is None:
                entry = _Entry(sum(blob.size for blob in task.training_data))
                self._held += entry.size
            self._entries[task.id] = entry
            while self._held > self._kept_bytes and len(self._entries) > 1:
                oldest = next(iter(self._entries))
                self._held -= self._entries.pop(oldest).size
            return entry
