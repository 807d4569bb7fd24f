"""The languages of `validate`: which one, and how it counts."""

import io
import re

import pytest

from aistudio_formats import validation
from aistudio_formats.rows import Row
from aistudio_formats.validation import scan
from aistudio_mock.commands.language import Words, of_locale


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": ""}, "ru"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "ru:en"}, "ru"),
        ({"LANG": "C", "LANGUAGE": "ru"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "RU"}, "ru"),
    ],
)
def test_the_language_is_the_locales_as_gettext_finds_it(environment, language):
    assert of_locale(environment) == language


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        (0, "0 rows", "0 строк"),
        (1, "1 row", "1 строка"),
        (2, "2 rows", "2 строки"),
        (5, "5 rows", "5 строк"),
        (11, "11 rows", "11 строк"),
        (12, "12 rows", "12 строк"),
        (21, "21 rows", "21 строка"),
        (104, "104 rows", "104 строки"),
        (112, "112 rows", "112 строк"),
    ],
)
def test_rows_are_counted_in_the_right_number(number, english, russian):
    assert Words("en").count(number, "row") == english
    assert Words("ru").count(number, "row") == Words("ru").said(english) == russian


def test_what_the_data_contract_says_is_translated_with_its_parts():
    said = Words("ru").said
    assert said("`$.a` is a whole number; it must be a string") == "`$.a`: здесь целое число, а нужно: строка"
    assert (
        said("the line is not JSON: invalid character (byte 7)")
        == "в строке не JSON: недопустимый символ (байт 7)"
    )
    assert said("The file has 3 rows; the documentation asks for 10.").startswith("В файле 3 строки;")


def test_what_nobody_has_translated_is_said_as_it_is():
    assert Words("ru").said("A new wording of tomorrow.") == "A new wording of tomorrow."


GOOD = b'{"request": [{"role": "user", "text": "a"}], "response": "b"}'
CHATS, CLASSES = "TextToTextGeneration", "TextClassificationMultilabel"
CLASS_ROW = b'{"text": "a", "%s": 0}'


@pytest.mark.parametrize(
    ("data", "task_type"),
    [
        (b"", CHATS),
        (b"\xff\xfe{", CHATS),
        (b"\xfe\xff{", CHATS),
        (b"\x1f\x8b", CHATS),
        (b"PK\x03\x04", CHATS),
        (b"PAR1", CHATS),
        (b"[%s]" % GOOD, CHATS),
        (b"[%s]" % b",".join([GOOD] * 20), CHATS),
        (b"\n".join([GOOD] + [b"{}"] * 90), CHATS),  # a block of wrong ones is enough
        (GOOD, CHATS),
        (CLASS_ROW % b"joy", CLASSES),
        (b"\n".join([CLASS_ROW % b"joy"] * 200), CLASSES),
        (b"\n".join([CLASS_ROW % b"joy"] * 50_001), CLASSES),
        (CLASS_ROW % b'", "'.join(b'%d": 1, "x%d' % (n, n) for n in range(101)), CLASSES),
        (CLASS_ROW % (b"long" * 40), CLASSES),
    ],
)
def test_what_a_scan_says_of_a_file_is_said_in_russian(data, task_type, monkeypatch):
    monkeypatch.setattr(validation, "MAX_WRONG", 2)
    monkeypatch.setattr("aistudio_formats.blocks.BLOCK", 64)
    report = scan(io.BytesIO(data), task_type)
    said = [each for each in (*report.errors, *report.warnings) if not each.row_numbers]
    assert said
    for each in said:
        assert re.search("[а-я]", Words("ru").said(each.error_description)), each


@pytest.mark.parametrize(
    ("line", "task_type"),
    [
        (b'{"text": "a", "joy": ' + b"[" * 100_000, CLASSES),
        (GOOD + b" " * 2000, CHATS),
        (b'{"text": "a"}', CLASSES),
        (CLASS_ROW % rb"a\nb", CLASSES),
        (b"{%s}" % b",".join(b'"%d": 1' % number for number in range(1001)), CLASSES),
        (GOOD.replace(b'"b"', b"9" * 5000), CHATS),
    ],
)
def test_what_a_scan_says_of_unusual_rows_is_said_in_russian(line, task_type, monkeypatch):
    if line.endswith(b" "):
        monkeypatch.setattr(Row, "longest", 1000)
    (error,) = scan(io.BytesIO(b"\n" + line + b"\n"), task_type).errors[1:]
    text = error.error_description.removeprefix("Row 2: ").partition(". A row is ")[0].rstrip(".")
    assert re.search("[а-я]", Words("ru").said(text)), text
