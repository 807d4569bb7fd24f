"""The skeleton that users begin from works as it stands."""

import pytest

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from tests.conformance.talking import ROOT, hosted, in_a_case


@pytest.fixture(scope="module")
def mock():
    with MockServer() as mock:
        yield mock


def test_the_skeleton_s_client_uploads_shows_and_tells_what_was_refused(mock, tmp_path):
    file = tmp_path / "train.jsonl"
    file.write_bytes(EXAMPLES["TextToTextGeneration"].encode())
    given = {"name": "mine", "task_type": "TextToTextGeneration", "file": str(file)}
    skeleton = ROOT / "examples/conformance-adapter/my_client.py"
    with in_a_case(hosted(skeleton), mock, mock.folder()) as client:
        hello = client.ok("hello")
        assert (hello["name"], hello["verbs"]) == ("my client", ["dataset.upload", "dataset.get"])
        dataset = client.ok("dataset.upload", **given)
        assert dataset["status"] == "READY"
        assert client.ok("dataset.get", dataset_id=dataset["dataset_id"]) == dataset
        assert client.error("dataset.get", dataset_id="nope")["code"] == "NOT_FOUND"
        file.write_text("{}\n")
        assert client.error("dataset.upload", **given)["errors"]
        assert "unsupported" in client.ask("tuning.list")
