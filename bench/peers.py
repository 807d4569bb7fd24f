"""moto[server] and MiniStack beside ours: process start to first HTTP answer, and idle memory. Installs them.

They fake other services and more of them: this is to know the size of things, not a contest, and has no goals.
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

from bench.harness import Report, Sample, Subject, interleave
from bench.processes import PATIENCE, ROOT, environment, rss

REFERENCE, AGAIN = "aistudio-mock serve", "aistudio-mock serve again"
PACKAGES = ("moto[server]", "ministack")
_SLICES = 12
"""They take seconds to start."""


def run() -> Iterator[Report]:
    """One report; a minute, and what the installation takes."""
    with tempfile.TemporaryDirectory(prefix="aistudio-mock-bench-") as home:
        programs = _install(Path(home))
        moto, ministack = (str(programs / name) for name in ("moto_server", "ministack"))
        ours = (sys.executable, "-m", "aistudio_mock", "serve", "--grpc-port", "0", "--tls-port", "0")
        subjects = (
            Subject(REFERENCE, partial(_start, (*ours, "--http-port", "{port}"))),
            Subject(AGAIN, partial(_start, (*ours, "--http-port", "{port}"))),
            Subject("moto[server]", partial(_start, (moto, "-H", "127.0.0.1", "-p", "{port}"))),
            Subject("MiniStack", partial(_start, (ministack,))),
        )
        samples = interleave(subjects, slices=_SLICES)
        yield Report("Peers: process start to first HTTP answer", samples, REFERENCE, AGAIN, (), [_versions(programs)])


def _install(home: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
    programs = home / "venv" / "bin"
    # As the shell that runs the bench would install them: proxies and indexes included.
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return programs


def _versions(programs: Path) -> str:
    code = "from importlib.metadata import version as v; print(f'moto {v(\"moto\")}, ministack {v(\"ministack\")}')"
    return subprocess.run([programs / "python", "-c", code], capture_output=True, check=True, text=True).stdout.strip()


def _start(command: Sequence[str]) -> Sample:
    port = _free_port()
    # MiniStack binds every interface unless told, and may reach for Docker: kept to loopback and to itself.
    env = environment() | {"GATEWAY_PORT": str(port), "MINISTACK_HOST": "127.0.0.1"}
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
            time.sleep(0.3)
            return {"to first answer ms": (answered - began) * 1000, "idle RSS MiB": _rss_of_group(process.pid)}
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


def _rss_of_group(group: int) -> float:
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
