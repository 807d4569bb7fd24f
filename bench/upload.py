"""PUT of bodies to the storage, checked and stored, beside an HTTP server that does no more than keep them.

The floor (`python -m bench.upload FLAVOUR`) is an aiohttp server whose one handler computes the MD5 of a
body and writes it to a file, in its event loop, as it arrives; the body before it goes when the new one is
whole, as in any store that loses nothing. The same in a thread, a megabyte at a time, is shown beside it.
Files lie on tmpfs where there is one, so that nobody's disk is measured.
"""

import asyncio
import hashlib
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import grpc

from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from bench.harness import Goal, Report, Sample, Subject, interleave
from bench.processes import Child, serve

OURS = "aistudio-mock serve"
LOOP, THREAD = "bare, in the loop", "bare, in a thread"
PLANNED, RESENT = "parts as planned", "every part sent twice"
_MIB = 1 << 20
_GIB = 1024 * _MIB
_SIZES = {"1 MiB": (_MIB, 8), "64 MiB": (64 * _MIB, 1), "1 GiB": (_GIB, 1)}
"""Bytes of a body, and how many of them are one sample."""

_SLICES = {"1 MiB": 40, "64 MiB": 40, "1 GiB": 7}
_BUDGET = 400.0
"""Seconds for a size, on a machine that others use: a gigabyte takes two seconds, or twenty."""

_SLOWEST = 1 / 0.9
_ROOM = 6
"""So many of the biggest body have to fit where the files lie."""

_PARTS = 16
_SERVICE = "/yandex.cloud.ai.dataset.v1.DatasetService/"
KEY = (("authorization", "Api-Key a-key-of-forty-characters-as-real-ones-are"),)


def run() -> Iterator[Report]:
    """A report for each size of body, then one of what Finish costs."""
    with ExitStack() as stack:
        home = stack.enter_context(files_in_memory())
        ours = stack.enter_context(serve())
        floors = {
            LOOP: stack.enter_context(Child("-m", "bench.upload", "loop")),
            THREAD: stack.enter_context(Child("-m", "bench.upload", "thread")),
        }
        for name, (size, times) in _SIZES.items():
            if shutil.disk_usage(home).free < _ROOM * size:
                print(f"no room for bodies of {name} in {home}; left out", file=sys.stderr)
                continue
            subjects = [
                Subject(kind, partial(_sample, floor, f"{floor.ready['http']}/bench/body", size, times))
                for kind, floor in floors.items()
            ]
            again = Subject(f"{LOOP} again", subjects[0].sample)
            with Draft(ours) as draft:
                mine = Subject(OURS, partial(_sample, ours, draft.url(size), size, times))
                slices = interleave([*subjects, again, mine], slices=_SLICES[name], budget=_BUDGET)
            goals = (Goal(OURS, "ms", _SLOWEST),)
            yield Report(f"Upload: PUT of {name}", slices, LOOP, again.name, goals)
        yield _finishes(ours)


