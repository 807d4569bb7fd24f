"""For any story, any command and any later time: the past stays as it was read, and an end is the end."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.timeline import Timeline

_FAR = 10**6
_MOMENTS = st.integers(0, _FAR).map(Instant)


@dataclass
class Told:
    """A story, and the last moment at which a command may have been given."""

    timeline: Timeline[str]
    begins: Instant


@st.composite
def stories(draw):
    moments = sorted(draw(st.lists(_MOMENTS, min_size=1, max_size=6)))
    first, *others = moments
    timeline = Timeline.starting(first, "s0")
    for number, moment in enumerate(others[:-1], 1):
        timeline = timeline.then(moment, f"s{number}")
    if others:
        timeline = timeline.then(others[-1], "end", terminal=draw(st.booleans()))
    return Told(
        timeline.awaiting() if draw(st.booleans()) and not timeline.last.terminal else timeline, first
    )


@st.composite
def commands(draw):
    """(now, what a command at `now` does): it cuts, appends, or does both; it may end the story."""
    now = draw(_MOMENTS)
    delay = draw(st.integers(0, _FAR))
    ends = draw(st.booleans())

    def append(timeline):
        at = max(now + delay, timeline.last.at)
        return timeline if timeline.last.terminal else timeline.then(Instant(at), "appended", terminal=ends)

    def cut(timeline):
        return timeline.cut(now)

    def cancel(timeline):
        left = timeline.cut(now)
        return left if left.last.terminal else left.then(max(now, left.last.at), "cancelled", terminal=True)

    return now, draw(st.sampled_from([append, cut, cancel]))


@given(stories(), commands(), _MOMENTS)
def test_reading_at_an_earlier_now_stays_true_after_any_later_command(told, command, earlier):
    now, change = command
    changed = change(told.timeline)
    if earlier < now:
        assert changed.at(earlier) == told.timeline.at(earlier)
        assert changed.history(earlier) == told.timeline.history(earlier)


@given(stories(), st.lists(commands(), max_size=5), _MOMENTS)
def test_no_number_of_commands_edits_the_past(told, given_commands, earlier):
    timeline = told.timeline
    for now, change in sorted(given_commands, key=lambda command: command[0]):
        if now > earlier:
            timeline = change(timeline)
    assert timeline.at(earlier) == told.timeline.at(earlier)


@given(stories(), commands(), _MOMENTS)
def test_a_terminal_state_that_has_happened_absorbs_every_command(told, command, later):
    now, change = command
    seen = told.timeline.at(now)
    if seen.terminal:
        assert change(told.timeline).at(Instant(now + later)) == seen


@given(stories(), _MOMENTS, _MOMENTS)
def test_a_cancelled_story_is_cancelled_for_ever(told, now, later):
    left = told.timeline.cut(now)
    if not left.last.terminal:
        now = max(now, left.last.at)
        cancelled = left.then(now, "cancelled", terminal=True)
        assert cancelled.at(Instant(now + later)).state == "cancelled"
        assert cancelled.next_after(now) is None


@given(stories(), _MOMENTS, _MOMENTS)
def test_after_a_cut_nothing_new_happens(told, now, later):
    now = max(now, told.begins)
    assert told.timeline.cut(now).at(Instant(now + later)) == told.timeline.at(now)


@given(stories(), _MOMENTS)
def test_reading_twice_gives_the_same(told, now):
    assert told.timeline.at(now) == told.timeline.at(now)


@given(stories(), _MOMENTS, _MOMENTS)
def test_a_later_reading_never_shows_an_earlier_mark(told, now, later):
    assert told.timeline.at(Instant(now + later)).at >= told.timeline.at(now).at


@given(stories(), _MOMENTS)
def test_history_present_and_future_are_the_whole_story(told, now):
    story = told.timeline
    following = story.next_after(now)
    happened = story.history(now)
    rest = story.marks[len(happened) :]
    assert happened + rest == story.marks
    assert (following,) == rest[:1] if rest else following is None
    assert all(mark.at <= now for mark in happened)
    assert all(mark.at > now for mark in rest)
