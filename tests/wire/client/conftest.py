"""A server whose operations end at their first poll, a folder of the test's own, and both clients of it."""

import pytest

from aistudio_mock import MockServer
from tests.wire.client.parts import Studios


@pytest.fixture(scope="package")
def mock():
    with MockServer() as running:
        yield running


@pytest.fixture
def folder(mock):
    return mock.folder()


@pytest.fixture(params=["sync", "async"])
def studios(request):
    made = Studios(request.param)
    yield made
    made.close()


@pytest.fixture
def studio(studios, mock, folder):
    return studios.of(mock, folder)
