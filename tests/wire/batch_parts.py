"""Batch runs for the tests that look at them."""

import json
from typing import Any

from aistudio_formats.examples import EXAMPLES, generation, json_lines
from tests.wire import steps

REQUEST_TYPE = "TextToTextGenerationRequest"
START = "TextGenerationBatchService/Completion"
SERVICE = "BatchInferenceService"


def requests(*questions: str) -> bytes:
    """The file of a dataset that asks these."""
    lines = [{"request": [{"role": "user", "text": question}]} for question in questions]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


THREE = requests("Как тебя зовут?", "Откуда ты?", "Который час?")


def source(client: Any, folder: Any, body: bytes = THREE) -> str:
    """A READY dataset of requests; its id."""
    return str(steps.validated(client, folder, body, REQUEST_TYPE))


def order(folder: Any, dataset_id: str, **more: Any) -> dict[str, Any]:
    """The fields of a batch call that would be accepted."""
    uri = f"gpt://{folder.id}/yandexgpt-lite/latest"
    return {"model_uri": uri, "source_dataset_id": dataset_id, **more}


def begun(client: Any, folder: Any, body: bytes = THREE, **more: Any) -> Any:
    """The operation of a batch run that has begun."""
    return client.call(START, **order(folder, source(client, folder, body), **more))


def described(client: Any, task_id: str) -> Any:
    """The task, as Describe shows it."""
    return client.call(f"{SERVICE}/Describe", task_id=task_id).task


def tuned_on(client: Any, folder: Any, *pairs: tuple[str, str]) -> str:
    """The URI of a text model that has learned these answers."""
    body = json_lines([generation(*pair) for pair in pairs]) or EXAMPLES["TextToTextGeneration"]
    dataset_id = steps.validated(client, folder, body.encode())
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
    folder.clock.advance(hours=1)
    task = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task
    return str(task.target_model_uri)
