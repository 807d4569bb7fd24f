"""The threads of calls: one for each call in progress, up to a limit, and nothing ends one but `shut`."""

from threading import Barrier, Event
from threading import enumerate as threads

import pytest

from aistudio_mock.transport.grpc.threads import Threads

NAME = "threads-under-test"
PATIENCE = 20


@pytest.fixture
def pool():
    made = Threads(3, NAME)
    yield made
    made.shut()
    for thread in ours():
        thread.join(PATIENCE)
    assert not ours()


def ours():
    return [thread for thread in threads() if thread.name == NAME]


def over(submitted):
    """Waits for the end of a call."""
    ended = Event()
    submitted.add_done_callback(lambda _: ended.set())
    return ended.wait(PATIENCE)


def test_calls_that_wait_for_each_other_are_all_begun(pool):
    meeting = Barrier(3)
    calls = [pool.submit(meeting.wait, PATIENCE) for _ in range(3)]
    assert all(map(over, calls))


def test_more_calls_than_threads_wait_for_a_thread(pool):
    gate = Event()
    held = [pool.submit(gate.wait, PATIENCE) for _ in range(3)]
    last = pool.submit(lambda: None)
    assert len(ours()) == 3
    gate.set()
    assert all(map(over, (*held, last)))


def test_a_thread_that_is_idle_is_taken_again(pool):
    for _ in range(5):
        assert over(pool.submit(lambda: None))
    assert len(ours()) <= 2  # a call may come while the one before is ending


def test_whatever_a_call_raises_its_thread_goes_on(pool, caplog):
    for _ in range(5):
        assert over(pool.submit(exit_))
    assert over(pool.submit(lambda: None))
    assert "SystemExit" in caplog.text


def exit_():
    raise SystemExit
