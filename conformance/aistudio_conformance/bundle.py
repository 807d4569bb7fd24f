"""All that was seen in a run, on disk: enough to judge it again, and without any secret.

DIR/run.json, DIR/cases/CASE/{report.json, journal.jsonl, stderr.txt}, DIR/verdicts.jsonl and DIR/server.txt.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from aistudio_conformance.model import Report
from aistudio_conformance.play import Played
from aistudio_conformance.redaction import Redactor
from aistudio_conformance.reports import jsonl
from aistudio_conformance.results import Results, Run

VERSION = 1


class BundleError(Exception):
    """The directory is no bundle, or cannot become one. The message is one line."""


class Bundle(Struct, frozen=True):
    """A bundle that was read: the run, and what was seen of each of its cases."""

    run: Run
    cases: tuple[Played, ...]


class Writer:
    """Writes a bundle as its run goes, into a directory new or empty. All of it raises BundleError."""

    def __init__(self, folder: Path, run: Run) -> None:
        self._folder = folder
        if folder.is_dir() and any(folder.iterdir()):
            raise BundleError(f"{folder} is not empty; name a new directory for the bundle")
        self._write("run.json", _pretty(run))

    def add(self, played: Played) -> None:
        """What was seen of one case."""
        case = f"cases/{played.report.case}"
        self._write(f"{case}/report.json", _pretty(played.report))
        self._write(f"{case}/journal.jsonl", played.journal)
        self._write(f"{case}/stderr.txt", played.stderr.encode())

    def finish(self, results: Results, log: str) -> None:
        """The verdicts, when the run ended, and what the server printed."""
        self._write("server.txt", Redactor({}).text(log).encode())
        self._write("run.json", _pretty(results.run))
        self._write("verdicts.jsonl", b"".join(jsonl.lines(results)))

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise BundleError(f"{path} cannot be written: {error.strerror}") from None


def read(folder: Path) -> Bundle:
    """A bundle from its directory, with as many of its cases as are there. Raises BundleError."""
    try:
        run = msgspec.json.decode((folder / "run.json").read_bytes(), type=Run)
        if run.bundle != VERSION:
            raise BundleError(f"{folder} is a bundle of version {run.bundle}; this suite reads {VERSION}")
        return Bundle(run, tuple(_cases(folder, run)))
    except OSError as error:
        raise BundleError(f"{folder} is no bundle: {error.filename}: {error.strerror}") from None
    except msgspec.MsgspecError as problem:
        raise BundleError(f"{folder} is no bundle: {problem}") from None


def _cases(folder: Path, run: Run) -> Iterator[Played]:
    for case in run.cases:
        seen = folder / "cases" / case
        if seen.is_dir():  # else the run was ended before its turn
            report = msgspec.json.decode((seen / "report.json").read_bytes(), type=Report)
            stderr = (seen / "stderr.txt").read_text("utf-8", "replace")
            yield Played(report, (seen / "journal.jsonl").read_bytes(), stderr)


def _pretty(value: Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
