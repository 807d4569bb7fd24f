"""Texts as vectors: length, prefixes, nearness; and what tuning does to them."""

import subprocess
import sys
from math import fsum, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_formats.examples import EXAMPLE_ROWS
from aistudio_formats.examples_generated import generated
from aistudio_mock.domain.neighbours import Neighbours
from aistudio_mock.domain.vectors import cosine, unit, vector

MARGIN = 0.3
PAIRS = {language: list(generated("TextEmbeddingsPair", 300, language, seed=2)) for language in ("ru", "en")}


def length(one):
    return sqrt(fsum(each * each for each in one))


def margin(place, rows):
    """By how much the mean cosine of positives exceeds that of pairs that do not belong together."""
    anchors = [place(row["anchor"]) for row in rows]
    positives = [place(row["positive"]) for row in rows]
    together = [cosine(*pair) for pair in zip(anchors, positives, strict=True)]
    apart = [
        cosine(anchors[index], positives[(index + shift) % len(rows)])
        for shift in (1, 3)
        for index in range(len(rows))
    ]
    return sum(together) / len(together) - sum(apart) / len(apart)


@given(st.text(max_size=200), st.sampled_from([1, 7, 35, 128, 256, 500]))
def test_any_text_has_a_vector_of_length_one(text, dim):
    placed = vector(text, dim)
    assert len(placed) == dim
    assert length(placed) == pytest.approx(1)


@given(st.text(max_size=50), st.integers(1, 127))
def test_the_beginning_of_a_longer_vector_is_the_shorter_one(text, dim):
    assert vector(text, dim) == pytest.approx(unit(vector(text, 128)[:dim]))


def test_texts_lie_the_nearer_the_more_they_share():
    asked = vector("Как вернуть товар в магазин?")
    nearness = [
        cosine(asked, vector(text))
        for text in (
            "как вернуть товар в магазин?",
            "Как вернуть товар?",
            "Возврат товаров",
            "Прогноз погоды",
        )
    ]
    assert nearness == sorted(nearness, reverse=True)
    assert nearness[0] == pytest.approx(1)
    assert nearness[-1] < 0.2


def test_another_process_places_a_text_alike():
    program = "from aistudio_mock.domain.vectors import vector; print(vector('Где Кама?', 8))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == str(vector("Где Кама?", 8))


def test_nothing_at_all_has_a_direction_too():
    assert unit([0.0, 0.0]) == [1.0, 0.0]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_pairs_that_were_trained_on_lie_nearer_than_others(language):
    rows = PAIRS[language][:100]
    assert margin(Neighbours.learned_from(rows).vector, rows) >= MARGIN


@pytest.mark.parametrize("language", ["ru", "en"])
def test_texts_like_those_of_training_go_with_them(language):
    rows = PAIRS[language]
    tuned = Neighbours.learned_from(rows[:250])
    written_anew = [
        {name: f"a скажи, {text.lower().rstrip('?.')} пожалуйста" for name, text in row.items()}
        for row in rows[:60]
    ]
    for similar in (written_anew, rows[250:]):
        assert margin(tuned.vector, similar) >= max(MARGIN, margin(vector, similar) + 0.1)


def test_negatives_are_pushed_away():
    rows = list(generated("TextEmbeddingsTriplet", 100, "ru", seed=4))
    tuned = Neighbours.learned_from(rows)
    assert margin(tuned.vector, rows) >= MARGIN
    negatives = [cosine(tuned.vector(row["anchor"]), tuned.vector(row["negative"])) for row in rows]
    assert sum(negatives) / len(negatives) < 0


def _star(size):
    """Many texts paired with one name of each of ten topics."""
    return [
        {"anchor": f"question {number * 7919} about {number % 10}", "positive": f"topic {number % 10}"}
        for number in range(size)
    ]


def _chain(size):
    return [{"anchor": f"sentence {n}", "positive": f"sentence {n + 1}"} for n in range(size)]


def _few_words(size):
    """Pairs that share nothing but words which all texts share."""
    common = ["модель", "ответ", "вопрос", "город", "река", "книга", "слово", "время"]
    return [
        {
            side: " ".join(common[(number * step + place) // (place + 1) % 8] for place in range(6))
            + f" {number}"
            for side, step in (("anchor", 3), ("positive", 5))
        }
        for number in range(size)
    ]


@pytest.mark.parametrize("rows", [_star(80), _chain(80), _few_words(80)], ids=["star", "chain", "few words"])
def test_pairs_of_any_shape_are_learned(rows):
    assert margin(Neighbours.learned_from(rows).vector, rows) >= MARGIN


@pytest.mark.parametrize("kind", ["TextEmbeddingsPair", "TextEmbeddingsTriplet"])
def test_four_rows_are_enough(kind):
    rows = EXAMPLE_ROWS[kind]
    assert margin(Neighbours.learned_from(rows).vector, rows) >= MARGIN


@given(st.text(max_size=40), st.sampled_from([35, 128]))
@settings(max_examples=25)
def test_a_tuned_model_places_any_text(text, dim):
    tuned = Neighbours.learned_from([{"anchor": "foo", "positive": "barr"}])
    assert length(tuned.vector(text, dim)) == pytest.approx(1)


def test_the_one_recorded_pair_becomes_one_place():
    tuned = Neighbours.learned_from([{"anchor": "foo", "positive": "barr"}])
    assert cosine(tuned.vector("foo"), tuned.vector("barr")) > 0.9
    assert cosine(vector("foo"), vector("barr")) < 0.2


def test_no_rows_make_no_model():
    with pytest.raises(ValueError, match="no training rows"):
        Neighbours.learned_from([])
