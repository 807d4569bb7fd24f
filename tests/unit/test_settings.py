"""Behaviours in force: the edition's, with single ones set by hand."""

import pytest

from aistudio_mock.domain.behaviours import EDITIONS, VALUES, Behaviours
from aistudio_mock.domain.settings import choose

EVERY_VALUE = [(name, value) for name, values in VALUES.items() for value in values]


def test_the_newest_edition_is_the_defaults():
    assert choose("2025-12", {}) == Behaviours()


def test_an_older_edition_differs_where_it_was_seen_to():
    assert choose("2024-12", {}).tuning_task_id == "different"
    assert choose("2025-01", {}).tuning_task_id == "same"
    assert choose("2025-01", {}).tune_reply == "empty-metadata"


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(("name", "value"), EVERY_VALUE)
def test_every_value_can_be_set_on_every_edition_and_changes_nothing_else(edition, name, value):
    plain, chosen = choose(edition, {}), choose(edition, {name.replace("_", "-"): value})
    assert getattr(chosen, name) == value
    assert [other for other in VALUES if getattr(chosen, other) != getattr(plain, other)] in ([], [name])


def test_several_are_set_at_once():
    chosen = choose("2025-12", {"cancel-finished": "refuse", "foreign-folder": "not-found"})
    assert (chosen.cancel_finished, chosen.foreign_folder) == ("refuse", "not-found")


def test_an_unknown_edition_is_refused_with_those_known():
    with pytest.raises(ValueError, match="edition: no '2023-01'; known: 2024-12, 2025-01, 2025-12"):
        choose("2023-01", {})


def test_an_unknown_behaviour_is_refused_with_those_known():
    with pytest.raises(ValueError, match=r"set: no settable behaviour 'no-such'; known: .*cancel-finished, "):
        choose("2025-12", {"no-such": "x"})


def test_an_unknown_value_is_refused_with_those_possible():
    with pytest.raises(
        ValueError, match="set: cancel-finished cannot be 'maybe'; it can be unchanged or refuse"
    ):
        choose("2025-12", {"cancel-finished": "maybe"})


def test_text_that_has_a_reader_need_not_be_among_the_values():
    assert choose("2025-12", {"quotas": "datasets:3"}).quotas == "datasets:3"


def test_text_that_its_reader_does_not_understand_is_refused_with_what_it_would():
    with pytest.raises(ValueError, match=r"set: quotas cannot be 'many': 'many' is no limit; write off, "):
        choose("2025-12", {"quotas": "many"})


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_edition_sets_values_that_exist(edition):
    for name, value in EDITIONS[edition].items():
        assert value in VALUES[name]


def test_the_default_of_each_behaviour_is_its_first_value():
    for name, values in VALUES.items():
        assert getattr(Behaviours(), name) == values[0]
