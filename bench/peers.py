"""moto[server] and MiniStack beside ours: process start to first answer, and idle memory. Installs them.

They fake other services and more of them: this is to know the size of things, no contest, and has no goals.
Each gets the newest release from the package index, in an environment of its own that is removed afterwards.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import grpc

from bench.harness import Report, Sample, Subject, interleave
from bench.processes import PATIENCE, ROOT, environment, rss, serve
from bench.start import FIRST_CALL

REFERENCE, AGAIN = "aistudio-mock serve, HTTP", "aistudio-mock serve, HTTP again"
PACKAGES = ("moto[server]", "ministack")
_SLICES = 12
_SETTLED = 0.3
"""Seconds from the first answer to the look at the memory."""


def run() -> Iterator[Report]:
    """One report; a minute, and what the installation takes."""
    with tempfile.TemporaryDirectory(prefix="aistudio-mock-bench-") as home:
        programs = _install(Path(home))
        moto, ministack = (str(programs / name) for name in ("moto_server", "ministack"))
        ours = (sys.executable, "-m", "aistudio_mock", "serve", "--grpc-port", "0", "--tls-port", "0")
        subjects = (
            Subject(REFERENCE, partial(_start, (*ours, "--http-port", "{port}"))),
            Subject(AGAIN, partial(_start, (*ours, "--http-port", "{port}"))),
            Subject("aistudio-mock serve, gRPC", _start_grpc),
            Subject("moto[server], HTTP", partial(_start, (moto, "-H", "127.0.0.1", "-p", "{port}"))),
            Subject("MiniStack, HTTP", partial(_start, (ministack,))),
        )
        samples = interleave(subjects, slices=_SLICES)
        notes = [_versions(programs), "ours imports its HTTP side when the first HTTP client comes"]
        yield Report("Peers: process start to first answer", samples, REFERENCE, AGAIN, (), notes)


def _install(home: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
    programs = home / "venv" / "bin"
    # As the shell that runs the bench would install them: proxies and indexes included.
    subprocess.run([programs / "python", "-m", "pip", "install", "-qq", *PACKAGES], check=True)
    return programs


def _versions(programs: Path) -> str:
    code = (
        "from importlib.metadata import version as v; print('moto', v('moto'), 'ministack', v('ministack'))"
    )
    found = subprocess.run([programs / "python", "-c", code], capture_output=True, check=True, text=True)
    return found.stdout.strip()


def _start_grpc() -> Sample:
    with serve() as server, grpc.insecure_channel(server.ready["grpc"]) as channel:
        channel.unary_unary(FIRST_CALL)(b"", timeout=PATIENCE)
        answered = time.perf_counter()
        time.sleep(_SETTLED)
        return {"to first answer ms": (answered - server.began) * 1000, "idle RSS MiB": server.rss()}


def _start(command: Sequence[str]) -> Sample:
    port = _free_port()
    # MiniStack is told by the environment; by itself it listens on every interface.
    env = environment() | {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    began = time.perf_counter()
    with subprocess.Popen(
        [part.format(port=port) for part in command],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            _first_answer(process, port)
            answered = time.perf_counter()
            time.sleep(_SETTLED)
            return {"to first answer ms": (answered - began) * 1000, "idle RSS MiB": _rss_of(process.pid)}
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _first_answer(process: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, HTTPException):
            time.sleep(0.005)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError(f"{process.args!r} did not answer on port {port}")


def _rss_of(group: int) -> float:
    """Resident memory of a program and the processes it has started."""
    found = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # After the name, which may hold blanks: state, parent, process group.
            if int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[2]) == group:
                found += rss(int(stat.parent.name))
        except (OSError, ValueError):  # it has ended meanwhile
            continue
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
