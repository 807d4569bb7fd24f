"""`%load_ext aistudio_mock` in a real IPython shell, in a process of its own as a kernel is."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("IPython")

SHELL = """
import json, os, sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for cell in json.load(sys.stdin):
    shell.run_cell(cell).raise_error()
"""

REACH = """
import grpc, os
credentials = grpc.ssl_channel_credentials()
with grpc.secure_channel(os.environ["YC_API_ENDPOINT"], credentials) as channel:
    reply = channel.unary_unary("/yandex.cloud.endpoint.ApiEndpointService/List")(b"", timeout=20)
print("answered", len(reply) > 100)
"""

USE = """
import grpc
channel = grpc.secure_channel("localhost:1", grpc.ssl_channel_credentials())
try:
    channel.unary_unary("/a/b")(b"", timeout=20)
except grpc.RpcError:
    pass
channel.close()
"""

SHOW = "print([os.environ.get(name) for name in ('YC_API_ENDPOINT', 'YC_FOLDER_ID', 'YC_TOKEN')])"


@pytest.fixture(name="cells")
def _cells(tmp_path):
    """Runs cells one after the other; what they printed."""
    own = {"IPYTHONDIR": str(tmp_path), "AISTUDIO_MOCK_CA_DIR": str(tmp_path / "ca"), "YC_TOKEN": "real"}
    foreign = ("YC_", "GRPC_", "AISTUDIO_", "SSL_CERT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}

    def cells(*sources):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", SHELL],
            input=json.dumps(["import os", *sources]),
            env=kept | own,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return cells


def test_a_kernel_is_redirected_and_given_back(cells):
    told = cells("%load_ext aistudio_mock", SHOW, REACH, "%unload_ext aistudio_mock", SHOW).splitlines()
    ready, during, answered, after = told
    assert ready.startswith("aistudio-mock is ready: this kernel talks to 127.0.0.1:")
    address = ready.split()[7].rstrip(",")
    assert during == str([address, "b1gaistudiomock00000", None])
    assert answered == "answered True"
    assert after == str([None, None, "real"])


def test_an_unloaded_mock_does_not_answer_any_more(cells):
    told = cells(
        "%load_ext aistudio_mock",
        "import socket; host, _, port = os.environ['YC_API_ENDPOINT'].partition(':')",
        "%unload_ext aistudio_mock",
        "print(socket.socket().connect_ex((host, int(port))) != 0)",
    )
    assert told.splitlines()[-1] == "True"


def test_loading_again_and_reloading_work(cells):
    told = cells(
        "%load_ext aistudio_mock", "%load_ext aistudio_mock", "%reload_ext aistudio_mock", REACH
    ).splitlines()
    assert [line for line in told if "is ready" in line] == [told[0], told[-2]]
    assert "already loaded" in told[1]
    assert told[-1] == "answered True"


def test_a_kernel_that_has_used_grpc_with_tls_is_told_that_it_is_too_late(cells):
    told = cells(USE, "%load_ext aistudio_mock")
    assert "it is too late for this kernel: gRPC has already read its root certificates" in told
    assert "Restart the kernel and make `%load_ext aistudio_mock` its first cell." in told


def test_a_kernel_that_has_only_imported_grpc_is_in_time(cells):
    told = cells("import grpc", "%load_ext aistudio_mock", REACH)
    assert "too late" not in told
    assert told.splitlines()[-1] == "answered True"
