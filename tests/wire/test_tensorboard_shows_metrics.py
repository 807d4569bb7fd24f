"""TensorBoard itself, in a real browser, shows two tunings: their curves and their hyper-parameters.

The pictures in docs/images are what this test saw: `make screenshots` takes them anew.
"""

import os
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
import requests

from aistudio_mock import MockServer
from tests.wire import steps, tuning_parts
from tests.wire.browser import browser
from tests.wire.stubs import Client

TEXT = "text_to_text_completion"
RATES = (1e-4, 8e-4)
PARAMS = {
    "n_samples": 1600,
    "lora": {"rank": 16, "alpha": 32, "type": "lora", "initialization": "gauss"},
    "scheduler": {"cosine": {"min_lr": 1e-6}, "warmup_ratio": 0.1},
}


def tuned(client, folder, dataset_id, lr):
    order = tuning_parts.order(folder, TEXT, dataset_id, params={**PARAMS, "lr": lr})
    task_id = tuning_parts.tune(client, {**order, "validation_datasets": [{"dataset_id": dataset_id}]})
    assert tuning_parts.operation(client, task_id).done
    return task_id


def extracted(client, task_id, to):
    url = client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url
    with ZipFile(BytesIO(requests.get(url, timeout=20).content)) as archive:
        archive.extractall(to / task_id)


@pytest.fixture(name="tasks")
def _tasks(tmp_path):
    """Two tunings whose archives are in `tmp_path`/logs; their ids."""
    with MockServer(seed=7) as mock:
        folder = mock.default_folder
        with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
            dataset_id = steps.validated(client, folder)
            tasks = [tuned(client, folder, dataset_id, lr) for lr in RATES]
            for task_id in tasks:
                extracted(client, task_id, tmp_path / "logs")
    return tasks


@pytest.fixture(name="tensorboard")
def _tensorboard(tasks, tmp_path):
    """The address of a TensorBoard that has read them."""
    options = ["--host=127.0.0.1", "--port=0", "--load_fast=false"]
    at_once = ["--reload_task=blocking", "--reload_interval=0"]  # read whole before anybody is served
    command = [sys.executable, "-m", "tensorboard.main", f"--logdir={tmp_path / 'logs'}", *options, *at_once]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as running:
        try:
            addresses = (re.search(r"http://127\.0\.0\.1:[0-9]+/", line) for line in running.stderr)
            yield next(filter(None, addresses))[0]
        finally:
            running.terminate()


@pytest.fixture(name="pictures")
def _pictures(tmp_path):
    """Where pictures go: the documentation's, for `make screenshots`."""
    return Path(os.environ.get("AISTUDIO_SCREENSHOTS", tmp_path))


@pytest.mark.all
def test_tensorboard_shows_the_scalars_and_the_hyper_parameters(tasks, tensorboard, pictures, tmp_path):
    runs = [f"{task_id}/{run}" for task_id in tasks for run in ("train", "validation")]
    with browser(tmp_path / "profile") as window:
        window.open(f"{tensorboard}?tagFilter=loss%7Clearning_rate&smoothing=0#timeseries")
        window.waits_for("learning_rate", "loss", "Value", *runs)
        window.clicks('button[aria-label="Toggle settings side pane"]')
        window.keeps(pictures / "tensorboard-scalars.png")
        window.open(f"{tensorboard}#hparams")
        window.waits_for("Number of matching session groups: 2", "lora.rank", "validation.loss", *tasks)
        window.waits_for("0.00010000", "0.00080000")
        window.keeps(pictures / "tensorboard-hparams.png")
