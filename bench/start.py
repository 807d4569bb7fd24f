"""Process start to first answered RPC: `aistudio-mock serve` with its defaults, beside a bare server."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import grpc

from bench.harness import Goal, Report, Sample, Subject, interleave
from bench.processes import ROOT, Child, bare, environment, serve

OURS, REFERENCE, AGAIN = "aistudio-mock serve", "bare grpcio, sync", "bare grpcio, sync again"
LIBRARIES = "the same with our libraries"
_LIBRARIES = ("aistudio_protos.pool", "msgspec", "argparse", "pathlib", "json", "hashlib", "secrets")
"""What `serve` cannot do without, and a bare server can."""

FIRST_CALL = "/yandex.cloud.endpoint.ApiEndpointService/List"
"""The first call of the official SDK; it needs no credentials."""

NEEDLESS = (
    *("aiohttp", "cryptography", "email", "fractions", "google_crc32c", "http", "pyarrow"),
    *("rapidfuzz", "tempfile", "trustme", "zipfile"),
)
"""What nothing needs before the first call."""


def run() -> Iterator[Report]:
    """One report: wall time and CPU time, 40 starts of each."""
    subjects = (
        Subject(REFERENCE, partial(_start, partial(bare, "sync512"), "/bench/plain")),
        Subject(AGAIN, partial(_start, partial(bare, "sync512"), "/bench/plain")),
        Subject(LIBRARIES, partial(_start, partial(bare, "sync512", *_LIBRARIES), "/bench/plain")),
        Subject(OURS, partial(_start, serve, FIRST_CALL)),
    )
    goals = (Goal(OURS, "to first answer ms", 1.5),)
    yield Report(
        "Start: process start to first answered RPC",
        interleave(subjects),
        REFERENCE,
        AGAIN,
        goals,
        tuple(_imports()),
    )


def _start(start: Callable[[], Child], path: str) -> Sample:
    with start() as server, grpc.insecure_channel(server.ready["grpc"]) as channel:
        ready = time.perf_counter()
        channel.unary_unary(path)(b"", timeout=10)
        return {
            "to first answer ms": (time.perf_counter() - server.began) * 1000,
            "to ready line ms": (ready - server.began) * 1000,
            "CPU ms": server.cpu() * 1000,
            "RSS MiB": server.rss(),
        }


def _imports() -> Iterator[str]:
    """What `serve` imports before it serves, as far as it need not."""
    probe = (
        "import json, sys\n"
        "before = set(sys.modules)\n"
        "import aistudio_mock.commands.serve, aistudio_mock.cli, aistudio_mock.app\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, env=environment(), capture_output=True, check=True, text=True
    )
    modules = set(json.loads(found.stdout))
    needless = ", ".join(sorted(modules & set(NEEDLESS))) or "none"
    yield f"modules imported by serve: {len(modules)}, of them not needed before the first call: {needless}"
