"""The metrics archive: what is in it, and that it is the same every time."""

from io import BytesIO
from pathlib import PurePosixPath
from zipfile import ZipFile

import pytest
from msgspec.structs import replace

from aistudio_mock.domain.curves import Schedule
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.learning import ClassShare, Recipe
from aistudio_mock.domain.metrics import (
    EVALUATIONS,
    MAX_TRAIN_POINTS,
    MetricsSpec,
    archive,
    evaluation_curve,
    logged_until,
    train_curve,
    zipped,
)

STEPS = 200
RECIPE = Recipe(
    "text_classification_multiclass",
    seed=1,
    schedule=Schedule("cosine", 1e-4, 0.0, 0.1, STEPS),
    rows=500,
    classes=(ClassShare("joy", 0.75), ClassShare("anger", 0.25)),
    validation="held-out",
)
SPEC = MetricsSpec(
    task_id="ftn1",
    started_at=Instant(1_765_419_724_901_989),
    last_step_at=Instant(1_765_419_724_901_989 + 275 * SECOND),
    recipe=RECIPE,
    logged=STEPS,
    hparams={"lr": 1e-4},
)
BARE = replace(SPEC, recipe=replace(RECIPE, validation="none"))


def files(spec: MetricsSpec) -> dict[str, bytes]:
    packed = ZipFile(BytesIO(archive(spec)))
    return {name: packed.read(name) for name in packed.namelist()}


def names(spec: MetricsSpec) -> list[str]:
    return sorted(files(spec))


def rescheduled(**changes) -> dict[str, Recipe]:
    return {"recipe": replace(RECIPE, schedule=replace(RECIPE.schedule, **changes))}


def test_a_validated_tuning_has_two_runs_hyper_parameters_and_a_picture():
    assert names(SPEC) == [
        "curves.svg",
        "events.out.tfevents.1765419724.ftn1.0",
        "train/events.out.tfevents.1765419724.ftn1.1",
        "validation/events.out.tfevents.1765419724.ftn1.2",
    ]


def test_a_tuning_without_validation_has_one_run():
    assert [name for name in names(BARE) if "/" in name] == ["train/events.out.tfevents.1765419724.ftn1.1"]


def test_equal_specs_give_equal_bytes():
    assert archive(SPEC) == archive(replace(SPEC))


@pytest.mark.parametrize(
    "change",
    [
        {"task_id": "ftn2"},
        {"last_step_at": Instant(SPEC.last_step_at + 1)},
        {"started_at": Instant(SPEC.started_at + 1)},
        rescheduled(kind="linear"),
        {"recipe": replace(RECIPE, seed=2)},
        {"logged": 190},
        {"hparams": {}},
        {"status": 1},
    ],
)
def test_everything_in_the_spec_matters(change):
    assert archive(replace(SPEC, **change)) != archive(SPEC)


@pytest.mark.parametrize("task_id", ["../../evil", "/etc/passwd", "a\\..\\b", "C:x", "..", "\0"])
def test_no_task_id_makes_the_archive_unsafe_to_extract(task_id):
    for name in names(replace(SPEC, task_id=task_id)):
        path = PurePosixPath(name)
        assert len(path.parts) <= 2
        assert not path.is_absolute()
        assert not {"\\", ":", "\0", ".."} & {name, *name, *path.parts}


def test_entries_are_compressed_regular_files_of_a_fixed_date():
    for entry in ZipFile(BytesIO(archive(SPEC))).infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == 0o100644
        assert entry.compress_size < entry.file_size


@pytest.mark.parametrize("whole", [SPEC, BARE], ids=["validated", "bare"])
def test_an_event_file_of_an_earlier_moment_is_a_beginning_of_the_later_one(whole):
    before: dict[str, bytes] = {}
    for logged in [*range(10, STEPS + 1, 10), STEPS]:
        now = files(replace(whole, logged=logged, status=1 if logged == STEPS else None))
        assert now.keys() >= before.keys()
        assert [n for n in before if "tfevents" in n and not now[n].startswith(before[n])] == []
        assert before == {} or logged == STEPS or all(len(now[n]) > len(before[n]) for n in now if "/" in n)
        before = now


def test_without_validation_what_is_measured_stands_among_the_training_steps():
    assert len(files(BARE)[names(BARE)[-1]]) > len(files(SPEC)[names(SPEC)[2]])
    plain = replace(BARE, recipe=replace(BARE.recipe, kind="text_to_text_completion", classes=()))
    assert train_curve(plain).scalars.keys() == {"loss", "learning_rate", "epoch"}
    assert evaluation_curve(plain).scalars.keys() == {"loss"}


def test_rows_that_are_trained_on_are_no_surprise_to_the_validation():
    trained = replace(SPEC, recipe=replace(RECIPE, validation="trained-on"))
    assert evaluation_curve(trained).scalars["loss"][-1] < evaluation_curve(SPEC).scalars["loss"][-1]


def test_the_epoch_is_how_often_the_rows_were_seen():
    assert train_curve(SPEC).scalars["epoch"][-1] == STEPS * 8 / 500


@pytest.mark.parametrize(
    ("total", "done", "logged"),
    [
        (200, 0, 0),
        (200, 9, 0),
        (200, 10, 10),
        (200, 199, 190),
        (200, 200, 200),
        (3, 1, 1),
        (1, 0, 0),
        (1, 1, 1),
    ],
)
def test_the_archive_goes_up_to_the_latest_evaluation(total, done, logged):
    assert logged_until(total, done) == logged


def test_a_run_is_evaluated_twenty_times():
    assert list(evaluation_curve(SPEC).steps) == list(
        range(STEPS // EVALUATIONS, STEPS + 1, STEPS // EVALUATIONS)
    )


def test_the_zip_holds_the_files_it_was_given():
    packed = ZipFile(BytesIO(zipped({"a/b": b"one", "c": b""})))
    assert packed.testzip() is None
    assert {name: packed.read(name) for name in packed.namelist()} == {"a/b": b"one", "c": b""}


def test_a_run_of_a_billion_steps_makes_an_archive_of_bounded_size():
    huge = replace(SPEC, logged=10**9, **rescheduled(total_steps=10**9))
    assert len(archive(huge)) < MAX_TRAIN_POINTS * 60


def test_a_run_that_took_no_time_has_an_archive():
    assert names(replace(SPEC, last_step_at=SPEC.started_at)) == names(SPEC)