class Draft:
    """A draft of a running server, by raw calls; for `with`, where its bytes are not to stay."""

    def __init__(self, server: Child) -> None:
        self._target = server.ready["grpc"]
        request = wire.CreateDatasetRequest(
            name="bench", folder_id="b1gbench", task_type="TextToTextGeneration", upload_format="jsonlines"
        )
        self.id = self.call("Create", request, wire.CreateDatasetResponse).dataset_id

    def call(self, method: str, request: Any, reply: Any) -> Any:
        with grpc.insecure_channel(self._target) as channel:
            rpc = channel.unary_unary(_SERVICE + method, type(request).SerializeToString, reply.FromString)
            return rpc(request, metadata=KEY, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.call("Delete", wire.DeleteDatasetRequest(dataset_id=self.id), wire.DeleteDatasetResponse)

    def url(self, size: int) -> str:
        request = wire.GetUploadDraftUrlRequest(dataset_id=self.id, size_bytes=size)
        url: str = self.call("GetUploadDraftUrl", request, wire.GetUploadDraftUrlResponse).upload_url
        return url

    def part_urls(self, size: int, parts: int) -> Sequence[str]:
        request = wire.StartMultipartUploadDraftRequest(dataset_id=self.id, size_bytes=size, parts=parts)
        reply = self.call("StartMultipartUploadDraft", request, wire.StartMultipartUploadDraftResponse)
        urls: Sequence[str] = reply.multipart_upload_urls
        return urls


def _sample(server: Child, url: str, size: int, times: int) -> Sample:
    """Wall time of one PUT, from its first byte to its answer, and CPU time of the server."""
    body = memoryview(os.urandom(_MIB) * min(64, size // _MIB))
    with puts(url) as send:
        cpu, began = server.cpu(), time.perf_counter()
        for _ in range(times):
            send(url, body, size)
        return {
            "ms": (time.perf_counter() - began) * 1000 / times,
            "CPU ms": (server.cpu() - cpu) * 1000 / times,
        }


def _finishes(server: Child) -> Report:
    """A gigabyte in 16 parts: parts that came as planned lie in their place; one sent again is copied."""
    draft = Draft(server)
    subjects = (
        Subject(PLANNED, partial(_finish, draft, 1)),
        Subject(f"{PLANNED} again", partial(_finish, draft, 1)),
        Subject(RESENT, partial(_finish, draft, 2)),
    )
    title = f"Upload: Finish of 1 GiB in {_PARTS} parts"
    return Report(title, interleave(subjects, slices=5, budget=_BUDGET), PLANNED, f"{PLANNED} again")


def _finish(draft: Draft, times: int) -> Sample:
    body = memoryview(bytes(_GIB // _PARTS))
    etags = [_sent(url, body, times) for url in draft.part_urls(_GIB, _PARTS)]
    parts = [wire.UploadedPartInfo(part_num=n, etag=etag) for n, etag in enumerate(etags, 1)]
    request = wire.FinishMultipartUploadDraftRequest(dataset_id=draft.id, uploaded_parts=parts)
    began = time.perf_counter()
    draft.call("FinishMultipartUploadDraft", request, wire.FinishMultipartUploadDraftResponse)
    return {"ms": (time.perf_counter() - began) * 1000}


def _sent(url: str, body: memoryview, times: int) -> str:
    with puts(url) as send:
        for _ in range(times):
            etag = send(url, body, len(body))
    return etag


@contextmanager
def puts(url: str) -> Iterator[Callable[[str, memoryview, int], str]]:
    """PUTs over one connection: URL, what the body repeats, and its length, to the ETag of the answer."""
    parts = urlsplit(url)
    with (
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60) as connection,
        connection.makefile("rb") as answers,
    ):

        def send(target: str, body: memoryview, size: int) -> str:
            path = target.partition(parts.netloc)[2]
            head = f"PUT {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {size}\r\n\r\n"
            connection.sendall(head.encode())
            for begin in range(0, size, len(body)):
                connection.sendall(body[: size - begin])
            return _etag(answers)

        yield send


def _etag(answers: Any) -> str:
    """Reads one answer, whose body is empty."""
    status, etag, chunked = answers.readline(), "", False
    while line := answers.readline().strip():
        name, _, text = line.decode().partition(": ")
        etag = text if name.lower() == "etag" else etag
        chunked = chunked or name.lower() == "transfer-encoding"
    if chunked:
        answers.readline()
        answers.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"a PUT was answered {status!r}")
    return etag


@contextmanager
def files_in_memory() -> Iterator[Path]:
    """Where the children put their files: on tmpfs, if there is one."""
    memory = Path("/dev/shm")
    directory = memory if memory.is_dir() else None
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="aistudio-mock-bench-", dir=directory) as home:
        os.environ["TMPDIR"] = home
        try:
            yield Path(home)
        finally:
            os.environ.pop("TMPDIR")
            if before is not None:
                os.environ["TMPDIR"] = before


def _bare(flavour: str) -> None:
    from aiohttp import web  # noqa: PLC0415 - in the child only

    home = Path(tempfile.mkdtemp())
    worker = ThreadPoolExecutor(1) if flavour == "thread" else None

    async def put(request: web.Request) -> web.Response:
        md5 = hashlib.md5(usedforsecurity=False)
        with (home / "arriving").open("wb") as file:

            def keep(*chunks: bytes) -> None:
                for chunk in chunks:
                    md5.update(chunk)
                    file.write(chunk)

            if worker is None:
                async for chunk in request.content.iter_any():
                    keep(chunk)
            else:
                await _batched(request.content.iter_any(), worker, keep)
        (home / "arriving").replace(home / "body")
        return web.Response(headers={"Etag": f'"{md5.hexdigest()}"'})

    async def serving() -> None:
        app = web.Application()
        app.router.add_put("/{bucket}/{key:.+}", put)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listener).start()
        print(json.dumps({"http": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
        await asyncio.Event().wait()

    asyncio.run(serving())


async def _batched(chunks: Any, worker: ThreadPoolExecutor, keep: Callable[..., None]) -> None:
    """Keeps a megabyte while the next one arrives."""
    loop = asyncio.get_running_loop()
    running: asyncio.Future[None] = loop.create_future()
    running.set_result(None)
    batch, waiting = list[bytes](), 0
    async for chunk in chunks:
        batch.append(chunk)
        waiting += len(chunk)
        if waiting >= _MIB:
            await running
            running = loop.run_in_executor(worker, keep, *batch)
            batch, waiting = [], 0
    await running
    keep(*batch)


if __name__ == "__main__":
    _bare(sys.argv[1])
