"""Classifiers and embedding models tuned on example data, for the tests that call them."""

from collections.abc import Mapping
from typing import Any

from aistudio_formats.examples import EXAMPLES, json_lines
from tests.wire import steps

BINARY = json_lines(
    [
        {"text": text, "оператор": int(wanted)}
        for text, wanted in (
            ("Позовите человека", 1),
            ("Хочу поговорить с оператором", 1),
            ("Какой у меня баланс?", 0),
            ("Где ближайший банкомат?", 0),
        )
    ]
)
PAIR = json_lines([{"anchor": "foo", "positive": "barr"}])

MULTILABEL = ("TextClassificationMultilabel", "cls", "yandexgpt-lite", "text_classification_multilabel")
MULTICLASS = ("TextClassificationMulticlass", "cls", "yandexgpt-lite", "text_classification_multiclass")
PAIRS = ("TextEmbeddingsPair", "emb", "text-embeddings", "text_embedding_pair_params")
TRIPLETS = ("TextEmbeddingsTriplet", "emb", "text-embeddings", "text_embedding_triplet_params")

TUNED = {
    "binary": (MULTILABEL, BINARY, {}),
    "multilabel": (MULTILABEL, EXAMPLES[MULTILABEL[0]], {}),
    "multiclass": (MULTICLASS, EXAMPLES[MULTICLASS[0]], {}),
    "pairs": (PAIRS, EXAMPLES[PAIRS[0]], {}),
    "triplets": (TRIPLETS, EXAMPLES[TRIPLETS[0]], {}),
    "pairs-35-128": (PAIRS, PAIR, {"embedding_dims": [35, 128]}),
}
"""By name: what kind of model, the file that it is trained on, its parameters."""


def begun(client: Any, folder: Any, name: str, body: str | None = None) -> str:
    """A tuning that has begun; its id."""
    (task_type, scheme, base, kind), own, params = TUNED[name]
    dataset_id = steps.validated(client, folder, (body or own).encode(), task_type)
    reply = client.call(
        "TuningService/Tune",
        base_model_uri=f"{scheme}://{folder.id}/{base}/latest",
        train_datasets=[{"dataset_id": dataset_id, "weight": 1}],
        **{kind: params},
    )
    return str(reply.id)


def uri_of(client: Any, task_id: str) -> str:
    """The URI of the model that a finished tuning has made."""
    task = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task
    return str(task.target_model_uri)


def tuned(client: Any, folder: Any, name: str, body: str | None = None) -> str:
    """The URI of a model of that name; the folder's clock goes on by hours."""
    task_id = begun(client, folder, name, body)
    folder.clock.advance(hours=1)
    return uri_of(client, task_id)


def all_tuned(client: Any, folder: Any) -> Mapping[str, str]:
    """The URI of each model in TUNED."""
    return {name: tuned(client, folder, name) for name in TUNED}
