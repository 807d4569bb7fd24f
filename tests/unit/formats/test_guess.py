"""The task type of a file, by its first rows: said when it is clear, never when it is not."""

import io

import pytest

from aistudio_formats import examples, guess
from aistudio_formats.guess import Guess

PAIR, TRIPLET = '{"anchor": "a", "positive": "b"}\n', '{"anchor": "a", "positive": "b", "negative": "c"}\n'
ONE, TWO = '{"text": "a", "joy": 1, "sad": 0}\n', '{"text": "a", "joy": 1, "sad": 1}\n'


def guessed(text: str) -> Guess:
    return guess.guess(io.BytesIO(text.encode()))


@pytest.mark.parametrize("task_type", sorted(set(examples.EXAMPLES) - {"TextClassificationMulticlass"}))
def test_rows_of_a_shape_of_their_own_say_their_type(task_type):
    text = examples.EXAMPLES[task_type]
    assert guessed(TWO + ONE if "Classification" in task_type else text).task_type == task_type


def test_classes_of_which_one_is_1_may_be_either_kind():
    found = guessed(ONE * 9)
    assert found.task_type is None
    assert set(found.task_types) == {"TextClassificationMultilabel", "TextClassificationMulticlass"}


def test_one_row_with_two_classes_among_many_does_not_decide():
    assert guessed(ONE * 9 + TWO).task_type is None
    assert guessed(ONE + TWO * 9).task_type == "TextClassificationMultilabel"


def test_a_few_wrong_rows_do_not_matter():
    assert guessed("{}\n" + PAIR * 5 + TRIPLET).task_type == "TextEmbeddingsPair"
    assert guessed(PAIR * 5 + TRIPLET * 4).task_type is None


def test_rows_of_no_type_are_no_guess():
    assert guessed('{"question": 1}\n') == Guess((), 1)


def test_rows_after_the_sample_are_not_read():
    file = io.BytesIO((PAIR * guess.SAMPLE + TRIPLET * 100_000).encode())
    assert guess.guess(file) == Guess(("TextEmbeddingsPair",), guess.SAMPLE)
    assert file.tell() < 1 << 20


@pytest.mark.parametrize("text", ["", "[\n" + PAIR.strip() + "\n]", "PAR1"])
def test_a_file_that_is_wrong_as_any_type_is_taken_for_the_first(text):
    assert guessed(text).task_type == "TextToTextGeneration"
