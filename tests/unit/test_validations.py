"""A validation's two stories, for every way in which its scan can end."""

from concurrent.futures import Future
from threading import RLock

import pytest

from aistudio_formats.report import Report
from aistudio_mock.backend.folders import FolderDefaults, Folders
from aistudio_mock.backend.open_stories import OpenStories
from aistudio_mock.backend.store import Store
from aistudio_mock.backend.validations import Scanned, Validations
from aistudio_mock.domain.dataset import Dataset, DatasetState, DatasetStatus
from aistudio_mock.domain.instant import DAY, MINUTE, SECOND, Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.schedule import plan_validation
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.runtime.chance import Ids
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ValidateDatasetResponse

GOOD_SCAN = Scanned(Report(3, 3, 3, (), 0), Blob("parquet", 3514, "md5", Instant(0)))


class Bench:
    """One folder on a clock that stands still, one dataset being validated, and the scan's future."""

    def __init__(self, *, draft=True, begun=True):
        self.folder = Folders(Ids(1), FolderDefaults(rate=0)).default
        self.store = Store()
        self.discarded = []
        self.scan = Future()
        if begun:
            self.scan.set_running_or_notify_cancel()
        self.stories = OpenStories()
        self.validations = Validations(
            self.store, RLock(), lambda *_: self.scan, self.discarded.append, self.stories
        )
        self.begun = self.folder.clock.now()
        self.store.datasets.put(
            Dataset(
                id="fds1",
                folder_id=self.folder.id,
                name="mine",
                task_type="TextToTextGeneration",
                upload_format="jsonlines",
                created_at=self.begun,
                created_by="aje",
                timeline=Timeline.starting(self.begun, DatasetState(DatasetStatus.DRAFT)),
                draft=Blob("draft", 10, "md5", self.begun) if draft else None,
            )
        )
        self.plan = plan_validation(self.folder.settings.durations, self.folder.chance("fdsop"), self.begun)
        self.answered = self.validations.begin(self.folder, self.dataset, "fdsop", self.begun)

    @property
    def dataset(self):
        return self.store.datasets.get("fds1")

    @property
    def operation(self):
        return self.store.operations.get("fdsop")

    @property
    def verdict(self):
        return ValidateDatasetResponse.FromString(self.operation.timeline.last.state.response.value)

    def succeed(self):
        self.scan.set_result(GOOD_SCAN)


@pytest.fixture
def bench():
    return Bench()


def test_both_stories_are_open_until_the_scan_is_over(bench):
    assert bench.dataset.timeline.is_open
    assert bench.operation.timeline.is_open
    bench.succeed()
    assert not bench.dataset.timeline.is_open
    assert not bench.operation.timeline.is_open


def test_an_open_story_shows_no_end_however_late_it_is(bench):
    later = bench.begun + DAY
    assert bench.dataset.status(later) is DatasetStatus.VALIDATING
    assert not bench.operation.is_done(later)


def test_the_stories_are_sealed_as_drawn_when_the_scan_was_quick(bench):
    bench.succeed()
    converted, done = bench.plan.converted, bench.plan.done
    assert bench.dataset.status(converted - 1) is DatasetStatus.VALIDATING
    assert bench.dataset.status(converted) is DatasetStatus.READY
    assert not bench.operation.is_done(done - 1)
    assert bench.operation.is_done(done)
    assert {converted, done} <= set(bench.operation.phases)


def test_the_stories_move_on_together_when_the_scan_was_slow(bench):
    bench.folder.clock.advance(10 * MINUTE)
    bench.succeed()
    now = bench.folder.clock.now()
    assert bench.dataset.status(now) is DatasetStatus.READY
    assert bench.dataset.status(now - 1) is DatasetStatus.VALIDATING
    assert bench.operation.ends_at - now == bench.plan.done - bench.plan.converted


def test_what_was_read_before_the_scan_was_over_stays_true(bench):
    bench.folder.clock.advance(10 * MINUTE)
    moments = [bench.begun + number * SECOND for number in range(600)]
    before = [(bench.dataset.status(moment), bench.operation.is_done(moment)) for moment in moments]
    bench.succeed()
    assert [(bench.dataset.status(moment), bench.operation.is_done(moment)) for moment in moments] == before


