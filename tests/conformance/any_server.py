"""A server of which the suite has an address, a folder and credentials, no more."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from aistudio_conformance.remote_target import Access

PROGRAM = Path(sys.executable).with_name("aistudio-mock")
PORTS = ("--grpc-port", "0", "--tls-port", "0", "--http-port", "0")


@contextmanager
def a_server(time):
    """A process of its own; what it says when it is up, and a token that it gave."""
    settings = ("--auth", "strict", "--time", time, "--set", "tunings-last-page=empty")
    with subprocess.Popen(
        [PROGRAM, "serve", "--json", *PORTS, *settings], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            ready = json.loads(server.stdout.readline())
            token = [PROGRAM, "token", "--http", ready["http"]]
            yield ready, subprocess.run(token, capture_output=True, text=True, check=True).stdout.strip()
        finally:
            server.terminate()


def access(ready, token):
    return Access(
        address=ready["tls"],
        roots=Path(ready["ca"]).read_bytes(),
        folder_id=ready["folder_id"],
        api_key=ready["api_key"],
        iam_token=token,
        poll_interval=0.01,
    )
