"""A server whose time stands still, a folder of the test's own in it, and a raw client of that folder."""

import pytest

from aistudio_mock import MockServer
from tests.wire import steps
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
