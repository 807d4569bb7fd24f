"""OperationService/Get while the server is busy with a big file, against the same call while it is idle.

One server and one client for all: a slice of calls in an idle server, one during a scan (and conversion) of a
file, one during uploads of it. How long Validate takes to answer is measured on the way, and what a neighbour
costs that is no part of the server: the same uploads, into a bare HTTP server beside it.

`python -m bench.under_load --size 1024` chooses the size of the file in MiB.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import grpc

from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from aistudio_protos.yandex.cloud.operation import operation_pb2, operation_service_pb2
from bench.calls import finished_operation
from bench.harness import Goal, Report, Sample, Subject, interleave, table
from bench.load import Load
from bench.processes import Child, serve
from bench.upload import KEY, Draft, files_in_memory, puts
from bench.validation import FILES, written

IDLE, AGAIN = "idle", "idle again"
SCAN, UPLOAD, NEIGHBOUR = "during a scan", "during an upload", "an upload next door"
_MIB = 1 << 20
_SIZE = 256
_SLICES = 15
_BUDGET = 240.0
_MIB_PER_SECOND = 400
"""A slice of calls has to be over before the scan is; no scan and conversion is as fast as this."""

_SCAN_SLOWEST, _UPLOAD_SLOWEST, _VALIDATE_SLOWEST = 3.0, 6.0, 100.0
_PATIENCE = 300.0


def run(size: int = _SIZE) -> Iterator[Report]:
    """Get during work on files of `size` MiB; then Validate alone, of a small file and of that one."""
    with ExitStack() as stack:
        folder = stack.enter_context(files_in_memory())
        server = stack.enter_context(serve())
        neighbour = stack.enter_context(Child("-m", "bench.upload", "loop"))
        load = stack.enter_context(Load())
        _, row = FILES["chats of 1.2 KB a line"]
        bodies = {mib: written(folder / f"{mib}", row, mib * _MIB).read_bytes() for mib in (1, size)}
        body = bodies[size]
        calls = partial(
            load.slice, server, finished_operation(server), concurrency=1, seconds=size / _MIB_PER_SECOND
        )
        next_door = f"{neighbour.ready['http']}/bench/body"
        subjects = [
            Subject(IDLE, lambda: _latencies(calls())),
            Subject(AGAIN, lambda: _latencies(calls())),
            Subject(SCAN, partial(_scanning, server, body, calls)),
            Subject(UPLOAD, partial(_uploading_here, server, body, calls)),
            Subject(NEIGHBOUR, partial(_uploading, next_door, body, calls)),
        ]
        slices = interleave(subjects, slices=_SLICES, budget=_BUDGET)
        goals = (Goal(SCAN, "p99 us", _SCAN_SLOWEST), Goal(UPLOAD, "p99 us", _UPLOAD_SLOWEST))
        yield Report(f"Under load: OperationService/Get, files of {size} MiB", slices, IDLE, AGAIN, goals)
        yield _validates(server, bodies)


def _latencies(sample: Sample) -> Sample:
    return {name: sample[name] for name in ("p50 us", "p99 us", "rps")}


def _scanning(server: Child, body: bytes, calls: Callable[[], Sample]) -> Sample:
    with _validation(server, body) as (_, still_on):
        sample = _latencies(calls())
        if not still_on():
            raise RuntimeError("the scan was over before the calls were; choose a bigger --size")
        return sample


@contextmanager
def _validation(server: Child, body: bytes) -> Iterator[tuple[float, Callable[[], bool]]]:
    """A validation under way: the milliseconds that Validate took, and whether it is still on."""
    with Draft(server) as draft, grpc.insecure_channel(server.ready["grpc"]) as channel:
        url = draft.url(len(body))
        with puts(url) as send:
            send(url, memoryview(body), len(body))
        validate = _rpc(channel, "ai.dataset.v1.DatasetService/Validate", operation_pb2.Operation)
        grpc.channel_ready_future(channel).result(_PATIENCE)
        began = time.perf_counter()
        operation = validate(
            wire.ValidateDatasetRequest(dataset_id=draft.id), metadata=KEY, timeout=_PATIENCE
        )
        took = (time.perf_counter() - began) * 1000
        get = _rpc(channel, "operation.OperationService/Get", operation_pb2.Operation)
        request = operation_service_pb2.GetOperationRequest(operation_id=operation.id)
        held = get.future(request, metadata=KEY, timeout=_PATIENCE)  # answered when the scan is over
        yield took, lambda: not held.done()
        while not held.result().done:
            held = get.future(request, metadata=KEY, timeout=_PATIENCE)


def _rpc(channel: grpc.Channel, path: str, reply: Any) -> Any:
    return channel.unary_unary(
        f"/yandex.cloud.{path}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=reply.FromString,
    )


def _uploading_here(server: Child, body: bytes, calls: Callable[[], Sample]) -> Sample:
    with Draft(server) as draft:
        return _uploading(draft.url(len(body)), body, calls)


def _uploading(url: str, body: bytes, calls: Callable[[], Sample]) -> Sample:
    """Calls while the body is PUT, again and again."""
    enough, begun = threading.Event(), threading.Event()

    def upload() -> None:
        with puts(url) as send:
            while not enough.is_set():
                begun.set()
                send(url, memoryview(body), len(body))

    sender = threading.Thread(target=upload)
    sender.start()
    begun.wait(_PATIENCE)
    try:
        return _latencies(calls())
    finally:
        enough.set()
        sender.join()


def _validates(server: Child, bodies: dict[int, bytes]) -> Report:
    """How long Validate takes to answer; the worker is running already."""

    def sample(body: bytes) -> Sample:
        with _validation(server, body) as (took, _):
            return {"ms": took}

    small, big = bodies
    names = {f"{small} MiB": small, f"{small} MiB again": small, f"{big} MiB": big}
    subjects = [Subject(name, partial(sample, bodies[mib])) for name, mib in names.items()]
    slices = interleave(subjects, slices=_SLICES, budget=_BUDGET)
    first, again, _ = names
    goals = (Goal(f"{big} MiB", "ms", _VALIDATE_SLOWEST, "median"),)
    return Report("Under load: Validate answers", slices, first, again, goals)


def main() -> None:
    """Both tables, for files of a chosen size."""
    parser = argparse.ArgumentParser("python -m bench.under_load")
    parser.add_argument(
        "--size", type=int, default=_SIZE, metavar="MIB", help="of the file (default: %(default)s)"
    )
    for report in run(parser.parse_args().size):
        print(table(report), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
