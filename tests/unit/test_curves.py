"""The learning rate of a training run against closed forms."""

from itertools import pairwise
from math import inf, nan

import pytest

from aistudio_mock.domain.curves import (
    BATCH_SIZE,
    DEFAULT_EPOCHS,
    DEFAULT_KIND,
    DEFAULT_LR,
    MIN_DEFAULT_SAMPLES,
    Kind,
    Schedule,
    full_steps,
    learning_rate,
    logged_steps,
    requested,
    total_steps,
)

KINDS: list[Kind] = ["linear", "constant", "cosine"]


def schedule(kind: Kind = "linear", *, lr=3e-4, min_lr=1e-5, warmup_ratio=0.1, steps=1000) -> Schedule:
    return Schedule(kind, lr, min_lr, warmup_ratio, steps)


def rates(of: Schedule) -> list[float]:
    return [learning_rate(of, step) for step in range(of.total_steps + 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_warm_up_is_a_line_from_zero_to_lr(kind):
    curve = rates(schedule(kind))
    assert curve[0] == 0
    assert curve[50] == pytest.approx(1.5e-4)
    assert curve[100] == pytest.approx(3e-4)


@pytest.mark.parametrize(
    ("kind", "quarter", "middle", "end"),
    [
        ("linear", 1e-5 + 2.9e-4 * 0.75, 1e-5 + 2.9e-4 * 0.5, 1e-5),
        ("constant", 3e-4, 3e-4, 3e-4),
        ("cosine", 1e-5 + 2.9e-4 * 0.8535533905932737, 1e-5 + 2.9e-4 * 0.5, 1e-5),
    ],
)
def test_after_the_warm_up_each_kind_follows_its_closed_form(kind, quarter, middle, end):
    curve = rates(schedule(kind))
    assert [curve[325], curve[550], curve[1000]] == pytest.approx([quarter, middle, end])


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_warm_up_the_run_starts_at_lr(kind):
    assert learning_rate(schedule(kind, warmup_ratio=0.0), 0) == pytest.approx(3e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_warm_up_as_long_as_the_run_ends_at_lr(kind):
    curve = rates(schedule(kind, warmup_ratio=1.0))
    assert curve[500] == pytest.approx(1.5e-4)
    assert curve[1000] == pytest.approx(3e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("warmup_ratio", [0.0, 0.03, 0.0777, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 7, 1000])
@pytest.mark.parametrize("min_lr", [0.0, 1e-5, 3e-4])
def test_the_rate_rises_then_falls_and_keeps_between_its_bounds(kind, warmup_ratio, steps, min_lr):
    curve = rates(schedule(kind, warmup_ratio=warmup_ratio, steps=steps, min_lr=min_lr))
    peak = next((step for step, rate in enumerate(curve) if step >= warmup_ratio * steps), steps)
    assert all(before <= after for before, after in pairwise(curve[:peak]))
    assert all(before >= after for before, after in pairwise(curve[peak:]))
    assert max(curve) <= 3e-4
    assert min(curve[peak:]) >= min_lr


def test_rounding_does_not_lift_the_peak_above_lr():
    lr, min_lr = 0.00191, 0.0009300000000000002
    assert min_lr + (lr - min_lr) > lr
    assert learning_rate(schedule(lr=lr, min_lr=min_lr, warmup_ratio=0.0), 0) == lr


def test_a_step_outside_the_run_counts_as_the_nearer_end():
    of = schedule()
    assert learning_rate(of, -5) == learning_rate(of, 0)
    assert learning_rate(of, 2000) == learning_rate(of, 1000)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"lr": 0.0}, "lr is 0.0"),
        ({"lr": inf}, "lr is inf"),
        ({"lr": nan}, "lr is nan"),
        ({"min_lr": 1e-3}, "min_lr is 0.001"),
        ({"min_lr": -1e-9}, "min_lr is -1e-09"),
        ({"warmup_ratio": 1.5}, "warmup_ratio is 1.5"),
        ({"warmup_ratio": nan}, "warmup_ratio is nan"),
        ({"steps": 0}, "total_steps is 0"),
    ],
)
def test_an_impossible_schedule_cannot_be_made(wrong, message):
    with pytest.raises(ValueError, match=message):
        schedule(**wrong)


def test_a_request_full_of_zeros_gets_the_defaults():
    plain = requested(None, lr=0.0, min_lr=0.0, warmup_ratio=0.0, n_samples=0, rows=4000)
    assert plain == Schedule(DEFAULT_KIND, DEFAULT_LR, 0.0, 0.0, DEFAULT_EPOCHS * 4000 // BATCH_SIZE)


def test_a_request_keeps_the_numbers_it_gives():
    asked = requested("cosine", lr=2e-3, min_lr=1e-6, warmup_ratio=0.2, n_samples=10_000, rows=30)
    assert asked == Schedule("cosine", 2e-3, 1e-6, 0.2, 10_000 // BATCH_SIZE)


@pytest.mark.parametrize("impossible", [-1.0, nan, inf, -inf])
def test_an_impossible_number_in_a_request_counts_as_zero(impossible):
    asked = requested(
        "linear", lr=impossible, min_lr=impossible, warmup_ratio=impossible, n_samples=8, rows=1
    )
    assert asked == Schedule("linear", DEFAULT_LR, 0.0, 0.0, 1)


def test_a_requested_floor_and_warm_up_stay_within_the_run():
    asked = requested("linear", lr=1e-5, min_lr=1.0, warmup_ratio=7.0, n_samples=8, rows=1)
    assert (asked.min_lr, asked.warmup_ratio) == (1e-5, 1.0)


def test_the_last_batch_may_be_short():
    assert total_steps(BATCH_SIZE + 1, rows=1) == 2
    assert total_steps(1, rows=1) == 1


def test_a_tiny_dataset_still_draws_a_curve():
    assert total_steps(0, rows=1) == MIN_DEFAULT_SAMPLES // BATCH_SIZE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("warmup_ratio", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("min_lr", [0.0, 1e-5, 3e-4])
def test_full_steps_are_the_area_under_the_rate(kind, warmup_ratio, min_lr):
    of = schedule(kind, warmup_ratio=warmup_ratio, min_lr=min_lr)
    area = 0.0
    for step, (before, after) in enumerate(pairwise(rates(of)), start=1):
        area += (before + after) / 2 / of.lr
        assert abs(full_steps(of, step) - area) <= 1e-4 * area
    assert full_steps(of, -1) == full_steps(of, 0) == 0
    assert full_steps(of, 5000) == full_steps(of, 1000)


def test_a_short_run_logs_every_step():
    assert logged_steps(4, at_most=100) == [1, 2, 3, 4]


@pytest.mark.parametrize("steps", [101, 1000, 12_345, 2**63 - 1])
def test_a_long_run_logs_evenly_spread_steps_up_to_the_last(steps):
    logged = logged_steps(steps, at_most=100)
    gaps = {after - before for before, after in pairwise([0, *logged])}
    assert len(logged) == 100
    assert logged[-1] == steps
    assert max(gaps) - min(gaps) <= 1
