"""Idempotency keys are not looked at: a call that is made twice is carried out twice."""

from tests.wire import steps

KEY = ("idempotency-key", "0b0ee8f4-8f5a-4c63-9f2f-b3f6d1c3a2c7")


def test_two_creates_with_one_key_are_two_datasets(client, folder):
    client.metadata = (*client.metadata, KEY)
    assert steps.draft(client, folder) != steps.draft(client, folder)


def test_two_tunes_with_one_key_are_two_tunings(client, folder):
    client.metadata = (*client.metadata, KEY)
    ask = steps.order(folder, steps.validated(client, folder))
    first, second = (client.call("TuningService/Tune", **ask) for _ in range(2))
    assert first.id != second.id
    assert len(client.call("TuningService/List", folder_id=folder.id).tuning_tasks) == 2
