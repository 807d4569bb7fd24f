"""Which flavour of grpcio server (ADR 1): calls a second, CPU per call, the tail while 300 calls are held."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from bench.harness import Report, Subject, interleave
from bench.load import Load, Target
from bench.processes import Child, bare

FLAVOURS = {
    "sync, 512 lazy threads": "sync512",
    "the same again": "sync512",
    "sync, 4 threads": "sync4",
    "grpc.aio, coroutines": "aio",
    "grpc.aio, plain functions in threads": "aio-executor",
}
REFERENCE, AGAIN = tuple(FLAVOURS)[:2]
HELD = 300
_SLICE = 0.07


def run() -> Iterator[Report]:
    """Two reports of rates and one of the tail: a minute in all."""
    with ExitStack() as stack:
        load = stack.enter_context(Load())
        servers = {name: stack.enter_context(bare(flavour)) for name, flavour in FLAVOURS.items()}
        for concurrency, seconds in ((1, 16.0), (16, 18.0)):
            subjects = [_plain(load, name, server, concurrency) for name, server in servers.items()]
            yield Report(
                f"Server flavours: bytes for bytes, {concurrency} at a time",
                interleave(subjects, budget=seconds),
                REFERENCE,
                AGAIN,
            )
    yield _held()


def _held() -> Report:
    with ExitStack() as stack:
        load = stack.enter_context(Load())
        notes, subjects = [], []
        for name, flavour in FLAVOURS.items():
            server = stack.enter_context(bare(flavour))
            # Each idle server is measured beside itself with held calls.
            if flavour != "sync4":
                subjects.append(_plain(load, name, server, 1))
            if name != AGAIN:
                loaded = stack.enter_context(bare(flavour))
                notes.append(_hold(load, name, loaded))
                if flavour != "sync4":
                    subjects.append(_plain(load, f"{name}, {HELD} held", loaded, 1))
        samples = interleave(subjects, budget=22.0)
        return Report(
            f"Server flavours: plain calls while {HELD} are held", samples, REFERENCE, AGAIN, (), notes
        )


def _hold(load: Load, name: str, server: Child) -> str:
    load.slice(server, Target(server.ready["grpc"]), concurrency=1, seconds=0.1)
    before = server.rss()
    answers = load.hold(server.ready["grpc"], HELD)
    memory = f"{(server.rss() - before) / HELD * 1024:.0f} KiB a held call"
    return f"{name}: {memory if answers else f'answers nobody else while {HELD} calls are held'}"


def _plain(load: Load, name: str, server: Child, concurrency: int) -> Subject:
    target = Target(server.ready["grpc"])
    return Subject(name, partial(load.slice, server, target, concurrency=concurrency, seconds=_SLICE))
