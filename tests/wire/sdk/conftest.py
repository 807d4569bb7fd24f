"""A server and the official SDK in a quiet environment, a folder of the test's own, and drafts of files."""

import pytest

from aistudio_mock import MockServer
from tests.wire.sdk_clients import CLASSES, Sdk
from tests.wire.sdk_parts import KIND, client, quiet, row

GOOD = row("Кто ты?", "Я")


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with quiet(tmp_path_factory.mktemp("ca")), MockServer() as running:
        yield running


@pytest.fixture
def sdk(mock, folder):
    """The blocking client of the new package."""
    return client(mock, folder.id, folder.api_key)


@pytest.fixture(params=CLASSES, ids=lambda name: name.rpartition(".")[2])
def any_sdk(request, mock):
    """Each of its four clients."""
    opened = Sdk(request.param, mock)
    yield opened
    opened.close()


@pytest.fixture
def draft(tmp_path):
    """A local draft of a file, one good row if nothing else is said."""

    def draft(sdk, name="train", text=GOOD):
        path = tmp_path / f"{name}.jsonl"
        path.write_text(text, encoding="utf-8")
        return sdk.datasets.draft_from_path(path, name=name, **KIND)

    return draft
