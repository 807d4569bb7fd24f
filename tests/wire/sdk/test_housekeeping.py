"""Listing, changing, deleting and cancelling with the official SDK."""

from itertools import islice

import pytest
from yandex_ai_studio_sdk.exceptions import RunError

from aistudio_mock import MockServer
from tests.wire.sdk_parts import KIND, client, quiet

PAGE = 100
"""Objects in a page when the request asks for no number; the SDK asks for none."""


def tune(sdk, dataset):
    return sdk.models.completions("yandexgpt-lite").tune_deferred(dataset)


def test_listing_datasets_ends_and_knows_its_filters(sdk, draft):
    assert list(sdk.datasets.list()) == []
    made = [draft(sdk, name).upload().id for name in ("first", "second", "third")]
    assert [dataset.id for dataset in sdk.datasets.list()] == made[::-1]
    assert [dataset.id for dataset in sdk.datasets.list(name_pattern="eco")] == [made[1]]
    assert list(sdk.datasets.list(status="DRAFT")) == []
    assert len(list(sdk.datasets.list(status="READY", task_type=KIND["task_type"]))) == len(made)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("tasks", "page_size"),
    [(0, {}), (1, {}), (4, {"page_size": 2}), (5, {"page_size": 2}), (2 * PAGE + 1, {})],
)
def test_listing_tunings_gives_each_once_and_ends(tasks, page_size, sdk, draft):
    dataset = draft(sdk, "train").upload()
    made = [tune(sdk, dataset).id for _ in range(tasks)]
    listed = [task.id for task in islice(sdk.tuning.list(**page_size), 2 * tasks + 1)]
    assert listed == made[::-1]


def test_without_a_token_on_the_last_page_the_sdk_never_ends(tmp_path, draft):
    """The trap that the mock's own choice avoids: the SDK looks for an empty page, not for an empty token."""
    settings = {"tunings-last-page": "empty"}
    with quiet(tmp_path / "ca"), MockServer(settings=settings) as mock:
        sdk = client(mock, mock.default_folder.id, mock.default_folder.api_key)
        task = tune(sdk, draft(sdk, "train").upload())
        assert [each.id for each in islice(sdk.tuning.list(), 5)] == [task.id] * 5


def test_an_update_changes_what_it_names_and_nothing_else(sdk, draft):
    dataset = draft(sdk, "before").configure(description="text", labels={"a": "1"}).upload()
    dataset.update(name="after")
    assert (dataset.name, dataset.description, dataset.labels) == ("after", "text", {"a": "1"})
    dataset.update(labels={})
    seen = sdk.datasets.get(dataset.id)
    assert (seen.name, seen.description, seen.labels, seen.status.name) == ("after", "text", None, "READY")


def test_a_deleted_dataset_is_gone(sdk, draft):
    dataset = draft(sdk, "train").upload()
    dataset.delete()
    assert list(sdk.datasets.list()) == []


@pytest.mark.parametrize("handle", ["own", "found by id"])
@pytest.mark.parametrize("time", ["manual", "real"])
def test_a_tuning_is_cancelled_seconds_after_it_was_started(time, handle, mock, sdk, draft):
    folder = mock.folder(time=time)
    slow = client(mock, folder.id, folder.api_key)
    task = tune(slow, draft(sdk, "train").upload())
    if time == "manual":
        folder.clock.advance(seconds=5)
    assert not task.get_status().is_finished
    (task if handle == "own" else slow.tuning.get(task.id)).cancel()
    with pytest.raises(RunError) as caught:
        task.wait(poll_timeout=5)
    assert caught.value.code == 1
    assert task.get_metrics_url() is None
    # This version of the SDK knows no such status; what it says shows that the service did say CANCELED.
    with pytest.raises(ValueError, match="6 is not a valid TuningTaskStatusEnum"):
        task.get_task_info()


def test_a_tuning_that_is_finished_stays_as_it_is_when_cancelled(sdk, draft):
    task = tune(sdk, draft(sdk, "train").upload())
    tuned = task.wait()
    task.cancel()
    assert task.get_result().uri == tuned.uri
    assert task.get_task_info().status.name == "COMPLETED"
