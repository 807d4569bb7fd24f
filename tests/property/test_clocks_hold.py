"""For any life of a clock: it never goes back, never jumps by itself, and counts lived time exactly."""

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from aistudio_mock.domain.clock import ClockReading
from aistudio_mock.domain.instant import NEVER, Instant

_STEPS = st.integers(0, 10**7)
_RATES = st.fractions(0, 1000, max_denominator=1000)
_CHANGES = st.one_of(
    st.tuples(st.just("rate"), _RATES),
    st.tuples(st.just("advance"), _STEPS),
    st.tuples(st.just("skip"), st.integers(-(10**6), 10**9)),
    st.tuples(st.just("nothing"), st.none()),
)
_LIVES = st.lists(st.tuples(_STEPS, _CHANGES), max_size=12)
_CLOCKS = st.tuples(st.integers(0, 10**15).map(Instant), st.integers(0, 10**12).map(Instant), _RATES).map(
    lambda parts: ClockReading(*parts)
)


def changed(clock, real, change):
    kind, value = change
    match kind:
        case "rate":
            return clock.at_rate(real, value)
        case "advance":
            return clock.advanced(real, value)
        case "skip":
            return clock.skipped_to(real, Instant(clock.now(real) + value))
    return clock


@given(_CLOCKS, _LIVES)
def test_a_clock_never_goes_back(clock, life):
    real, last = clock.real_base, clock.now(clock.real_base)
    for step, change in life:
        real = Instant(real + step)
        assert clock.now(real) >= last
        last = clock.now(real)
        clock = changed(clock, real, change)
        assert clock.now(real) >= last
        last = clock.now(real)


@given(_CLOCKS, _STEPS, _RATES)
def test_changing_the_rate_is_continuous(clock, step, rate):
    real = Instant(clock.real_base + step)
    assert clock.at_rate(real, rate).now(real) == clock.now(real)


@given(_CLOCKS, _STEPS, _STEPS)
def test_an_advance_moves_by_exactly_what_was_asked(clock, step, by):
    real = Instant(clock.real_base + step)
    assert clock.advanced(real, by).now(real) == clock.now(real) + by


@given(_CLOCKS, _STEPS, _STEPS)
def test_a_skip_arrives_exactly(clock, step, by):
    real = Instant(clock.real_base + step)
    moment = Instant(clock.now(real) + by)
    assert clock.skipped_to(real, moment).now(real) == moment


@given(_CLOCKS, _LIVES)
def test_lived_time_is_all_time_but_the_skips(clock, life):
    real = clock.real_base
    begin, skipped = clock.now(real), 0
    for step, change in life:
        real = Instant(real + step)
        before = clock.now(real)
        clock = changed(clock, real, change)
        if change[0] == "skip":
            skipped += clock.now(real) - before
    assert clock.lived(begin, clock.now(real)) == clock.now(real) - begin - skipped


@example(ClockReading(Instant(0), Instant(0), Fraction(0)), [(0, ("skip", 1000))], (10, 100, 100))
@given(_CLOCKS, _LIVES, st.tuples(*[st.integers(0, 100)] * 3))
def test_lived_time_is_never_negative_and_adds_up(clock, life, shares):
    real = clock.real_base
    begin = clock.now(real)
    for step, change in life:
        real = Instant(real + step)
        clock = changed(clock, real, change)
    span = clock.now(real) - begin
    first, second, third = (Instant(begin + span * share // 100) for share in sorted(shares))
    assert clock.lived(first, second) >= 0
    assert clock.lived(first, second) + clock.lived(second, third) == clock.lived(first, third)


@given(_CLOCKS, st.lists(_STEPS, max_size=8))
def test_setting_the_same_rate_again_loses_less_than_a_microsecond_each_time(clock, steps):
    plain, real = clock, clock.real_base
    for step in steps:
        real = Instant(real + step)
        clock = clock.at_rate(real, Fraction(clock.rate))
    assert plain.now(real) - len(steps) <= clock.now(real) <= plain.now(real)


@given(_CLOCKS, _LIVES, _STEPS, st.integers(1, 10**9))
def test_a_clock_goes_less_far_before_the_moment_that_it_names_for_it(clock, life, step, ahead):
    """And hardly less: one microsecond of virtual time."""
    real = clock.real_base
    for wait, change in life:
        real = Instant(real + wait)
        clock = changed(clock, real, change)
    real = Instant(real + step)
    until = clock.not_before(real, ahead)
    if until == NEVER:
        assert not clock.rate
        return
    last = max(real, Instant(until - 1))
    assert clock.now(last) - clock.now(real) < ahead
    assert clock.now(Instant(until + 1)) - clock.now(real) >= ahead - 1 - clock.rate
