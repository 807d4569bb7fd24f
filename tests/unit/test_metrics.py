"""The metrics archive: what is in it, and that it is the same every time."""

from dataclasses import replace
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import ZipFile

import pytest

from aistudio_mock.domain.curves import Schedule
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.metrics import MAX_TRAIN_POINTS, MetricsSpec, archive, zipped

SPEC = MetricsSpec(
    task_id="ftn1",
    seed=1,
    started_at=Instant(1_765_419_724_901_989),
    finished_at=Instant(1_765_419_724_901_989 + 275 * SECOND),
    schedule=Schedule("cosine", 1e-4, 0.0, 0.1, 200),
    has_validation=True,
)


def names(spec: MetricsSpec) -> list[str]:
    return ZipFile(BytesIO(archive(spec))).namelist()


def test_a_validated_tuning_has_two_runs():
    assert names(SPEC) == [
        "train/events.out.tfevents.1765419724.ftn1.0",
        "validation/events.out.tfevents.1765419724.ftn1.1",
    ]


def test_a_tuning_without_validation_has_one_run():
    assert names(replace(SPEC, has_validation=False)) == ["train/events.out.tfevents.1765419724.ftn1.0"]


def test_equal_specs_give_equal_bytes():
    assert archive(SPEC) == archive(replace(SPEC))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"task_id": "ftn2"},
        {"finished_at": Instant(SPEC.finished_at + 1)},
        {"started_at": Instant(SPEC.started_at + 1)},
        {"schedule": replace(SPEC.schedule, kind="linear")},
    ],
)
def test_everything_in_the_spec_matters(change):
    assert archive(replace(SPEC, **change)) != archive(SPEC)


@pytest.mark.parametrize("task_id", ["../../evil", "/etc/passwd", "a\\..\\b", "C:x", "..", "\0"])
def test_no_task_id_makes_the_archive_unsafe_to_extract(task_id):
    for name in names(replace(SPEC, task_id=task_id)):
        path = PurePosixPath(name)
        assert len(path.parts) == 2
        assert not path.is_absolute()
        assert not {"\\", ":", "\0", ".."} & {name, *name, *path.parts}


def test_entries_are_compressed_regular_files_of_a_fixed_date():
    for entry in ZipFile(BytesIO(archive(SPEC))).infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == 0o100644
        assert entry.compress_size < entry.file_size


def test_the_zip_holds_the_files_it_was_given():
    packed = ZipFile(BytesIO(zipped({"a/b": b"one", "c": b""})))
    assert packed.testzip() is None
    assert {name: packed.read(name) for name in packed.namelist()} == {"a/b": b"one", "c": b""}


def test_a_run_of_a_billion_steps_makes_an_archive_of_bounded_size():
    huge = replace(SPEC, schedule=replace(SPEC.schedule, total_steps=10**9))
    assert len(archive(huge)) < MAX_TRAIN_POINTS * 60


def test_a_run_that_took_no_time_has_an_archive():
    assert names(replace(SPEC, finished_at=SPEC.started_at)) == names(SPEC)
