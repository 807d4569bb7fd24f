"""What a poll does while the outcome of an operation is still being computed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from msgspec.structs import replace

from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import FolderDefaults, Folders, Pace
from aistudio_mock.backend.identity import Credential
from aistudio_mock.backend.open_stories import OpenStories
from aistudio_mock.backend.polling import Polling
from aistudio_mock.backend.store import Store
from aistudio_mock.domain.errors import NotFound
from aistudio_mock.domain.instant import MINUTE, later
from aistudio_mock.domain.operation import Operation, OperationState
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.runtime.chance import Ids


class WatchedStories(OpenStories):
    """Says when somebody has begun to wait."""

    def __init__(self):
        super().__init__()
        self.waited_for = Event()

    def wait(self, operation_id, seconds):
        self.waited_for.set()
        super().wait(operation_id, seconds)


class Bench:
    """A folder on a clock that only polls move, and one operation whose outcome is being computed."""

    def __init__(self):
        self.folder = Folders(Ids(1), FolderDefaults(pace=Pace.SKIP, rate=0)).default
        self.store, self.stories = Store(), WatchedStories()
        self.polling = Polling(self.store, self.stories)
        self.begun = self.folder.clock.now()
        story = Timeline.starting(self.begun, OperationState()).awaiting()
        self.end = later(self.begun, MINUTE)
        self.operation = Operation("fdsop", self.folder.id, self.begun, story, phases=(self.end,))
        self.store.operations.put(self.operation)
        self.stories.begin("fdsop", self.folder.id)

    def poll(self, patience=30.0):
        """What one poll finds."""
        call = Call(Credential(self.folder, None), patience=patience)
        return self.polling.poll(call, self.operation, self.folder)

    def seal(self):
        """The operation ends a minute after its begin."""
        story = self.operation.timeline.then(self.end, OperationState(done=True), terminal=True).sealed()
        self.store.operations.put(replace(self.operation, timeline=story))


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def threads():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_it_is_held_until_the_outcome_is_known_and_then_shows_the_end(bench, threads):
    polled = threads.submit(bench.poll)
    assert bench.stories.waited_for.wait(30)
    bench.seal()
    assert not polled.done()
    bench.stories.end("fdsop")

    assert polled.result(30).is_done(bench.folder.clock.now())
    assert bench.folder.clock.now() == bench.end


def test_it_finds_nothing_where_the_operation_went_away_meanwhile(bench, threads):
    polled = threads.submit(bench.poll)
    assert bench.stories.waited_for.wait(30)
    bench.store.operations.drop(bench.folder.id)
    bench.stories.end("fdsop")

    with pytest.raises(NotFound, match="operation fdsop not found"):
        polled.result(30)


def test_a_caller_without_patience_is_told_what_is_known_and_no_time_passes(bench):
    assert bench.poll(patience=0) == bench.operation
    assert bench.folder.clock.now() == bench.begun
