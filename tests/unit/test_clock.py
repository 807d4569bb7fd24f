"""The clock as a value, and the folder's clock that runs it on real time."""

import sys
import threading
from fractions import Fraction

import pytest

from aistudio_mock.domain.clock import ClockReading
from aistudio_mock.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from aistudio_mock.runtime.clocks import FolderClock, system_now

START = Instant(1_000 * SECOND)
REAL = Instant(50 * SECOND)


def real(seconds):
    return Instant(REAL + seconds * SECOND)


def virtual(seconds):
    return Instant(START + seconds * SECOND)


@pytest.fixture
def clock():
    return ClockReading(START, REAL)


def test_a_clock_runs_with_real_time(clock):
    assert clock.now(REAL) == START
    assert clock.now(real(7)) == virtual(7)


def test_a_clock_at_rate_ten_runs_ten_times_as_fast():
    assert ClockReading(START, REAL, Fraction(10)).now(real(7)) == virtual(70)


def test_a_clock_at_rate_zero_stands_still():
    assert ClockReading(START, REAL, Fraction(0)).now(real(7)) == START


def test_real_time_before_the_base_does_not_take_the_clock_back(clock):
    assert clock.now(real(-3)) == START


def test_changing_the_rate_does_not_jump(clock):
    faster = clock.at_rate(real(5), Fraction(60))
    assert faster.now(real(5)) == clock.now(real(5))
    assert faster.now(real(6)) == virtual(5 + 60)


def test_a_negative_rate_is_refused(clock):
    with pytest.raises(ValueError, match="time never goes back"):
        clock.at_rate(REAL, Fraction(-1))


def test_advancing_moves_the_clock_and_nothing_else(clock):
    moved = clock.advanced(real(5), HOUR)
    assert moved.now(real(5)) == virtual(5) + HOUR
    assert moved.now(real(6)) == virtual(6) + HOUR


def test_a_negative_advance_is_refused(clock):
    with pytest.raises(ValueError, match="moves forward only"):
        clock.advanced(REAL, -1)


def test_advanced_time_is_lived_time(clock):
    moved = clock.advanced(real(5), DAY)
    assert moved.lived(START, moved.now(real(6))) == 6 * SECOND + DAY


def test_skipped_time_is_not_lived_time(clock):
    moved = clock.skipped_to(real(5), virtual(500))
    assert moved.now(real(6)) == virtual(501)
    assert moved.lived(START, moved.now(real(6))) == 6 * SECOND


def test_skipping_to_the_past_or_present_changes_nothing(clock):
    assert clock.skipped_to(real(5), virtual(5)) is clock
    assert clock.skipped_to(real(5), virtual(4)) is clock


def test_lived_time_after_a_skip_is_whole(clock):
    moved = clock.skipped_to(real(5), virtual(500))
    assert moved.lived(virtual(500), moved.now(real(15))) == 10 * SECOND


def test_several_skips_add_up(clock):
    moved = clock.skipped_to(real(5), virtual(100)).skipped_to(real(6), virtual(300))
    assert moved.lived(START, moved.now(real(8))) == 8 * SECOND


def test_a_moment_inside_a_skip_is_as_old_as_the_skip_s_end(clock):
    # A URL signed right after a skip names the whole second, which lies inside the skip.
    end = Instant(virtual(500) + 400_000)
    moved = clock.skipped_to(real(5), end)
    assert moved.lived(virtual(500), moved.now(real(5))) == 0
    assert moved.lived(virtual(500), moved.now(real(15))) == 10 * SECOND


def test_a_folder_clock_starts_at_the_system_s_time():
    before = system_now()
    now = FolderClock(Fraction(0)).now()
    assert before <= now <= system_now()


def test_a_folder_clock_can_start_anywhere():
    assert FolderClock(Fraction(0), START).now() == START


def test_a_standing_folder_clock_moves_when_told():
    clock = FolderClock(Fraction(0), START)
    assert clock.advance(MINUTE) == START + MINUTE
    clock.skip_to(Instant(START + HOUR))
    assert clock.now() == START + HOUR


def test_a_folder_clock_tells_lived_time_from_skipped_time():
    clock = FolderClock(Fraction(0), START)
    clock.skip_to(Instant(START + HOUR))
    clock.advance(MINUTE)
    assert clock.age(START) == MINUTE


def test_a_folder_clock_can_change_its_rate():
    clock = FolderClock(Fraction(0), START)
    clock.run_at(Fraction(1000))
    assert clock.rate == 1000
    assert clock.now() >= START


def test_a_refused_rate_leaves_the_folder_clock_as_it_was():
    clock = FolderClock(Fraction(0), START)
    with pytest.raises(ValueError, match="time never goes back"):
        clock.run_at(Fraction(-1))
    assert clock.rate == 0


@pytest.fixture
def switching_often():
    """Threads take turns as often as they can, so that what can go wrong between two of them does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_a_folder_clock_never_goes_back_while_others_move_it(switching_often):
    clock = FolderClock(Fraction(1_000_000), START)
    finished = threading.Event()

    def move():
        for number in range(3000):
            clock.run_at(Fraction(1_000_000 if number % 2 else 0))
            clock.skip_to(Instant(clock.now() + 1))
        finished.set()

    mover = threading.Thread(target=move)
    mover.start()
    last, went_back = clock.now(), 0
    while not finished.is_set():
        now = clock.now()
        went_back += now < last
        last = now
    mover.join()
    assert went_back == 0
