"""Every status with every command: allowed exactly where the table says so."""

import pytest

from aistudio_mock.domain.dataset import LEGAL, Dataset, DatasetCommand, DatasetState, DatasetStatus
from aistudio_mock.domain.errors import FailedPrecondition
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.timeline import Timeline

PAIRS = [(status, command) for status in DatasetStatus for command in DatasetCommand]


def dataset(*statuses):
    timeline = Timeline.starting(Instant(0), DatasetState(statuses[0]))
    for number, status in enumerate(statuses[1:], 1):
        timeline = timeline.then(Instant(number), DatasetState(status))
    return Dataset(
        id="fds1",
        folder_id="b1g",
        name="mine",
        task_type="TextToTextGeneration",
        upload_format="jsonlines",
        created_at=Instant(0),
        created_by="aje",
        timeline=timeline,
    )


def test_every_status_is_in_the_table():
    assert LEGAL.keys() == set(DatasetStatus)


@pytest.mark.parametrize(("status", "command"), PAIRS)
def test_a_command_is_allowed_exactly_where_the_table_says_so(status, command):
    if command in LEGAL[status]:
        dataset(status).require(command, Instant(0))
        return
    with pytest.raises(FailedPrecondition) as refusal:
        dataset(status).require(command, Instant(0))
    said, _, advice = refusal.value.message.partition("; ")
    assert said == f"dataset fds1 is {status.name} and cannot {command.value}"
    assert advice


def test_the_status_that_counts_is_that_of_the_moment():
    record = dataset(DatasetStatus.DRAFT, DatasetStatus.VALIDATING, DatasetStatus.READY)
    record.require(DatasetCommand.UPLOAD, Instant(0))
    with pytest.raises(FailedPrecondition, match="is VALIDATING"):
        record.require(DatasetCommand.UPLOAD, Instant(1))
    record.require(DatasetCommand.TUNE_ON, Instant(2))


def test_what_is_being_deleted_allows_nothing():
    assert LEGAL[DatasetStatus.DELETING] == frozenset()
