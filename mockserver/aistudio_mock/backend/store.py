"""All records in memory, found by id and by folder."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, Protocol, TypeVar

from aistudio_mock.domain.dataset import Dataset
from aistudio_mock.domain.operation import Operation
from aistudio_mock.domain.tuning import Tuning


class Record(Protocol):
    """What every stored record has."""

    @property
    def id(self) -> str:
        """Unique over the whole server."""
        ...

    @property
    def folder_id(self) -> str:
        """The folder it belongs to."""
        ...


R = TypeVar("R", bound=Record)


class Table(Generic[R]):
    """Records of one kind. Each folder keeps its order of creation."""

    def __init__(self) -> None:
        self._by_id: dict[str, R] = {}
        self._numbers_of: dict[str, dict[str, int]] = {}
        self._numbers = count()

    def get(self, record_id: str) -> R | None:
        """The record of that id."""
        return self._by_id.get(record_id)

    def put(self, record: R) -> None:
        """Stores a new record, or the next version of one."""
        if record.id not in self._by_id:
            self._numbers_of.setdefault(record.folder_id, {})[record.id] = next(self._numbers)
        self._by_id[record.id] = record

    def remove(self, record: R) -> None:
        """Forgets a record."""
        self._by_id.pop(record.id, None)
        self._numbers_of.get(record.folder_id, {}).pop(record.id, None)

    def drop(self, folder_id: str) -> tuple[R, ...]:
        """Forgets every record of a folder, and returns them."""
        return tuple(self._by_id.pop(record_id) for record_id in self._numbers_of.pop(folder_id, {}))

    def newest_first(self, folder_id: str) -> Iterator[R]:
        """A folder's records, the latest created first."""
        return (self._by_id[record_id] for record_id in reversed(self._numbers_of.get(folder_id, {})))

    def position(self, record: R) -> int:
        """Where a record stands among its folder's: greater for each one created later."""
        return self._numbers_of[record.folder_id][record.id]

    def __iter__(self) -> Iterator[R]:
        return iter(self._by_id.values())


@dataclass(slots=True)
class Store:
    """Every table of the server."""

    datasets: Table[Dataset] = field(default_factory=Table)
    tunings: Table[Tuning] = field(default_factory=Table)
    operations: Table[Operation] = field(default_factory=Table)
    tuned_models: dict[str, str] = field(default_factory=dict)
    """Target model URI → task id; whether the model exists at `now` is asked of the task."""
    task_of_operation: dict[str, str] = field(default_factory=dict)
    """Operation id → task id, for the operations that are tunings."""
