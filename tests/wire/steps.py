"""The steps of the published flow over raw calls, for tests that begin somewhere in its middle."""

from contextlib import contextmanager

import grpc
import pytest
import requests

from aistudio_formats.examples import EXAMPLES

GENERATION = "TextToTextGeneration"
GOOD = EXAMPLES[GENERATION].encode()
BAD = b'{"request": [{"role": "user", "text": "?"}]}\n'


def draft(client, folder, task_type=GENERATION, name="mine"):
    """A new dataset; its id."""
    reply = client.call(
        "DatasetService/Create",
        name=name,
        folder_id=folder.id,
        task_type=task_type,
        upload_format="jsonlines",
    )
    return reply.dataset_id


def upload_url(client, dataset_id, size):
    """Where that many bytes can be PUT."""
    return client.call("DatasetService/GetUploadDraftUrl", dataset_id=dataset_id, size_bytes=size).upload_url


def put(url, body):
    """The answer to a PUT."""
    return requests.put(url, data=body, timeout=20)


def uploaded(client, folder, body=GOOD, task_type=GENERATION, name="mine"):
    """A draft with its file; its id."""
    dataset_id = draft(client, folder, task_type, name)
    assert put(upload_url(client, dataset_id, len(body)), body).status_code == 200
    return dataset_id


def validating(client, folder, body=GOOD, task_type=GENERATION, name="mine"):
    """A dataset whose validation has begun; its id and the operation's."""
    dataset_id = uploaded(client, folder, body, task_type, name)
    return dataset_id, client.call("DatasetService/Validate", dataset_id=dataset_id).id


def validated(client, folder, body=GOOD, task_type=GENERATION, name="mine"):
    """A dataset whose validation is over, READY or INVALID; its id."""
    dataset_id, operation_id = validating(client, folder, body, task_type, name)
    folder.clock.advance(hours=1)
    assert client.call("OperationService/Get", operation_id=operation_id).done
    return dataset_id


def order(folder, *dataset_ids, **more):
    """The fields of a Tune request that would be accepted."""
    return {
        "base_model_uri": f"gpt://{folder.id}/yandexgpt-lite/latest",
        "train_datasets": [{"dataset_id": dataset_id, "weight": 1} for dataset_id in dataset_ids],
        "text_to_text_completion": {},
        **more,
    }


def refused(call, *args, **fields):
    """The refusal of a call that must be refused: its status code and message."""

    def called():
        reply = call(*args, **fields)
        return reply if hasattr(reply, "DESCRIPTOR") else list(reply)

    with pytest.raises(grpc.RpcError) as refusal:
        called()
    return refusal.value.code(), refusal.value.details()


def stored(client, folder):
    """Everything that can be listed in a folder, as it looks."""
    datasets = client.call("DatasetService/List", folder_id=folder.id).datasets
    tasks = client.call("TuningService/List", folder_id=folder.id).tuning_tasks
    return [one.SerializeToString(deterministic=True) for one in (*datasets, *tasks)]


@contextmanager
def unchanged(client, folder):
    """Gives a function to call before the refused call; at the end the folder holds what it held then."""
    seen = []
    yield lambda: seen.append(stored(client, folder))
    assert seen, "call the function that this gives"
    assert stored(client, folder) == seen[0]
