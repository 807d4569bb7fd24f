"""Importing the client loads gRPC and the contract, and nothing that only a server or few users need."""

import subprocess
import sys

HEAVY = {
    *("aistudio_mock", "aistudio_conformance", "aistudio_faults", "aistudio_formats"),
    *("aiohttp", "cryptography", "httpx", "matplotlib", "numpy", "pandas", "pyarrow", "rapidfuzz", "rich"),
    *("trustme", "zipfile", "shutil", "tempfile", "pathlib", "hashlib", "secrets"),
}
PROBE = "import sys, {0}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def loaded(module):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(module)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_client_loads_nothing_heavy():
    assert (loaded("aistudio_client") - loaded("grpc")) & HEAVY == set()


def test_the_probe_sees_what_is_loaded():
    assert {"httpx", "pathlib"} <= loaded("httpx")
