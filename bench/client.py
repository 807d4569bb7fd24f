"""The reference client: what importing it costs, and 1 GiB sent in four parallel streams beside a bare loop.

Children (`python -m bench.client KIND …`) send one file in the same parts to the same server. The bare one is
httpx with four threads and nothing else: no MD5, no retries, no progress.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from bench.harness import Goal, Report, Sample, Subject, interleave
from bench.processes import ROOT, Child, environment, serve
from bench.upload import Draft, files_in_memory

IMPORT_GRPC, IMPORT_OURS = "import grpc", "import aistudio_client"
BARE, OURS, AWAITED = "bare httpx, 4 threads", "aistudio_client", "aistudio_client, awaited"
_MIB = 1 << 20
_SIZE, _PART, _PARALLEL = 1 << 30, 64 * _MIB, 4
_ROOM = 3
_BUDGET = 300.0


def run() -> Iterator[Report]:
    """A report on imports, and one on the upload."""
    imports = {name: partial(_import, name) for name in (IMPORT_GRPC, IMPORT_OURS)}
    again = Subject(f"{IMPORT_GRPC} again", imports[IMPORT_GRPC])
    subjects = [*(Subject(name, sample) for name, sample in imports.items()), again]
    goals = (Goal(IMPORT_OURS, "CPU ms", 1.5),)
    yield Report("Client: import", interleave(subjects), IMPORT_GRPC, again.name, goals)
    with files_in_memory() as home, serve() as server:
        if shutil.disk_usage(home).free < _ROOM * _SIZE:
            print(f"no room for 1 GiB in {home}; left out", file=sys.stderr)
            return
        file = home / "data.jsonl"
        _write(file)
        kinds = {BARE: "bare", f"{BARE} again": "bare", OURS: "ours", AWAITED: "awaited"}
        made = [Subject(name, partial(_upload, server, kind, file)) for name, kind in kinds.items()]
        speed = tuple(Goal(name, "ms", 1 / 0.8) for name in (OURS, AWAITED))
        memory = tuple(Goal(name, "peak MiB", 100 * 1e6 / _MIB, "median") for name in (OURS, AWAITED))
        slices = interleave(made, slices=7, budget=_BUDGET)
        yield Report(
            "Client: upload of 1 GiB, 4 parts at once", slices, BARE, f"{BARE} again", speed + memory
        )


def _import(statement: str) -> Sample:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], cwd=ROOT, env=environment(), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"CPU ms": (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000}


def _write(path: Path) -> None:
    row = json.dumps({"anchor": "a" * 500, "positive": "b" * 500}).encode() + b"\n"
    block = row * (_MIB // len(row))
    with path.open("wb") as file:
        while file.tell() < _SIZE:
            file.write(block)
        file.truncate(_SIZE)


def _upload(server: Child, kind: str, file: Path) -> Sample:
    if kind != "bare":
        return _child(kind, server.ready["grpc"], str(file))
    with Draft(server) as draft:
        return _child(kind, server.ready["grpc"], str(file), *draft.part_urls(_SIZE, _SIZE // _PART))


def _child(*arguments: str) -> Sample:
    with Child("-m", "bench.client", *arguments) as child:
        sample: Sample = child.ready
        return sample


def _sent_bare(_: str, file: str, *urls: str) -> float:
    import httpx  # noqa: PLC0415 - in this child only

    with httpx.Client(timeout=60) as http, open(file, "rb") as source:  # noqa: PTH123

        def put(part: int) -> None:
            def body() -> Iterator[bytes]:
                for begin in range(part * _PART, (part + 1) * _PART, _MIB):
                    yield os.pread(source.fileno(), _MIB, begin)

            http.put(urls[part], content=body(), headers={"Content-Length": str(_PART)}).raise_for_status()

        began = time.perf_counter()
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(put, range(len(urls))))
        return time.perf_counter() - began


class _Sent(BaseException):
    """The bytes are there: the rest of an upload is not measured, and the draft goes."""


class _Watch:
    """Ends an upload as soon as its bytes are sent."""

    seconds = 0.0

    def __call__(self, told: Any) -> None:
        if told.what == "upload" and told.is_over and not self.seconds:
            self.seconds = told.elapsed
            raise _Sent


def _options(watch: _Watch) -> dict[str, Any]:
    return {"api_key": "AQVNbench", "plaintext": True, "progress": watch}


_HOW: dict[str, Any] = {
    "task_type": "TextEmbeddingsPair",
    "part_size": _PART,
    "parallel": _PARALLEL,
    "check": False,
}


def _sent_ours(address: str, file: str) -> float:
    from aistudio_client import AIStudio  # noqa: PLC0415

    watch = _Watch()
    with AIStudio("b1gbench", endpoint=address, **_options(watch)) as studio:
        try:
            studio.datasets.upload(file, **_HOW)
        except _Sent:
            return watch.seconds
    raise AssertionError


def _sent_awaited(address: str, file: str) -> float:
    import asyncio  # noqa: PLC0415

    from aistudio_client import AsyncAIStudio  # noqa: PLC0415

    async def send() -> float:
        watch = _Watch()
        async with AsyncAIStudio("b1gbench", endpoint=address, **_options(watch)) as studio:
            try:
                await studio.datasets.upload(file, **_HOW)
            except _Sent:
                return watch.seconds
        raise AssertionError

    return asyncio.run(send())


_KINDS: dict[str, Callable[..., float]] = {"bare": _sent_bare, "ours": _sent_ours, "awaited": _sent_awaited}

if __name__ == "__main__":
    seconds = _KINDS[sys.argv[1]](*sys.argv[2:])
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (used.ru_utime + used.ru_stime) * 1000
    print(json.dumps({"ms": seconds * 1000, "CPU ms": cpu, "peak MiB": used.ru_maxrss / 1024}), flush=True)
