"""A directory's database: rows that are there whole after every `write`, however the process ends.

SQLite with a write-ahead log. A process that is killed loses nothing that was written; when the power fails,
the last writes may be gone, but never a part of one (docs/adr/0011).
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

FORMAT = 1
"""The version of what is written. What is newer is refused."""

NAME = "state.sqlite"
_OURS = 0x41694D6B
"""What marks a database as ours."""

_PRESENT_ANYWHERE = frozenset({"lost+found", ".gitkeep", ".gitignore"})
"""What a directory may hold that is as good as empty."""

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
    kind TEXT, id TEXT, number INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
"""


class StateError(OSError):
    """The directory cannot be used, or not any more. The message is one line and says what to do."""


class FullError(StateError):
    """There is no room for what is to be written."""


class Row(Struct, frozen=True):
    """One record; `number` orders those of a kind. Without data it is removed."""

    kind: str
    id: str
    number: int = 0
    data: bytes | None = None


class Database:
    """The database of a directory, which no other process can open meanwhile. From one thread at a time."""

    def __init__(self, directory: Path) -> None:
        """Makes what is not there. Raises StateError."""
        self.directory = directory
        try:
            _require_ours(directory)
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = directory / NAME
            # It holds keys: nobody else's to read.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        except OSError as problem:
            if isinstance(problem, StateError):
                raise
            if isinstance(problem, FileExistsError):
                raise StateError(
                    f"--state {directory} is not a directory; name an empty directory, or a new one"
                ) from None
            raise StateError(
                f"--state {directory}: {problem.strerror}; name a directory that can be written"
            ) from None
        try:
            self.run = self._begin()
        except sqlite3.Error as problem:
            self._connection.close()
            raise _explained(directory, problem) from None
        except StateError:
            self._connection.close()
            raise

    def meta(self, name: str, first: bytes) -> bytes:
        """What is kept under that name; from the first time on, `first`. Raises StateError."""
        try:
            found = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
            if found is None:
                found = (first,)
                self._connection.execute("INSERT INTO meta VALUES (?, ?)", (name, first))
        except sqlite3.Error as problem:
            raise _explained(self.directory, problem) from None
        value: bytes = found[0]
        return value

    def set_meta(self, name: str, value: bytes) -> None:
        """Keeps a value under a name. Raises StateError."""
        try:
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
        except sqlite3.Error as problem:
            raise _explained(self.directory, problem) from None

    def rows(self, kind: str) -> Iterator[tuple[str, int, bytes]]:
        """Id, number and data of every record of a kind, by number. Raises StateError."""
        try:
            yield from self._connection.execute(
                "SELECT id, number, data FROM records WHERE kind = ? ORDER BY number, id", (kind,)
            )
        except sqlite3.Error as problem:
            raise _explained(self.directory, problem) from None

    def damaged(self, what: str) -> StateError:
        """What there is to say of a row that cannot be read."""
        return StateError(f"--state {self.directory}: {_DAMAGED} ({what})")

    def write(self, rows: Iterable[Row]) -> None:
        """Writes all rows, or none where it raises StateError."""
        execute = self._connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            for row in rows:
                if row.data is None:
                    execute("DELETE FROM records WHERE kind = ? AND id = ?", (row.kind, row.id))
                else:
                    execute(
                        "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
                        (row.kind, row.id, row.number, row.data),
                    )
            execute("COMMIT")
        except sqlite3.Error as problem:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise _explained(self.directory, problem) from None

    def close(self) -> None:
        """Lets others open it."""
        self._connection.close()

    def _begin(self) -> int:
        """Settles what the file is, and counts one more run."""
        execute = self._connection.execute
        # Exclusive: a second server is refused, and no memory is shared by way of a file.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        execute("BEGIN IMMEDIATE")
        (mark,), (version,) = (
            execute("PRAGMA application_id").fetchone(),
            execute("PRAGMA user_version").fetchone(),
        )
        if (mark, version) == (0, 0) and not execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _TABLES.split(";"):
                execute(statement)
            execute(f"PRAGMA application_id = {_OURS}")
            execute(f"PRAGMA user_version = {FORMAT}")
        elif mark != _OURS:
            raise StateError(
                f"--state {self.directory}: {NAME} in it is not aistudio-mock's; name another directory"
            )
        elif version > FORMAT:
            raise StateError(
                f"--state {self.directory} was written in format {version}, and this aistudio-mock reads "
                f"formats up to {FORMAT}; install the version that wrote it, or name another directory"
            )
        found = execute("SELECT value FROM meta WHERE name = 'run'").fetchone()
        run = int(found[0]) + 1 if found else 1
        execute("INSERT OR REPLACE INTO meta VALUES ('run', ?)", (str(run).encode(),))
        execute("COMMIT")
        return run


def _require_ours(directory: Path) -> None:
    if not directory.is_dir() or (directory / NAME).exists():
        return
    foreign = sorted(one.name for one in directory.iterdir() if one.name not in _PRESENT_ANYWHERE)
    if foreign:
        raise StateError(
            f"--state {directory} holds something else ({foreign[0]}); name an empty directory, or a new one"
        )


def _explained(directory: Path, problem: sqlite3.Error) -> StateError:
    # The extended codes have the plain one in their lowest byte.
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return FullError(f"--state {directory}: the disk is full; make room there")
    kind = _KINDS.get(code, f"it cannot be read or written ({problem}); see whether the disk works")
    return StateError(f"--state {directory}: {kind}")


_DAMAGED = f"{NAME} in it is damaged; put back a copy of the directory, or name another one"
_KINDS = {
    sqlite3.SQLITE_BUSY: "another aistudio-mock is using it; stop that one, or name another directory",
    sqlite3.SQLITE_READONLY: "it can only be read; name a directory that can be written",
    sqlite3.SQLITE_CANTOPEN: f"{NAME} in it cannot be opened; name a directory that can be read and written",
    **dict.fromkeys(
        (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
        _DAMAGED,
    ),
}
