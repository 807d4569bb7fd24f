"""Quotas on the wire: off by default, documented or own numbers, of the server or of one folder."""

import grpc
import pytest

from aistudio_mock import MockServer
from aistudio_mock.config import ConfigError
from tests.wire import steps
from tests.wire.stubs import Client

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
DATASETS = "ai.datasetsCount.count gauge quota limit exceed: allowed {} requests"
ONE_UPLOAD = "ai.datasetSize.count gauge quota limit exceed: allowed {} bytes"
ALL_UPLOADS = "ai.datasetsTotalSize.count gauge quota limit exceed: allowed {} bytes"
HOUR = "ai.tuningsPerHour.rate rate quota limit exceed: allowed {} requests"
DAY = "ai.tuningsPerDay.rate rate quota limit exceed: allowed {} requests"
GIB = 1 << 30


@pytest.fixture
def limited(mock):
    """A folder with quotas, and a client of it."""
    opened = []

    def limited(quotas):
        folder = mock.folder(settings={"quotas": quotas})
        opened.append(Client(mock.endpoint, f"Api-Key {folder.api_key}"))
        return opened[-1], folder

    yield limited
    for client in opened:
        client.channel.close()


def tune(client, folder, dataset_id):
    return client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id


def test_a_folder_takes_as_many_datasets_as_its_quota_and_one_more_when_one_is_gone(limited):
    client, folder = limited("datasets:3")
    made = [steps.draft(client, folder) for _ in range(3)]
    for _ in range(2):
        assert steps.refused(steps.draft, client, folder) == (EXHAUSTED, DATASETS.format(3))
    client.call("DatasetService/Delete", dataset_id=made[0])
    steps.draft(client, folder)
    assert steps.refused(steps.draft, client, folder) == (EXHAUSTED, DATASETS.format(3))


def test_what_a_quota_refuses_is_not_stored(limited):
    client, folder = limited("datasets:0")
    steps.refused(steps.draft, client, folder)
    assert steps.stored(client, folder) == []


def test_a_dataset_counts_in_every_status(limited):
    client, folder = limited("datasets:3")
    steps.validated(client, folder)
    steps.validated(client, folder, body=steps.BAD)
    steps.validating(client, folder)
    assert steps.refused(steps.draft, client, folder) == (EXHAUSTED, DATASETS.format(3))


def test_an_upload_may_be_as_large_as_its_quota_and_not_larger(limited):
    client, folder = limited("dataset-bytes:1000")
    dataset_id = steps.draft(client, folder)
    assert steps.upload_url(client, dataset_id, 1000)
    assert steps.refused(steps.upload_url, client, dataset_id, 1001) == (EXHAUSTED, ONE_UPLOAD.format(1000))


def test_uploads_are_counted_together_and_a_replaced_one_does_not_count(limited):
    client, folder = limited("total-bytes:1000")
    first = steps.uploaded(client, folder, body=b"x" * 600)
    second = steps.draft(client, folder)
    assert steps.refused(steps.upload_url, client, second, 401) == (EXHAUSTED, ALL_UPLOADS.format(1000))
    assert steps.upload_url(client, second, 400)
    assert steps.upload_url(client, first, 1000)
    client.call("DatasetService/Delete", dataset_id=first)
    assert steps.upload_url(client, second, 1000)


def test_tunings_are_counted_by_the_hour_and_by_the_day(limited):
    client, folder = limited("tunings-per-hour:2,tunings-per-day:3")
    ready = steps.validated(client, folder)
    tune(client, folder, ready)
    folder.clock.advance(minutes=30)
    tune(client, folder, ready)
    assert steps.refused(tune, client, folder, ready) == (EXHAUSTED, HOUR.format(2))
    folder.clock.advance(minutes=30)
    tune(client, folder, ready)
    folder.clock.advance(hours=2)
    assert steps.refused(tune, client, folder, ready) == (EXHAUSTED, DAY.format(3))
    folder.clock.advance(hours=21)
    tune(client, folder, ready)


def test_a_cancelled_tuning_counts_and_a_refused_one_does_not(limited):
    client, folder = limited("tunings-per-hour:1")
    ready, draft = steps.validated(client, folder), steps.draft(client, folder)
    code, _ = steps.refused(tune, client, folder, draft)
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    task_id = tune(client, folder, ready)
    client.call("TuningService/Cancel", tuning_task_id=task_id)
    assert steps.refused(tune, client, folder, ready) == (EXHAUSTED, HOUR.format(1))


def test_the_documented_quotas_are_the_documented_numbers(limited):
    client, folder = limited("documented")
    made = [steps.draft(client, folder) for _ in range(10)]
    assert steps.refused(steps.draft, client, folder) == (EXHAUSTED, DATASETS.format(10))
    assert steps.upload_url(client, made[0], 5 * GIB)
    assert steps.refused(steps.upload_url, client, made[0], 5 * GIB + 1) == (
        EXHAUSTED,
        ONE_UPLOAD.format(5 * GIB),
    )


def test_one_folder_s_quotas_are_nobody_else_s(limited, client, folder):
    narrow, theirs = limited("datasets:0")
    assert steps.refused(steps.draft, narrow, theirs)[0] is EXHAUSTED
    for _ in range(12):
        steps.draft(client, folder)


def test_a_server_s_quotas_hold_in_every_folder_that_has_none_of_its_own():
    with MockServer(settings={"quotas": "documented,datasets:1"}) as mock:
        same, free = mock.folder(), mock.folder(settings={"quotas": "off"})
        with Client(mock.endpoint, f"Api-Key {same.api_key}") as client:
            steps.draft(client, same)
            assert steps.refused(steps.draft, client, same) == (EXHAUSTED, DATASETS.format(1))
            steps.draft(client, free)
            steps.draft(client, free)


def test_a_folder_s_settings_are_on_top_of_the_server_s():
    with MockServer(settings={"dataset-task-type-unknown": "accept"}) as mock:
        folder = mock.folder(settings={"quotas": "datasets:1"})
        with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
            steps.draft(client, folder, task_type="Unheard")
            assert steps.refused(steps.draft, client, folder) == (EXHAUSTED, DATASETS.format(1))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"quotas": "datasets:many"}, "'datasets:many' is no limit"),
        ({"quota": "documented"}, "no settable behaviour 'quota'"),
        ({"quotas": 3}, r"Expected `str`, got `int` - at `\$.settings"),
        ("documented", r"Expected `object \| null`, got `str` - at `\$.settings`"),
    ],
)
def test_settings_of_a_folder_that_cannot_work_are_refused_with_what_would(mock, settings, says):
    with pytest.raises(ConfigError, match=says):
        mock.folder(settings=settings)
