"""Matchers and paths: what a case can say of a value."""

import pytest

from aistudio_conformance.match import MatcherError, look, mismatch, require_matcher


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        (3, 3), (3, "3"), ("a", "a"), (None, None), (True, True), (1.5, 1.5),
        ({"exactly": {}}, {}), ({"exactly": [1, 2]}, [1, 2]),
        ({"matches": "^Bearer "}, "Bearer x"), ({"one-of": ["a", None]}, None),
        ({"contains": "ab"}, "cabd"), ({"contains": 1}, [1]), ({"contains": "k"}, {"k": 1}),
        ({"length": 2}, "ab"), ({"absent": True}, None), ({"absent": False}, 0),
    ],
)  # fmt: skip
def test_as_wanted(wanted, seen):
    assert mismatch(wanted, seen) == ""


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        (3, 4), (3, "03"), (3, None), (1, True), (True, 1), ("3", 3), ("a", None), (False, None),
        ({"exactly": {}}, None), ({"exactly": []}, ()), ({"matches": "x"}, None), ({"matches": "x"}, 5),
        ({"one-of": ["a"]}, "b"), ({"contains": "a"}, None), ({"length": 0}, None),
        ({"absent": True}, ""), ({"absent": False}, None),
    ],
)  # fmt: skip
def test_not_as_wanted(wanted, seen):
    assert mismatch(wanted, seen) != ""


def test_the_reason_says_both_and_is_short():
    assert mismatch({"matches": "^a"}, "b") == "'b' is not matches '^a'"
    assert len(mismatch("a", "x" * 5000)) < 300


@pytest.mark.parametrize("matcher", [{"like": 1}, {}, {"matches": "a", "length": 1}])
def test_a_matcher_that_is_none_is_refused(matcher):
    with pytest.raises(MatcherError, match="one of exactly, matches"):
        require_matcher(matcher)


def test_paths_reach_into_entries():
    assert look("response.errors[].rows[]", {"response": {"errors": [{"rows": [1]}, {"rows": [2]}]}}) == [
        1,
        2,
    ]
    assert look("a.b.c", {"a": 1}) is None
