"""What tests of tunings share: every kind of parameters with its base model, its data and all options."""

from typing import Any

from aistudio_formats.examples import EXAMPLES
from tests.wire import steps

CLASSES = b'{"text": "wow", "joy": 1, "anger": 0}\n{"text": "no!", "joy": 0, "anger": 1}\n'
DATA = {
    "TextToTextGeneration": steps.GOOD,
    "TextClassificationMultilabel": CLASSES,
    "TextClassificationMulticlass": CLASSES,
    "TextEmbeddingsPair": EXAMPLES["TextEmbeddingsPair"].encode(),
    "TextEmbeddingsTriplet": EXAMPLES["TextEmbeddingsTriplet"].encode(),
}
KINDS = {
    "text_to_text_completion": ("TextToTextGeneration", "gpt", "yandexgpt-lite"),
    "text_classification_multilabel": ("TextClassificationMultilabel", "cls", "yandexgpt-lite"),
    "text_classification_multiclass": ("TextClassificationMulticlass", "cls", "yandexgpt-lite"),
    "text_embedding_pair_params": ("TextEmbeddingsPair", "emb", "text-embeddings"),
    "text_embedding_triplet_params": ("TextEmbeddingsTriplet", "emb", "text-embeddings"),
}
"""By kind of parameters: the type of its data, the scheme and the name of its base model."""

TUNING_TYPES = {
    "lora": {"rank": 8, "alpha": 16.5, "initialization": "pissa", "type": "rslora"},
    "prompt_tune": {"virtual_tokens": 20},
}
SCHEDULERS = {"linear": {"min_lr": 1e-6}, "constant": {}, "cosine": {"min_lr": 2e-6}}
OPTIMIZER = {"adamw": {"beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weight_decay": 0.01}}


def ready(client: Any, folder: Any, kind: str) -> str:
    """A READY dataset that the kind trains on; its id."""
    task_type = KINDS[kind][0]
    return steps.validated(client, folder, body=DATA[task_type], task_type=task_type)


def order(folder: Any, kind: str, *dataset_ids: str, params: Any = None, **more: Any) -> dict[str, Any]:
    """The fields of a Tune request of that kind that would be accepted."""
    _, scheme, name = KINDS[kind]
    return {
        "base_model_uri": f"{scheme}://{folder.id}/{name}/latest",
        "train_datasets": [{"dataset_id": dataset_id, "weight": 1} for dataset_id in dataset_ids],
        kind: params or {},
        **more,
    }


def all_params(kind: str, tuning_type: str, scheduler: str) -> dict[str, Any]:
    """Parameters of that kind with everything said that can be said at once."""
    said = {
        "seed": 7,
        "lr": 1e-4,
        "n_samples": 640,
        "additional_arguments": '{"any": "text"}',
        tuning_type: TUNING_TYPES[tuning_type],
        "scheduler": {scheduler: SCHEDULERS[scheduler], "warmup_ratio": 0.25},
        "optimizer": OPTIMIZER,
    }
    return {**said, "embedding_dims": [35, 128]} if "embedding" in kind else said


def tune(client: Any, fields: Any) -> str:
    """A tuning that has begun; its id, of operation and task."""
    return client.call("TuningService/Tune", **fields).id


def task(client: Any, task_id: str) -> Any:
    """The task as Describe shows it."""
    return client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task


def operation(client: Any, operation_id: str) -> Any:
    """The operation as a poll shows it."""
    return client.call("OperationService/Get", operation_id=operation_id)


def errors(client: Any, task_id: str) -> list[tuple[str, int]]:
    """The rows of ListErrors, each of that task: message and type."""
    rows = client.call("TuningService/ListErrors", tuning_task_id=task_id).tuning_error
    assert all(row.tuning_task_id == task_id for row in rows)
    return [(row.message, row.type) for row in rows]
