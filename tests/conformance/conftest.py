"""A mock in this process and, beside it, an adapter that each module of tests names."""

import pytest

from aistudio_mock import MockServer
from tests.conformance.talking import case_of


@pytest.fixture(scope="module")
def mock():
    with MockServer() as mock:
        yield mock


@pytest.fixture
def folder(mock):
    return mock.folder()


@pytest.fixture
def client(adapter, mock, folder):
    """One process for all the tests of a module, as for all cases of a run."""
    with case_of(adapter, mock, folder) as client:
        yield client
