"""What `serve` has imported when its first call is answered: every start waits for each of these modules.

The lists may grow by what a start needs, and shrink by what it needs no more. What only later calls need is
imported where they need it: a service in its `lazy` method of `backend.backend.Backend`, anything else inside
the function that uses it.
"""

import json
import os
import subprocess
import sys

import grpc
import pytest

from aistudio_mock.runtime import certificates

OURS = """
aistudio_mock: app cli config doors environment folder_settings ground
aistudio_mock.backend: access addresses backend belonging call endpoints faults folders heard identity journal
aistudio_mock.backend: lasting lazy plans store
aistudio_mock.commands: console launch serve signals
aistudio_mock.domain: behaviours clock durations errors instant objects ports quotas settings
aistudio_mock.runtime: blobs certificates chance clocks
aistudio_mock.transport: admission contract routes
aistudio_mock.transport.grpc: arrival calls companions errors repeats server threads
aistudio_mock.transport.http: server
aistudio_protos: options pool
aistudio_protos.yandex.cloud.endpoint: api_endpoint_pb2 api_endpoint_service_pb2
"""
"""Our modules, by package; the packages themselves go with them."""

OTHERS = """
argparse bisect calendar datetime decimal fnmatch gc gettext google grpc hashlib ipaddress json msgspec
ntpath numbers pathlib platform random urllib uuid
"""
"""Packages beside what a bare gRPC server imports, the standard library's included."""

PROGRAM = """
import sys
import grpc, concurrent.futures.thread
from grpc import _server
bare = set(sys.modules)
import atexit, json
from aistudio_mock.cli import main

@atexit.register
def told():
    with open(sys.argv[1], "w") as file:
        json.dump(sorted(set(sys.modules) - bare), file)

sys.exit(main(["serve", "--json", "--grpc-port", "0", "--tls-port", "0", "--http-port", "0"]))
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """The modules of a server that was started with its defaults, answered one call, and was stopped."""
    home = tmp_path_factory.mktemp("home")
    made = certificates.load().ca_path.parent.parent
    (home / "aistudio-mock").symlink_to(made, target_is_directory=True)
    variables = {name: value for name, value in os.environ.items() if name != certificates.DIRECTORY_VARIABLE}
    found = home / "modules.json"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(found)],
        env=variables | {"XDG_CACHE_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            ready = json.loads(server.stdout.readline())
            with grpc.insecure_channel(ready["grpc"]) as channel:
                # The first call of the official SDK.
                reply = channel.unary_unary("/yandex.cloud.endpoint.ApiEndpointService/List")(b"", timeout=20)
        finally:
            server.terminate()
    assert reply
    return json.loads(found.read_text(encoding="utf-8"))


def test_the_modules_of_ours_on_the_start_path_are_those_listed(imported):
    listed = set()
    for line in OURS.strip().splitlines():
        package, _, modules = line.partition(": ")
        listed |= {f"{package}.{module}" for module in modules.split()}
    packages = {module.rpartition(".")[0] for module in listed}
    packages |= {parent for package in tuple(packages) for parent in parents(package)}
    assert {module for module in imported if module.startswith("aistudio_")} == listed | packages


def parents(package):
    """The packages that a package is in, itself included."""
    parts = package.split(".")
    return {".".join(parts[: count + 1]) for count in range(len(parts))}


def test_no_other_package_is_on_the_start_path_than_those_listed(imported):
    others = {module.partition(".")[0] for module in imported if not module.startswith("aistudio_")}
    assert {name for name in others if not name.startswith("_")} - set(OTHERS.split()) == set()
