"""A tuning belongs to the folder of its base model, whosever dataset it reads."""

import pytest

from tests.wire import steps


@pytest.fixture
def theirs(mock):
    return mock.folder()


def tasks(client, folder):
    return [one.task_id for one in client.call("TuningService/List", folder_id=folder.id).tuning_tasks]


def test_the_base_model_s_folder_has_the_tuning(client, folder, theirs):
    dataset_id = steps.validated(client, folder)
    task_id = client.call("TuningService/Tune", **steps.order(theirs, dataset_id)).id
    task = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task
    assert (task.folder_id, task.source_model_uri) == (theirs.id, "gpt://yandexgpt-lite/latest")
    assert (tasks(client, theirs), tasks(client, folder)) == ([task_id], [])
    theirs.clock.advance(hours=2)
    done = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task
    assert done.target_model_uri.startswith(f"gpt://{theirs.id}/yandexgpt-lite/latest@tamr")
