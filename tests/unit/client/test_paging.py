"""Lists: to the last page, each item once, and never in a circle."""

import pytest

from aistudio_client import AIStudioError
from aistudio_client._flows import tunings
from tests.unit.client.world import World, link, reply

LIST = "TuningService/List"


def page(token, *ids):
    return reply(LIST, tuning_tasks=[{"task_id": one} for one in ids], next_page_token=token)


def listed(*pages):
    world = World(TuningService__List=list(pages))
    world.play(tunings.list_(link(), page_size=2))
    return [one.id for one in world.emitted], [one.request.page_token for one in world.calls(LIST)]


def test_a_full_last_page_without_a_token_ends_the_list():
    assert listed(page("x", "a", "b"), page("", "c", "d")) == (["a", "b", "c", "d"], ["", "x"])


def test_an_empty_page_after_the_last_one_ends_the_list():
    assert listed(page("x", "a"), page("")) == (["a"], ["", "x"])


def test_an_empty_page_with_a_token_is_not_the_end():
    assert listed(page("x"), page("", "a")) == (["a"], ["", "x"])


def test_an_item_that_moved_to_the_next_page_is_given_once():
    assert listed(page("x", "a", "b"), page("", "b", "c"))[0] == ["a", "b", "c"]


def test_a_token_that_comes_back_is_told():
    with pytest.raises(AIStudioError, match="leads back"):
        listed(page("x", "a"), page("x", "b"))


def test_a_page_that_comes_back_is_told():
    with pytest.raises(AIStudioError, match="leads back"):
        listed(page("x", "a"), page("y", "a"), page("z", "a"))
