"""Child processes of the benches: started with one line of JSON for an answer, watched from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30.0
"""Seconds that a child has to say that it is ready."""

_CPUCLOCK_SCHED = 2  # Linux: the low bits of a process's clock id


class Child:
    """A Python program that prints one line of JSON when it is ready; for `with`."""

    def __init__(
        self, *arguments: str, talks: bool = False, variables: Mapping[str, str] | None = None
    ) -> None:
        """`talks`: asked by lines of JSON on stdin (see `ask`); `variables` go into its environment."""
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**environment(), **(variables or {})},
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready: Any = self._line()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, question: Mapping[str, Any]) -> Any:
        """Its answer to one question, both JSON."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._line()

    def cpu(self) -> float:
        """Seconds of CPU time that the process and its ended threads have used."""
        return time.clock_gettime((~self.pid << 3) | _CPUCLOCK_SCHED)

    def rss(self) -> float:
        """Resident memory in MiB."""
        return rss(self.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()

    def _line(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise RuntimeError(f"a child ended with {self._process.returncode}; its stderr says why")
        return json.loads(line)


def serve(*options: str) -> Child:
    """`aistudio-mock serve` with its defaults, on free ports."""
    ports = ("--grpc-port", "0", "--tls-port", "0", "--http-port", "0")
    return Child("-m", "aistudio_mock", "serve", "--json", "--log-level", "error", *ports, *options)


def bare(flavour: str, *modules: str) -> Child:
    """A bare grpcio server (see `bench.bare_server`) that imports `modules` first."""
    return Child("-m", "bench.bare_server", flavour, *modules)


def rss(pid: int) -> float:
    """Resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def environment() -> dict[str, str]:
    """Ours without what changes how Python and gRPC work: compiled files are kept, as pip makes them."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "GRPC_")) and name.upper() not in _PROXIES
    }


_PROXIES: Sequence[str] = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
