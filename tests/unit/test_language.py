"""The languages of `validate`: which one, and how it counts."""

import pytest

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