def test_a_valid_file_becomes_rows_and_a_size(bench):
    bench.succeed()
    state = bench.dataset.timeline.last.state
    assert (state.rows, state.size_bytes) == (3, 3514)
    assert bench.dataset.content.modified == bench.plan.converted
    assert bench.verdict.is_valid


def test_a_scan_that_fails_ends_both_stories_with_the_reason(bench):
    bench.scan.set_exception(OSError("the disk is full"))
    (error,) = bench.verdict.errors
    assert error.error == "mock.scan.failed"
    assert "the disk is full" in error.error_description
    assert bench.dataset.status(bench.plan.converted) is DatasetStatus.INVALID
    assert bench.dataset.timeline.last.state.errors[0].error == "mock.scan.failed"


def test_a_scan_that_the_server_gave_up_ends_both_stories():
    bench = Bench(begun=False)
    assert bench.scan.cancel()
    bench.scan.set_running_or_notify_cancel()
    assert bench.verdict.errors[0].error == "mock.scan.cancelled"
    assert bench.dataset.status(bench.plan.converted) is DatasetStatus.INVALID


def delete(bench, now):
    """What Delete does."""
    bench.validations.end(bench.dataset, now)
    bench.store.datasets.remove(bench.dataset)


def test_a_dataset_deleted_while_it_is_scanned_takes_its_operation_along(bench):
    moment = bench.begun + SECOND
    delete(bench, moment)
    assert not bench.operation.is_done(moment - 1)
    assert bench.operation.is_done(moment)
    assert not bench.operation.timeline.is_open
    assert bench.operation.phases == (moment,)
    error = bench.operation.timeline.last.state.error
    assert (error.code, error.message) == (1, "Operation was cancelled: dataset fds1 was deleted")


@pytest.mark.parametrize(
    "end",
    [lambda scan: scan.set_result(GOOD_SCAN), lambda scan: scan.set_exception(FileNotFoundError("draft"))],
)
def test_how_the_scan_of_a_deleted_dataset_ends_changes_nothing(bench, end):
    delete(bench, bench.begun + SECOND)
    operation = bench.operation
    end(bench.scan)
    assert bench.operation == operation
    assert bench.dataset is None
    assert bench.discarded == ([GOOD_SCAN.content] if bench.scan.exception() is None else [])


def test_a_dataset_deleted_when_it_is_converted_keeps_the_row_counts_of_its_operation(bench):
    bench.succeed()
    delete(bench, bench.plan.converted)
    state = bench.operation.timeline.at(bench.plan.converted).state
    assert (state.done, state.error.code, state.response) == (True, 1, None)
    assert state.metadata is not None


def test_an_operation_that_is_done_stays_as_it_is_when_its_dataset_is_deleted(bench):
    bench.succeed()
    before = bench.operation
    delete(bench, bench.plan.done)
    assert bench.operation == before


def test_an_operation_that_a_reset_took_away_does_not_come_back(bench):
    bench.store.operations.drop(bench.folder.id)
    bench.store.datasets.drop(bench.folder.id)
    bench.succeed()
    assert bench.operation is None
    assert bench.dataset is None
    assert bench.discarded == [GOOD_SCAN.content]


def test_nothing_uploaded_is_invalid_at_once_where_that_is_allowed():
    bench = Bench(draft=False)
    assert bench.verdict.errors[0].error == "mock.dataset.no_upload"
    assert not bench.operation.timeline.is_open
    assert not bench.answered.is_done(bench.begun)


def test_waiting_for_what_is_over_or_unknown_does_not_wait(bench):
    bench.succeed()
    bench.stories.wait("fdsop", 100)
    bench.stories.wait("fdsother", 100)
    bench.stories.settle(bench.folder.id)
    bench.stories.settle("b1gother")


def test_settling_another_folder_does_not_wait_for_this_one(bench):
    bench.stories.settle("b1gother")
    assert bench.dataset.timeline.is_open


def test_waiting_ends_when_its_time_is_over(bench):
    bench.stories.wait("fdsop", 0.001)
    assert bench.dataset.timeline.is_open
