"""Batch runs with the official SDK, blocking and async, under both of its names."""

import pytest

from tests.wire import batch_parts
from tests.wire.sdk_clients import CLASSES, Sdk
from tests.wire.stubs import Client


def begun(sdk, tmp_path, body=batch_parts.THREE):
    dataset = sdk.dataset(tmp_path / "requests", batch_parts.REQUEST_TYPE, body.decode())
    model = sdk.client.models.completions("yandexgpt-lite").configure(max_tokens=50)
    return dataset, sdk.done(model.batch.run_deferred(dataset))


def test_a_run_is_completed_at_the_first_poll_and_its_result_is_read(any_sdk, tmp_path):
    source, task = begun(any_sdk, tmp_path)
    result = any_sdk.done(task.wait(poll_interval=50))
    assert (result.task_type, result.status.name, result.rows) == ("TextToTextGeneration", "READY", 0)
    assert result.name == f"Batch inference {task.id} result"
    assert result.labels["foundation_models_source_dataset"] == source.id
    rows = any_sdk.all(result.read())
    assert [row["request"][0]["text"] for row in rows] == ["Как тебя зовут?", "Откуда ты?", "Который час?"]
    assert all(row["response"] for row in rows)
    info = any_sdk.done(task.get_task_info())
    assert (info.status.name, info.result_dataset_id) == ("COMPLETED", result.id)
    assert (info.errors.line_errors, info.errors.batch_errors) == ((), ())


def test_tasks_are_listed_found_again_and_deleted(any_sdk, tmp_path):
    _, first = begun(any_sdk, tmp_path)
    any_sdk.done(first.wait(poll_interval=50))
    _, second = begun(any_sdk, tmp_path)
    batch = any_sdk.client.batch
    assert [task.id for task in any_sdk.all(batch.list_operations(page_size=1))] == [first.id, second.id]
    assert [info.task_id for info in any_sdk.all(batch.list_info(status="COMPLETED"))] == [first.id]
    again = any_sdk.done(batch.get(first.id))
    assert any_sdk.done(again.get_result()).name == f"Batch inference {first.id} result"
    any_sdk.done(again.delete())
    assert [task.id for task in any_sdk.all(batch.list_operations())] == [second.id]


@pytest.mark.parametrize("class_name", CLASSES)
def test_a_running_task_is_cancelled(mock, class_name):
    sdk = Sdk(class_name, mock, time="manual")
    with Client(mock.endpoint, f"Api-Key {sdk.folder.api_key}") as client:
        source = batch_parts.source(client, sdk.folder)
    task = sdk.done(sdk.client.models.completions("yandexgpt-lite").batch.run_deferred(source))
    assert sdk.done(task.get_status()).name == "CREATED"
    sdk.done(task.cancel())
    assert sdk.done(task.get_status()).name == "CANCELED"
    sdk.close()
