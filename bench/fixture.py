"""`with MockServer()` in a process that is warm: the time to start it and to stop it, as a test fixture does.

The child (`python -m bench.fixture`) makes and ends one server for each line on stdin.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection
from typing import Any

import grpc

from bench.harness import Goal, Report, Sample, Subject, interleave
from bench.processes import Child
from bench.start import FIRST_CALL

REFERENCE, AGAIN = "MockServer, one call", "MockServer, one call again"
KINDS = {
    REFERENCE: "called",
    AGAIN: "called",
    "MockServer, not used": "unused",
    "MockServer, gRPC and HTTP used": "both",
    "bare grpcio server, one call": "bare",
}


def run() -> Iterator[Report]:
    """One report: 40 servers of each kind, in one process."""
    with Child("-m", "bench.fixture", talks=True) as child:
        subjects = [Subject(name, partial(_ask, child, kind)) for name, kind in KINDS.items()]
        yield Report(
            "Fixture: with MockServer() in a warm process",
            interleave(subjects),
            REFERENCE,
            AGAIN,
            (Goal(REFERENCE, "start ms", 15, "median"), Goal(REFERENCE, "stop ms", 20, "median")),
        )


def _ask(child: Child, kind: str) -> Sample:
    sample: Sample = child.ask({"kind": kind})
    return sample


def _mock(use: Callable[[Any], None]) -> Sample:
    from aistudio_mock import MockServer  # noqa: PLC0415 - in the child only

    began = time.perf_counter()
    with MockServer() as mock:
        started = time.perf_counter()
        use(mock)
        stopping = time.perf_counter()
    return _times(began, started, stopping)


def _bare() -> Sample:
    from bench.bare_server import sync_server  # noqa: PLC0415

    began = time.perf_counter()
    server, port = sync_server(512)
    started = time.perf_counter()
    _call(f"127.0.0.1:{port}", "/bench/plain")
    stopping = time.perf_counter()
    server.stop(grace=0.5).wait()
    return _times(began, started, stopping)


def _times(began: float, started: float, stopping: float) -> Sample:
    return {"start ms": (started - began) * 1000, "stop ms": (time.perf_counter() - stopping) * 1000}


def _call(address: str, path: str) -> None:
    with grpc.insecure_channel(address) as channel:
        channel.unary_unary(path)(b"", timeout=10)


def _call_mock(mock: Any) -> None:
    _call(mock.endpoint, FIRST_CALL)


def _use_both(mock: Any) -> None:
    _call_mock(mock)
    connection = HTTPConnection(mock.http_url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/no-such-bucket/key")
    connection.getresponse().read()
    connection.close()


_DONE: dict[str, Callable[[], Sample]] = {
    "unused": lambda: _mock(lambda _: None),
    "called": lambda: _mock(_call_mock),
    "both": lambda: _mock(_use_both),
    "bare": _bare,
}


def _answer() -> None:
    for done in _DONE.values():
        done()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(_DONE[json.loads(line)["kind"]]()), flush=True)


if __name__ == "__main__":
    _answer()
