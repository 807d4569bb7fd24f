"""Where in a line a flaw is: the column that an editor shows, and the text around it."""

import json

import pytest

from aistudio_formats.check import Check
from aistudio_formats.models import model_of
from aistudio_formats.places import AFTER, BEFORE, excerpt, offset_of, place_of

GOOD = b'{"text": "wow", "joy": 1, "a.b": 0}'


def place(line: bytes, task_type: str = "TextToTextGeneration"):
    model = model_of(task_type)
    assert model
    check = Check(model)
    if "Classification" in task_type:
        assert check.flaw_of(GOOD) is None
    flaw = check.flaw_of(line)
    assert flaw
    return place_of(line, flaw)


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ('{"request": [{"role": "bot", "text": "a"}], "response": "b"}', '"bot"'),
        ('{"request": [{"role": "user", "text": "a"}, {"role": "user", "text": 5}], "response": "b"}', "5"),
        ('{"request" : [ {"role":"user","text":"ё"} ] , "response" :\t""}', '""'),
        ('{"request": [{"role": "user"}], "response": "b"}', '{"role"'),
        ('{"request": [{"role": "user", "text": "a"}]}', '{"request"'),
        (
            '{"request": [{"role": "user", "text": "a"}], "more": {"request": 1}, "response": "b"}',
            '{"request": 1',
        ),
        ('{"request": [{"role": "user", "text": "a", "text": "bb"}], "response": "b"}', '"bb"'),
        ('{"request": [{"role": "user", "text": "ё\0"}], "response": "b"}', "\0"),
        ('{"request": [{"role": "user", "text": "ёё" x}], "response": "b"}', "x}]"),
        ('{"request": [{"role": "user", "text": "ё\\\\u0041 \\ud83d"}], "response": "b"}', "\\ud83d"),
        ('{"request": [{"role": "user", "text": "a"}], "response": "b"} ,', ","),
        ("[1]", "[1]"),
    ],
)
def test_a_flaw_has_the_column_of_what_is_wrong(line, at):
    assert place(line.encode()).column == line.rindex(at) + 1


def test_a_byte_that_is_no_utf8_is_counted_in_characters():
    line = '{"request": [{"role": "user", "text": "ёё?"}], "response": "b"}'.encode().replace(b"?", b"\xff")
    assert place(line).column == line.decode(errors="replace").index("\N{REPLACEMENT CHARACTER}") + 1


def test_a_line_that_is_cut_short_is_wrong_at_its_end():
    line = b'{"request": [{"role": "user", "te\r\n'
    assert place(line).column == len(line) - 1


def test_what_has_no_place_of_its_own_has_no_column():
    blank = place(b"\n")
    assert (blank.column, blank.excerpt) == (None, "")
    deep = place(b'{"a": ' + b"[" * 100_000)
    assert deep.column is None


def test_a_class_with_a_dot_in_its_name_is_found():
    line = b'{"text": "a", "a": {"b": 1}, "joy": 1, "a.b": 7}'
    # A class that is not in the first row comes first: the one with the dot is for `offset_of`.
    assert place(line, "TextClassificationMultilabel").column == line.index(b'{"b"') + 1
    assert offset_of(line.decode(), "$.a.b") == line.index(b"7")
    assert offset_of(line.decode(), "$.a.c") == line.index(b'{"b"')


def test_long_numbers_and_lists_before_the_place_are_passed_over():
    line = json.dumps({"a": [[0, {"b": [1]}]]}).replace("0", "9" * 5000)
    assert offset_of(line, "$.a[0][1].b[0]") == line.index("1]")


def test_an_excerpt_is_short_and_printable():
    text = "a" * 1000 + "\x07b" + "c" * 1000
    shown = excerpt(text, 1000)
    assert shown == "…" + "a" * BEFORE + "\N{REPLACEMENT CHARACTER}b" + "c" * (AFTER - 2) + "…"
    assert excerpt("short", 3) == "short"
