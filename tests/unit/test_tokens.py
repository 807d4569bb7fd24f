"""Token counts, first of all the documented ones."""

from dataclasses import dataclass

import pytest

from aistudio_mock.domain.tokens import (
    count,
    count_input,
    count_prompt,
    pieces,
    prompt_pieces,
    shortened,
    tokenize,
)


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


RECORDED = [
    ("prompt", "Как тебя зовут?", 14),
    ("prompt", "Откуда ты?", 13),
    ("answer", "Меня зовут Женя. Полностью - Евгений Нейроныч.", 11),
    ("answer", "Из Перми", 2),
    ("input", "hello", 2),
]
"""Every count that is known with its text (seed 002; service-behaviour f)."""
COUNTS = {"prompt": lambda text: count_prompt([Said(text)]), "answer": count, "input": count_input}


@pytest.mark.parametrize(("kind", "text", "tokens"), RECORDED)
def test_no_count_is_far_from_a_recorded_one(kind, text, tokens):
    assert COUNTS[kind](text) == pytest.approx(tokens, rel=0.15)


@pytest.mark.parametrize("text", ["", "Как тебя зовут?", "  Нейроныч…\n\n- да", "и\u0306 ok👍"])
def test_as_many_tokens_are_shown_as_are_counted(text):
    assert len(pieces(text)) == count_input(text)
    assert len(prompt_pieces([Said(text), Said("a b")])) == count_prompt([Said(text), Said("a b")])


def test_a_token_tells_of_the_space_before_it():
    told = [piece.text for piece in pieces("Да, Нейроныч!") if not piece.special]
    assert told == ["▁Да", ",", "▁Нейроны", "ч", "!"]


def test_the_same_token_has_the_same_id_everywhere():
    _, first, _, again = pieces("да нет да")
    assert first == again


def test_a_text_is_cut_after_a_number_of_tokens():
    text = "Меня зовут  Нейроныч."
    parts = [shortened(text, number) for number in range(1, 6)]
    assert parts == ["Меня", "Меня зовут", "Меня зовут  Нейроны", "Меня зовут  Нейроныч", None]
    assert all(count(part) == number for number, part in enumerate(parts[:4], 1))
