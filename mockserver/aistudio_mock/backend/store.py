"""All records in memory, found by id and by folder."""

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import count
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from msgspec import Struct, field

if TYPE_CHECKING:
    from aistudio_mock.domain.batch import BatchTask
    from aistudio_mock.domain.dataset import Dataset
    from aistudio_mock.domain.multipart import Upload
    from aistudio_mock.domain.operation import Operation
    from aistudio_mock.domain.tuning import Tuning


Lock: TypeAlias = AbstractContextManager[bool | None]
"""What makes a command atomic; whoever has it may take it again."""


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


class Order(Generic[R]):
    """One folder's records, oldest first, each with a number greater than the one before it.

    Any place in it is found by bisection, so that a page deep in a long list costs no more than the first.
    """

    __slots__ = ("_number_of", "_numbers", "_records", "version")

    def __init__(self) -> None:
        self._number_of: dict[str, int] = {}
        self._numbers: list[int] = []
        self._records: list[R | None] = []
        """At the same index as its number; None where one was removed."""
        self.version = 0
        """Greater after each change."""

    def __len__(self) -> int:
        return len(self._number_of)

    def append(self, record: R, number: int) -> None:
        """Puts a new record last; its number is greater than any before."""
        self.version += 1
        self._number_of[record.id] = number
        self._numbers.append(number)
        self._records.append(record)

    def insert(self, record: R, number: int) -> None:
        """Puts a record at its number, wherever that is; no other has it."""
        self.version += 1
        index = self._index(number)
        if index < len(self._numbers) and self._numbers[index] == number:
            self._records[index] = record
        else:
            self._numbers.insert(index, number)
            self._records.insert(index, record)
        self._number_of[record.id] = number

    def replace(self, record: R) -> None:
        """Puts the next version of a record in its place."""
        self.version += 1
        self._records[self._index(self._number_of[record.id])] = record

    def remove(self, record_id: str) -> None:
        """Takes a record out; nothing if it is not there."""
        number = self._number_of.pop(record_id, None)
        if number is None:
            return
        self.version += 1
        self._records[self._index(number)] = None
        # Closing gaps only when they are more than half keeps removal cheap on average.
        if len(self._records) > 2 * len(self._number_of):
            self._records = [record for record in self._records if record is not None]
            self._numbers = [self._number_of[record.id] for record in self._records if record is not None]

    def number(self, record_id: str) -> int:
        """The number of a record."""
        return self._number_of[record_id]

    def newest_first(self, before: int | None = None) -> Iterator[R]:
        """The records, the last one first; only those with numbers less than `before`."""
        end = len(self._records) if before is None else self._index(before)
        older = map(self._records.__getitem__, range(end - 1, -1, -1))
        return (record for record in older if record is not None)

    def oldest_first(self, after: int | None = None) -> Iterator[R]:
        """The records, the first one first; only those with numbers greater than `after`."""
        begin = 0 if after is None else self._index(after + 1)
        newer = map(self._records.__getitem__, range(begin, len(self._records)))
        return (record for record in newer if record is not None)

    def _index(self, number: int) -> int:
        return bisect_left(self._numbers, number)


class Table(Generic[R]):
    """Records of one kind. Each folder keeps its order of creation."""

    def __init__(self) -> None:
        self._by_id: dict[str, R] = {}
        self._orders: dict[str, Order[R]] = {}
        self._numbers = count()

    def get(self, record_id: str) -> R | None:
        """The record of that id."""
        return self._by_id.get(record_id)

    def put(self, record: R) -> None:
        """Stores a new record, or the next version of one."""
        if record.id in self._by_id:
            self._orders[record.folder_id].replace(record)
        else:
            self._orders.setdefault(record.folder_id, Order()).append(record, next(self._numbers))
        self._by_id[record.id] = record

    def restore(self, record: R, number: int) -> None:
        """Stores a record that was there before, at the position that it had."""
        self._orders.setdefault(record.folder_id, Order()).insert(record, number)
        self._by_id[record.id] = record
        self._numbers = count(max(number + 1, next(self._numbers)))

    def remove(self, record: R) -> None:
        """Forgets a record."""
        if self._by_id.pop(record.id, None) is not None:
            self._orders[record.folder_id].remove(record.id)

    def drop(self, folder_id: str) -> tuple[R, ...]:
        """Forgets every record of a folder, and returns them, the latest created first."""
        order = self._orders.pop(folder_id, None)
        dropped = tuple(order.newest_first()) if order else ()
        for record in dropped:
            del self._by_id[record.id]
        return dropped

    def count(self, folder_id: str) -> int:
        """How many records a folder has."""
        return len(self._orders.get(folder_id, ()))

    def version(self, folder_id: str) -> int:
        """Another number after each change of a folder's records, as long as it is not emptied."""
        order = self._orders.get(folder_id)
        return order.version if order else 0

    def newest_first(self, folder_id: str, before: int | None = None) -> Iterator[R]:
        """A folder's records, the latest created first; only those whose position is less than `before`."""
        order = self._orders.get(folder_id)
        return order.newest_first(before) if order else iter(())

    def oldest_first(self, folder_id: str, after: int | None = None) -> Iterator[R]:
        """A folder's records, the first created first; only those whose position is greater than `after`."""
        order = self._orders.get(folder_id)
        return order.oldest_first(after) if order else iter(())

    def position(self, record: R) -> int:
        """Where a record stands among its folder's: greater for each one created later."""
        return self._orders[record.folder_id].number(record.id)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._by_id

    def __iter__(self) -> Iterator[R]:
        return iter(self._by_id.values())


class Store(Struct):
    """Every table of the server."""

    datasets: "Table[Dataset]" = field(default_factory=Table)
    tunings: "Table[Tuning]" = field(default_factory=Table)
    batches: "Table[BatchTask]" = field(default_factory=Table)
    operations: "Table[Operation]" = field(default_factory=Table)
    uploads: "Table[Upload]" = field(default_factory=Table)
    tuned_models: dict[str, str] = field(default_factory=dict)
    """Target model URI → task id; whether the model exists at `now` is asked of the task."""
    task_of_operation: dict[str, str] = field(default_factory=dict)
    """Operation id → task id, for the operations that are tunings or batch runs."""

    def version(self, folder_id: str) -> tuple[int, ...]:
        """Something else after each change of what the folder shows, as long as it is not emptied."""
        tables = (self.datasets, self.tunings, self.batches, self.operations)
        return tuple(table.version(folder_id) for table in tables)

    def index(self) -> None:
        """Finds by URI and by operation what the tables have now."""
        self.tuned_models.clear()
        self.task_of_operation.clear()
        for task in self.tunings:
            self.task_of_operation[task.operation_id] = task.id
            if task.target_model_uri:
                self.tuned_models[task.target_model_uri] = task.id
        for batch in self.batches:
            self.task_of_operation[batch.operation_id] = batch.id
