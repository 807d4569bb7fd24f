"""Durations: inside the ranges that were observed, in order, and the same for the same record."""

from dataclasses import dataclass

import pytest

from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.instant import SECOND, Instant, later, seconds, whole_second
from aistudio_mock.domain.schedule import Span, plan_tuning, plan_validation
from aistudio_mock.runtime.chance import chance_for

NOW = Instant(1_765_419_534 * SECOND + 123_456)
EVERY = [(durations, number) for durations in Durations for number in range(50)]


@dataclass
class Loaded:
    """Chance that always falls on one end of a range."""

    share: float

    def uniform(self, low, high):
        return low + (high - low) * self.share


def after(moment):
    return (moment - NOW) / SECOND


def test_a_span_draws_whole_microseconds():
    assert Span(1, 2).draw(Loaded(0.1234567)) == 1_123_457


@pytest.mark.parametrize("number", range(50))
def test_a_recorded_validation_lasts_as_long_as_the_recordings(number):
    plan = plan_validation(Durations.RECORDED, chance_for(1, str(number)), NOW)
    assert 34 <= after(plan.converted) <= 70
    assert 17 <= (plan.done - plan.converted) / SECOND <= 66


@pytest.mark.parametrize("number", range(50))
def test_a_documented_validation_lasts_as_long_as_the_pages_show(number):
    plan = plan_validation(Durations.DOCUMENTED, chance_for(1, str(number)), NOW)
    assert 34 <= after(plan.converted) <= 39
    assert 51 <= after(plan.done) <= 58


@pytest.mark.parametrize("number", range(50))
def test_a_recorded_tuning_lasts_as_long_as_the_recordings(number):
    plan = plan_tuning(Durations.RECORDED, chance_for(1, str(number)), NOW)
    assert 3 <= after(plan.pending) <= 6
    assert 39 <= after(plan.started) <= 74
    assert 126 <= (plan.finished - plan.started) / SECOND <= 279
    assert 0 <= (plan.done - plan.finished) / SECOND <= 2


@pytest.mark.parametrize("number", range(50))
def test_a_documented_tuning_lasts_up_to_eighteen_minutes(number):
    plan = plan_tuning(Durations.DOCUMENTED, chance_for(1, str(number)), NOW)
    assert 3 * 60 - 2 <= after(plan.done) <= 18.5 * 60


def test_instant_means_now():
    chance = chance_for(1, "any")
    validation = plan_validation(Durations.INSTANT, chance, NOW)
    tuning = plan_tuning(Durations.INSTANT, chance, NOW)
    assert (validation.touched, validation.converted, validation.done) == (None, NOW, NOW)
    assert {tuning.pending, tuning.started, tuning.finished, tuning.done} == {NOW}


@pytest.mark.parametrize(("durations", "number"), EVERY)
def test_phases_come_in_order(durations, number):
    chance = chance_for(number, "fds1")
    validation = plan_validation(durations, chance, NOW)
    tuning = plan_tuning(durations, chance, NOW)
    assert NOW <= validation.converted <= validation.done
    assert validation.touched is None or NOW < validation.touched < validation.converted
    assert NOW <= tuning.pending <= tuning.started <= tuning.finished <= tuning.done


def test_modified_at_alone_moves_in_some_validations_and_not_in_others():
    touched = {plan_validation(Durations.RECORDED, chance_for(0, str(n)), NOW).touched for n in range(20)}
    assert touched == {None, NOW + SECOND}


def test_a_tuning_operation_closes_on_a_whole_second_or_with_its_task():
    for number in range(200):
        plan = plan_tuning(Durations.RECORDED, chance_for(number, "ftn1"), NOW)
        assert plan.done == whole_second(plan.done) or plan.done == plan.finished


def test_an_operation_never_closes_before_its_task_has_finished():
    # The shortest closing and a finish late in its second: cut to the second, it would lie before the finish.
    late = Instant(SECOND - 1)
    plan = plan_tuning(Durations.RECORDED, Loaded(0), late)
    assert plan.done >= plan.finished


def test_the_same_record_has_the_same_plan_and_another_has_another():
    def planned(seed, record):
        return plan_tuning(Durations.RECORDED, chance_for(seed, record), NOW)

    assert planned(7, "ftn1") == planned(7, "ftn1")
    assert planned(7, "ftn1") != planned(7, "ftn2")
    assert planned(7, "ftn1") != planned(8, "ftn1")


def test_instants_are_whole_microseconds():
    assert seconds(0.0000015) == 2
    assert later(NOW, 5) == NOW + 5
    assert whole_second(NOW) == 1_765_419_534 * SECOND
