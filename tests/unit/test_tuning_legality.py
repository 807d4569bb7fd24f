"""Every command on a tuning in every status: allowed or refused as the table says, with what would work."""

import pytest

from aistudio_mock.domain.curves import requested
from aistudio_mock.domain.errors import FailedPrecondition
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.domain.tuning import LEGAL, Tuning, TuningCommand, TuningStatus

S, C = TuningStatus, TuningCommand
ALLOWED = {
    (S.CREATED, C.CANCEL),
    (S.PENDING, C.CANCEL),
    (S.IN_PROGRESS, C.CANCEL),
    (S.COMPLETED, C.ARCHIVE),
    (S.COMPLETED, C.ENABLE_BILLING),
    (S.FAILED, C.ARCHIVE),
    (S.CANCELED, C.ARCHIVE),
    (S.PAID, C.ARCHIVE),
}
EVERY = [(status, command) for status in S for command in C]


def task(run, *, afterwards=None, uri="gpt://b1g/yandexgpt-lite/latest@tamr1", model_until=None):
    return Tuning(
        id="ftn1",
        operation_id="ftn1",
        folder_id="b1g1",
        created_at=Instant(0),
        created_by="aje1",
        request=b"",
        source_model_uri="gpt://yandexgpt-lite/latest",
        target_model_uri=uri,
        timeline=run,
        schedule=requested(None, lr=0, min_lr=0, warmup_ratio=0, n_samples=0, rows=1),
        training_data=(),
        afterwards=afterwards,
        model_until=model_until,
    )


def run_to(status):
    return Timeline.starting(Instant(0), S.CREATED).then(Instant(10), status, terminal=True)


def in_status(status):
    if status in {S.ARCHIVED, S.PAID}:
        return task(run_to(S.COMPLETED), afterwards=Timeline.starting(Instant(20), status))
    return task(run_to(status))


def test_the_table_has_every_status():
    assert LEGAL.keys() == set(S)


@pytest.mark.parametrize(("status", "command"), EVERY)
def test_a_command_is_allowed_or_refused_as_the_table_says(status, command):
    one = in_status(status)
    if (status, command) in ALLOWED:
        one.require(command, Instant(30))
        return
    with pytest.raises(FailedPrecondition) as refusal:
        one.require(command, Instant(30))
    assert refusal.value.message.startswith(f"tuning task ftn1 is {status.name} and cannot {command.value}; ")


def test_what_comes_after_the_run_is_seen_from_its_date_on():
    one = task(run_to(S.COMPLETED), afterwards=Timeline.starting(Instant(20), S.PAID))
    assert [one.status(Instant(at)) for at in (0, 9, 10, 19, 20, 99)] == [
        S.CREATED,
        S.CREATED,
        S.COMPLETED,
        S.COMPLETED,
        S.PAID,
        S.PAID,
    ]
    assert one.finished_at(Instant(99)) == 10
    assert one.ran_to_its_end(Instant(99))


def test_a_paid_task_can_be_archived_later():
    one = task(run_to(S.COMPLETED), afterwards=Timeline.starting(Instant(20), S.PAID))
    story = one.becoming(S.ARCHIVED, Instant(40))
    assert [mark.state for mark in story.marks] == [S.PAID, S.ARCHIVED]


@pytest.mark.parametrize("command", [C.ARCHIVE, C.ENABLE_BILLING])
def test_while_one_change_is_under_way_another_is_refused(command):
    one = task(run_to(S.COMPLETED), afterwards=Timeline.starting(Instant(20), S.ARCHIVED))
    with pytest.raises(FailedPrecondition, match=r"is becoming ARCHIVED and cannot .*; wait until that"):
        one.require(command, Instant(19))


@pytest.mark.parametrize(
    ("one", "answers"),
    [
        (task(run_to(S.COMPLETED)), [False, True, True]),
        (task(run_to(S.COMPLETED), uri=""), [False, False, False]),
        (task(run_to(S.FAILED)), [False, False, False]),
        (task(run_to(S.COMPLETED), model_until=Instant(30)), [False, True, False]),
        (
            task(run_to(S.COMPLETED), afterwards=Timeline.starting(Instant(20), S.ARCHIVED)),
            [False, True, True],
        ),
    ],
)
def test_a_model_exists_from_completion_on_as_long_as_it_is_kept(one, answers):
    assert [one.model_exists(Instant(at)) for at in (9, 10, 30)] == answers
