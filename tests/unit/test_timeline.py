"""The timeline's rules, each with its edge; tests/property/test_timelines_hold.py has them for any times."""

import pytest

from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.timeline import Mark, Timeline


@pytest.fixture
def story():
    return (
        Timeline.starting(Instant(10), "new")
        .then(Instant(20), "busy")
        .then(Instant(30), "done", terminal=True)
    )


def test_a_mark_at_exactly_now_has_happened(story):
    assert story.at(Instant(20)) == Mark(20, "busy")


def test_a_mark_one_microsecond_ahead_has_not_happened(story):
    assert story.at(Instant(19)).state == "new"


def test_before_the_first_mark_the_first_one_is_shown(story):
    assert story.at(Instant(0)).state == "new"
    assert story.history(Instant(0)) == ()


def test_the_history_is_what_has_happened_oldest_first(story):
    assert [mark.state for mark in story.history(Instant(20))] == ["new", "busy"]


def test_the_next_mark_is_the_first_one_that_has_not_happened(story):
    assert story.next_after(Instant(20)) == Mark(30, "done", terminal=True)
    assert story.next_after(Instant(30)) is None


def test_of_two_marks_at_one_moment_the_later_written_is_shown():
    story = Timeline.starting(Instant(10), "new").then(Instant(10), "busy")
    assert story.at(Instant(10)).state == "busy"


def test_appending_gives_another_timeline_and_leaves_the_first_alone():
    first = Timeline.starting(Instant(10), "new")
    second = first.then(Instant(20), "busy")
    assert first.last.state == "new"
    assert second.last.state == "busy"


def test_nothing_is_appended_before_the_last_mark():
    with pytest.raises(ValueError, match="a mark at 9 would lie before the last one at 10"):
        Timeline.starting(Instant(10), "new").then(Instant(9), "busy")


def test_nothing_follows_a_terminal_state(story):
    with pytest.raises(ValueError, match="nothing follows the terminal state 'done'"):
        story.then(Instant(40), "again")


def test_a_cut_keeps_what_happened_at_exactly_now(story):
    assert [mark.state for mark in story.cut(Instant(20)).marks] == ["new", "busy"]


def test_a_cut_removes_the_future(story):
    assert [mark.state for mark in story.cut(Instant(19)).marks] == ["new"]


def test_a_cut_before_the_first_mark_leaves_the_first_mark(story):
    assert story.cut(Instant(0)).marks == story.marks[:1]


def test_a_cut_after_the_terminal_mark_changes_nothing(story):
    assert story.cut(Instant(30)) == story


def test_a_terminal_state_that_was_cut_away_can_be_followed(story):
    assert story.cut(Instant(25)).then(Instant(25), "cancelled", terminal=True).last.state == "cancelled"


def test_an_open_timeline_shows_its_last_mark_at_any_later_time():
    story = Timeline.starting(Instant(10), "new").then(Instant(20), "busy").awaiting()
    assert story.is_open
    assert story.at(Instant(10**15)).state == "busy"
    assert story.next_after(Instant(20)) is None


def test_a_sealed_timeline_keeps_its_marks(story):
    assert story.awaiting().sealed() == story


def test_what_is_appended_to_an_open_timeline_leaves_it_open():
    assert Timeline.starting(Instant(10), "new").awaiting().then(Instant(20), "busy").is_open


def test_a_cut_timeline_is_not_open():
    assert not Timeline.starting(Instant(10), "new").awaiting().cut(Instant(15)).is_open
