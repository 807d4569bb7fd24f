"""The client and the official SDK in one process: each has its own definitions of the same messages."""

import os
import subprocess
import sys

import pytest

from tests.wire.client.parts import GENERATION, ROWS

PROGRAM = f"""
import sys
for name in sys.argv[1:]:
    __import__(name)
from aistudio_client import AIStudio
from yandex_ai_studio_sdk import AIStudio as Sdk

client, sdk = AIStudio.from_env(plaintext=True), Sdk(verify=False)
dataset = client.datasets.upload({ROWS!r}, task_type={GENERATION!r}, name="shared")
assert sdk.datasets.get(dataset.id).name == "shared"
tuned = sdk.models.completions("yandexgpt-lite").tune(sdk.datasets.get(dataset.id))
(tuning,) = client.tunings.list()
assert tuning.model_uri == tuned.uri
assert client.models.complete(tuning, "q1").text == tuned.run("q1")[0].text == "a1"
client.close()
"""


@pytest.mark.parametrize(
    "order", [("aistudio_client", "yandex_ai_studio_sdk"), ("yandex_ai_studio_sdk", "aistudio_client")]
)
def test_they_share_a_process_a_dataset_and_a_model(mock, folder, order):
    own = {"YC_FOLDER_ID": folder.id, "YC_API_KEY": folder.api_key, "YC_API_ENDPOINT": mock.endpoint}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *order],
        env={**os.environ, **own, "no_proxy": "*"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
