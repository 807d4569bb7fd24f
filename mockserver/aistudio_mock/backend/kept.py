"""What makes commands last: a lock whose outermost exit writes whatever changed while it was held.

A call that changes something holds the lock, so its changes are one transaction, written before its reply
leaves. Files that nobody names any more are removed after that.
"""

from collections.abc import Callable, Collection, Container, Iterable
from pathlib import Path
from threading import RLock, get_ident
from types import TracebackType
from typing import TYPE_CHECKING

from msgspec import Struct

from aistudio_mock.backend.store import R, Table
from aistudio_mock.domain.errors import ApiError, Internal, ResourceExhausted
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.runtime.database import FullError, Row, StateError

if TYPE_CHECKING:
    from aistudio_mock.runtime.database import Database


class _Change(Struct, frozen=True):
    """What there is now in place of one row, and what makes it as it was."""

    rows: Callable[[], Iterable[Row]]
    undo: Callable[[], object]


class Kept:
    """The backend's lock, where there is a database.

    When the database refuses, memory is as it was before the call, and the call is refused: what is shown is
    what is kept.
    """

    def __init__(self, database: "Database") -> None:
        self._database: Database | None = database
        self._lock = RLock()
        self._depth = 0
        self._holder: int | None = None
        self._changes: dict[tuple[str, str], _Change] = {}
        self._folders: set[str] = set()
        self._unwanted: list[str] = []
        self.clocks: Callable[[str], Iterable[Row]] = lambda _: ()
        """What is to be written of the clock of a folder in which something changed."""
        self.written: Callable[[str], object] = lambda _: None
        """Called for such a folder when that is written."""
        self.undone: Callable[[], object] = lambda: None
        """Called when changes were taken back."""

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1
        self._holder = get_ident()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes at the outermost exit. Raises ResourceExhausted where the disk is full, else Internal."""
        try:
            if self._depth == 1:
                self._commit()
        finally:
            self._depth -= 1
            if not self._depth:
                self._holder = None
            self._lock.release()

    def note(
        self,
        key: tuple[str, str],
        folder_id: str,
        rows: Callable[[], Iterable[Row]],
        undo: Callable[[], object],
    ) -> None:
        """Something is about to change: how it is written then, and how it is taken back."""
        assert self._holder == get_ident(), f"{key} changes without the lock"
        self._changes.setdefault(key, _Change(rows, undo))
        self._folders.add(folder_id)

    def unlink(self, path: str) -> None:
        """Removes a file, if need be once no row names it."""
        if self._holder == get_ident():
            self._unwanted.append(path)
        else:
            Path(path).unlink(missing_ok=True)

    def close(self) -> None:
        """From here on nothing is written: what is under way goes on after a restart."""
        with self._lock:
            database, self._database = self._database, None
        if database is not None:
            database.close()

    def _commit(self) -> None:
        changes, folders, unwanted = self._changes, self._folders, self._unwanted
        self._changes, self._folders, self._unwanted = {}, set(), []
        if self._database is None:
            return
        if folders:
            self._write(self._database, changes.values(), folders)
        for path in unwanted:
            Path(path).unlink(missing_ok=True)

    def _write(self, database: "Database", changes: Collection[_Change], folders: set[str]) -> None:
        try:
            rows = [row for change in changes for row in change.rows()]
            rows += [row for folder_id in folders for row in self.clocks(folder_id)]
            database.write(rows)
        except BaseException as problem:
            for change in changes:
                change.undo()
            self.undone()
            if isinstance(problem, StateError):
                raise _refusal(problem) from problem
            raise
        for folder_id in folders:
            self.written(folder_id)


def _refusal(problem: StateError) -> ApiError:
    kind = ResourceExhausted if isinstance(problem, FullError) else Internal
    return kind(f"the call was not carried out, because it cannot be kept: {problem}")


class KeptTable(Table[R]):
    """A table whose changes are noted."""

    def __init__(self, kind: str, kept: Kept, encode: Callable[[R], bytes]) -> None:
        super().__init__()
        self._kind = kind
        self._kept = kept
        self._encode = encode

    def put(self, record: R) -> None:  # noqa: D102 - see Table
        self._note(record.id, record.folder_id)
        super().put(record)

    def remove(self, record: R) -> None:  # noqa: D102
        self._note(record.id, record.folder_id)
        super().remove(record)

    def drop(self, folder_id: str) -> tuple[R, ...]:  # noqa: D102
        for record in self.newest_first(folder_id):
            self._note(record.id, folder_id)
        return super().drop(folder_id)

    def _note(self, record_id: str, folder_id: str) -> None:
        before = self._by_id.get(record_id)
        number = self.position(before) if before is not None else 0

        def undo() -> None:
            now = self._by_id.get(record_id)
            if now is not None:
                super(KeptTable, self).remove(now)
            if before is not None:
                self.restore(before, number)

        self._kept.note((self._kind, record_id), folder_id, lambda: [self._row(record_id)], undo)

    def _row(self, record_id: str) -> Row:
        record = self._by_id.get(record_id)
        if record is None:
            return Row(self._kind, record_id)
        return Row(self._kind, record_id, self.position(record), self._encode(record))


class KeptBlobs(BlobStore):
    """Files that stay when the server ends. What no record names any more goes once that is written."""

    def __init__(self, kept: Kept, directory: Path) -> None:
        super().__init__(directory)
        self._owner = kept
        self._home = directory

    def path(self, name: str) -> str:
        """Where the file of that name is."""
        return str(self._home / name)

    def unlink(self, path: str) -> None:  # noqa: D102 - see BlobStore
        self._owner.unlink(path)

    def sweep(self, named: Container[str]) -> None:
        """Removes every other file: a process was killed when it was about to do that, or had begun it."""
        if self._home.is_dir():
            for path in self._home.iterdir():
                if str(path) not in named:
                    path.unlink()
