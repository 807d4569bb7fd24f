"""A server whose time stands still, a folder of the test's own in it, and a raw client of that folder."""

import socket

import pytest

from aistudio_mock import MockServer
from tests.wire import state_parts, steps
from tests.wire.stubs import Client


@pytest.fixture(scope="module")
def mock():
    with MockServer(time="manual") as running:
        yield running


@pytest.fixture
def folder(mock):
    return mock.folder()


@pytest.fixture
def client(mock, folder):
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as connected:
        yield connected


@pytest.fixture
def nothing_changes(client, folder):
    """After the test the folder holds what it held when this was called."""
    with steps.unchanged(client, folder) as begin:
        yield begin


@pytest.fixture(name="directory")
def _directory(tmp_path):
    return tmp_path / "state"


@pytest.fixture(name="http_port", scope="module")
def _http_port():
    # The same for every server: a presigned URL names its port.
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture(name="running")
def _running(directory, http_port):
    return lambda time="manual", **options: state_parts.running(directory, http_port, time, options)
