"""Tokens of rows: which rows go over a documented limit, and totals that are estimates."""

import json

import pytest

from aistudio_formats import examples
from aistudio_formats.models import MODELS, model_of
from aistudio_mock.commands import validate_tokens
from aistudio_mock.commands.validate_tokens import TokenTally
from aistudio_mock.domain import tokens

GENERATION = MODELS["Generation"]


def chat(asked: str, answered: str) -> bytes:
    return json.dumps({"request": [{"role": "user", "text": asked}], "response": answered}).encode()


def counted(model, *lines: bytes):
    tally = TokenTally(model)
    for number, line in enumerate(lines, 1):
        tally.add(number, line)
    result = tally.result(len(lines))
    assert result
    return result, {part.part: part for part in result.parts}


def test_parts_of_a_chat_are_counted_as_usage_would_be():
    result, parts = counted(GENERATION, chat("one two", "three"), chat("one", "two, three!"))
    assert result.sampled_rows == 2
    assert {name: (part.total, part.longest, part.longest_row) for name, part in parts.items()} == {
        "request": (12 + 11, 12, 1),
        "response": (1 + 4, 4, 2),
        "request and response": (13 + 15, 15, 2),
    }
    assert all(part.over == () for part in parts.values())


@pytest.mark.parametrize("sample", [0, validate_tokens.SAMPLE])
def test_rows_over_a_limit_are_found_in_the_sample_and_after_it(sample, monkeypatch):
    monkeypatch.setattr(validate_tokens, "SAMPLE", sample or 1)
    fine, long_answer, long_question = chat("a", "b"), chat("a", "b " * 2001), chat("a " * 7991, "b")
    both = chat("a " * 7000, "b " * 1000)
    _, parts = counted(GENERATION, fine, long_answer, long_question, both)
    assert parts["response"].over == (2,)
    assert parts["request"].over == (3,)
    assert parts["request and response"].over == (3, 4)


def test_a_row_at_its_limit_is_not_over_it():
    _, parts = counted(GENERATION, chat("a " * 7990, "b"), chat("a", "b " * 2000))
    assert parts["request"].over == parts["response"].over == ()
    assert parts["request"].longest == 8000


def test_letters_that_are_counted_apart_are_counted_even_in_rows_of_few_characters(monkeypatch):
    monkeypatch.setattr(validate_tokens, "SAMPLE", 1)
    apart = "\N{MUSICAL SYMBOL HALF NOTE}" * 1200  # each is two characters in NFC
    assert tokens.count(apart) > 2000 > len(apart)
    _, parts = counted(GENERATION, chat("a", "b"), chat("a", apart))
    assert parts["response"].over == (2,)


def test_totals_of_a_long_file_come_from_its_first_rows(monkeypatch):
    monkeypatch.setattr(validate_tokens, "SAMPLE", 10 * len(chat("a", "b c")))
    result, parts = counted(GENERATION, *[chat("a", "b c")] * 1000)
    assert result.sampled_rows == 10
    assert (parts["response"].total, parts["response"].average) == (2000, 2.0)


def test_many_rows_over_a_limit_are_counted_and_some_of_them_listed():
    _, parts = counted(GENERATION, *[chat("a", "b " * 2001)] * 150)
    assert parts["response"].over == tuple(range(1, 101))
    assert parts["response"].over_count == 150


@pytest.mark.parametrize("task_type", sorted(examples.EXAMPLES))
def test_rows_of_every_type_are_counted(task_type):
    lines = examples.EXAMPLES[task_type].encode().splitlines(keepends=True)
    result, parts = counted(model_of(task_type), *lines)
    assert result.sampled_rows == len(lines)
    assert all(part.total > 0 for part in parts.values())
    limits = {part.limit for part in parts.values()}
    assert (None in limits) == ("Image" in task_type or "Embeddings" in task_type)


def test_rows_that_are_wrong_are_left_out():
    tally = TokenTally(GENERATION)
    for number, line in enumerate([b"{", b'{"request": 1}', b"\xff", b"[" * 100_000], 1):
        tally.add(number, line)
    assert tally.result(0) is None


def test_after_the_sample_only_rows_that_may_be_too_long_are_wanted(monkeypatch):
    monkeypatch.setattr(validate_tokens, "SAMPLE", 10)
    chats, images = TokenTally(GENERATION), TokenTally(MODELS["ImageGeneration"])
    assert chats.wants(1)
    chats.add(1, chat("a", "b"))
    assert not chats.wants(2000)
    assert chats.wants(2001)
    images.add(1, examples.EXAMPLES["ImageTextToTextGeneration"].encode().splitlines()[0])
    assert not images.wants(1 << 20)
