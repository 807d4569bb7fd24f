"""Token counts, first of all the documented ones."""

from dataclasses import dataclass

import pytest

from aistudio_mock.domain.tokens import count, count_input, count_prompt, tokenize


@dataclass
class Said:
    text: str


@pytest.mark.parametrize(("question", "tokens"), [("Как тебя зовут?", 14), ("Откуда ты?", 13)])
def test_a_prompt_has_the_documented_count(question, tokens):
    assert count_prompt([Said(question)]) == tokens


@pytest.mark.parametrize(
    ("answer", "tokens"), [("Меня зовут Женя. Полностью - Евгений Нейроныч.", 11), ("Из Перми", 2)]
)
def test_a_completion_has_the_documented_count(answer, tokens):
    assert count(answer) == tokens


def test_a_classified_text_has_the_recorded_count():
    assert count_input("hello") == 2


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \n\t", []),
        ("one two", ["one", "two"]),
        ("Евгений", ["Евгений"]),
        ("Нейроныч", ["Нейроны", "ч"]),
        ("a" * 15, ["a" * 7, "a" * 7, "a"]),
        ("Wait...", ["Wait", ".", ".", "."]),
        ("snake_case", ["snake", "_", "case"]),
        ("3.14", ["3", ".", "14"]),
        ("ok👍", ["ok", "👍"]),
    ],
)
def test_words_fall_into_pieces_of_seven_and_marks_stand_alone(text, tokens):
    assert tokenize(text) == tokens


def test_a_composed_and_a_decomposed_letter_count_the_same():
    assert tokenize("и\u0306") == tokenize("й") == ["й"]


def test_the_overhead_is_paid_once_for_a_prompt():
    assert count_prompt([]) == 10
    assert count_prompt([Said("a b"), Said("c")]) == 13
