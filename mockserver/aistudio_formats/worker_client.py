"""Dataset jobs off the server's main thread: small files in one thread, big ones in one worker process.

A big scan holds the interpreter lock long enough to be felt by every other call, so it gets a process of its
own, started for the first big file only. Imports no big library.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self

from aistudio_formats import report
from aistudio_formats.report import Outcome

SMALL = 1 << 20
"""Files up to this many bytes are done in this process."""


FRUGAL = {"ARROW_DEFAULT_MEMORY_POOL": "jemalloc" if sys.platform == "linux" else "system"}
"""Variables of the worker, for a quarter less memory at its peak in the same time.

Arrow's usual allocator keeps what it was given back. Of pyarrow's wheels only those for Linux are sure to
have jemalloc.
"""


class JobFailed(RuntimeError):
    """The job could not be done, for a reason that is not in the file's rows: a missing path, a full disk."""


class WorkerDied(JobFailed):
    """The worker process ended in the middle of the job. Later jobs get a new one."""


class Scanner:
    """Runs jobs one at a time in each of its two places; futures finish on its threads.

    `submit` never blocks. `close` it, or use it as a context manager.
    """

    def __init__(self, small: int = SMALL) -> None:
        self._small = small
        self._here = ThreadPoolExecutor(1, "aistudio-scan")
        self._there = ThreadPoolExecutor(1, "aistudio-scan-worker")
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[str] | None = None
        self._closed = False
        self._count = 0

    def submit(
        self, source: str | Path, target: str | Path, task_type: str, first_row: Literal[0, 1] = 1
    ) -> "Future[Outcome]":
        """Scan `source` and, if valid, write its stored form to `target`.

        The future raises JobFailed (a path cannot be read or written) or WorkerDied.

        Raises:
            RuntimeError: the scanner is closed.
        """
        if self._closed:
            raise RuntimeError("the scanner is closed; it takes no more jobs")
        self._count += 1
        request = {
            "id": self._count,
            "source": str(Path(source).absolute()),
            "target": str(Path(target).absolute()),
            "task_type": task_type,
            "first_row": first_row,
        }
        if _size(source) <= self._small:
            return self._here.submit(_do_here, request)
        return self._there.submit(self._do_there, request)

    def close(self) -> None:
        """End the worker and both threads: a job in the worker fails, jobs not begun are cancelled."""
        with self._lock:
            self._closed = True
            if self._worker:
                self._worker.kill()
        for place in (self._here, self._there):
            place.shutdown(wait=True, cancel_futures=True)
        self._discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do_there(self, request: Mapping[str, Any]) -> Outcome:
        import json  # noqa: PLC0415  only when a job needs it

        worker = self._running()
        assert worker.stdin
        assert worker.stdout
        try:
            worker.stdin.write(json.dumps(request) + "\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line.endswith("\n"):
            raise WorkerDied(f"{self._how_it_ended()} while scanning {request['source']}; submit it again")
        return _outcome(json.loads(line))

    def _running(self) -> "subprocess.Popen[str]":
        """The worker; a new one if there is none or it has died while idle."""
        if self._worker and self._worker.poll() is not None:
            self._discard()
        with self._lock:
            if self._closed:
                raise WorkerDied("the scanner was closed before the job began")
            if self._worker is None:
                self._worker = _start()
            return self._worker

    def _how_it_ended(self) -> str:
        code = self._discard()
        return "the scanner was closed" if self._closed else f"the scan worker died (exit code {code})"

    def _discard(self) -> int | None:
        """Reap the worker, if any, and return its exit code."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is None:
            return None
        worker.kill()
        with suppress(BrokenPipeError), worker:  # what is unsent has nobody to read it
            pass
        return worker.returncode


def _size(path: str | Path) -> int:
    """Bytes of the file; a path that cannot be looked at is small, and fails where the job does."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _do_here(request: Mapping[str, Any]) -> Outcome:
    from aistudio_formats import worker  # noqa: PLC0415  only when a job needs it

    return _outcome(worker.answer(request))


def _outcome(answer: Mapping[str, Any]) -> Outcome:
    if "error" in answer:
        raise JobFailed(answer["error"])
    return report.from_json(answer["outcome"])


def _start() -> "subprocess.Popen[str]":
    """A worker on this interpreter that finds this package and is spared the parent's Python settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") or name == "PYTHONHOME"
    }
    here = str(Path(__file__).resolve().parent.parent)
    path = [entry for entry in sys.path if entry]
    return subprocess.Popen(
        [sys.executable, "-P", "-X", "utf8", "-m", "aistudio_formats.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=FRUGAL | kept | {"PYTHONPATH": os.pathsep.join(path if here in path else [*path, here])},
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C at a terminal is the server's to handle
    )
