"""What a scan says of each way in which a file can be wrong, or look wrong and be right."""

import io
import json

import pytest

from aistudio_formats import flaws, validation
from aistudio_formats.blocks import BLOCK
from aistudio_formats.check import Check
from aistudio_formats.models import model_of
from aistudio_formats.report import Report
from aistudio_formats.rows import Row
from aistudio_formats.validation import scan

TEXT = "TextToTextGeneration"
GOOD = b'{"request":[{"role":"system","text":"a"},{"role":"user","text":"b"}],"response":"c"}'


def report(data: bytes, task_type: str = TEXT) -> Report:
    return scan(io.BytesIO(data), task_type)


def row(**fields: object) -> bytes:
    return json.dumps({"request": [{"role": "user", "text": "b"}], "response": "c"} | fields).encode()


def request(**fields: object) -> bytes:
    return row(request=[{"role": "user", "text": "b"} | fields])


def the_error(data: bytes) -> tuple[str, str, tuple[int, ...]]:
    (error,) = report(data).errors
    return error.error, error.error_description, error.row_numbers


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        GOOD + b"\n",
        GOOD + b"\r\n" + GOOD + b"\r\n",
        b"  " + GOOD + b" \t\n",
        row(response='she said "hi"') + b"\n",
        row(response="ends with a backslash \\") + b"\n" + row(response='\\"') + b"\n",
        row(response='"text" "text": "request":') + b"\n",
        row(response="\x00 \ud83d\ude00 \u2028"),
        row(response="тест").replace(b"request", b"re\\u0071uest"),
    ],
)
def test_right_rows_in_any_dress_are_valid(data: bytes) -> None:
    found = report(data)
    assert found.errors == ()
    assert found.is_valid
    assert found.valid_rows == found.processed_rows == found.total_rows == len(data.splitlines())


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        (b'{"request":[{"role":"user","text":"b"}]}', "missing_field", "`$.response` is missing"),
        (b'{"response":"c"}', "missing_field", "`$.request` is missing"),
        (row(request=[{"role": "user"}]), "missing_field", "`$.request[0].text` is missing"),
        (row(extra=1), "unknown_field", "`$.extra` is not a field"),
        (request(extra=1), "unknown_field", "`$.request[0].extra`"),
        (request(text=1), "wrong_type", "`$.request[0].text` is a whole number; it must be a string"),
        (row(response=None), "wrong_type", "`$.response` is null; it must be a string"),
        (row(request="a"), "wrong_type", "`$.request` is a string; it must be a list"),
        (row(request=[]), "empty_list", "`$.request` is empty"),
        (request(text=""), "empty_text", "`$.request[0].text` is empty"),
        (row(response=""), "empty_text", "`$.response` is empty"),
        (request(role="system"), "no_user_message", "no message of the role user"),
        (
            row(request=[{"role": "user", "text": "b"}] * 2).replace(b"user", b"assistant"),
            "no_user_message",
            "add what the user asks",
        ),
        (request(role="bot"), "unknown_value", "roles are system, user and assistant"),
        (b"17", "wrong_type", "`$` is a whole number; it must be an object"),
        (b"[1]", "wrong_type", "`$` is a list; it must be an object"),
        (b"", "blank", "remove it"),
        (b" \t", "blank", "remove it"),
        (GOOD[:-1], "cut_short", "write each object on one line"),
        (GOOD + GOOD, "more_than_one_value", "byte 85"),
        (GOOD + b",", "more_than_one_value", "no commas between"),
        (b"\xef\xbb\xbf" + GOOD, "byte_order_mark", "without BOM"),
        (row(response="x").replace(b"x", b"\x00"), "nul_byte", "NUL"),
        (GOOD + b"\x00", "nul_byte", "NUL"),
        (row(response="x").replace(b"x", b"\t"), "invalid_json", "not JSON"),
        (row(response="x").replace(b"x", b"\xff"), "invalid_utf8", "byte 0xff"),
        (row(response="x").replace(b"x", b"\xed\xa0\x80"), "invalid_utf8", "UTF-8"),
        (row(response="\ud83d"), "lone_surrogate", "surrogate"),
        (row(response="\ude00 and more text"), "lone_surrogate", "surrogate"),
        (request(text="\ud83d\ud83d"), "lone_surrogate", "surrogate"),
        (row(response="\\ud83d")[:-1], "cut_short", "ends inside"),
        (b'{"request":' + b"9" * 5000 + b"}", "number_out_of_range", "`$.request` is a number with too many"),
        (row(response=1e308), "wrong_type", "`$.response` is a number with a fraction"),
        (b'{"a":' * 100_000, "unknown_field", "`$.a`"),
        (b'{"request":' + b"[" * 100_000, "wrong_type", "`$.request[0]`"),
        (GOOD.replace(b'"response"', b'"response":"z","response"'), "repeated_key", '"response" twice'),
        (
            GOOD.replace(b'"response":"c"', b'"r\\u0065sponse":"z","response":"\\"c"'),
            "repeated_key",
            '"response"',
        ),
        (GOOD.replace(b'"text":"b"', b'"text":"b","text":"b"'), "repeated_key", '"text" twice'),
        (GOOD.replace(b'"text":"b"', b'"text":"\\\\","text":"b"'), "repeated_key", '"text" twice'),
        (
            GOOD.replace(b'{"request"', b'{"request":[{"role":"user","text":"x"}],"request"'),
            "repeated_key",
            "twice",
        ),
    ],
)
def test_a_wrong_row_between_right_ones_is_found_named_and_explained(
    line: bytes, name: str, words: str
) -> None:
    found = report(b"\n".join([GOOD, line, GOOD]))
    (error,) = found.errors
    assert error.error == f"mock.row.{name}"
    assert error.row_numbers == (2,)
    assert words in error.error_description
    assert error.error_description.startswith("Row 2: ")
    assert (found.total_rows, found.valid_rows, found.is_valid) == (3, 2, False)


def test_escaped_backslashes_do_not_hide_a_repeated_key() -> None:
    name, words, _ = the_error(
        rb'{"request":[{"role":"user","text":"\\","text":"\\"},{"role":"user","text":"\\"}],"response":"\\"}'
    )
    assert (name, '"text" twice' in words) == ("mock.row.repeated_key", True)


def test_a_row_that_the_decoder_gives_up_on_for_depth_is_an_error_not_a_crash() -> None:
    def too_deep(_: bytes) -> None:
        raise RecursionError

    model = model_of(TEXT)
    assert model
    check = Check(model)
    check._decode = too_deep
    flaw = check.flaw_of(b"{}")
    assert flaw is not None
    assert flaw.name == "mock.row.too_deep"


def test_an_empty_file_is_invalid() -> None:
    assert not report(b"").is_valid
    assert the_error(b"")[0] == "mock.file.empty"
    assert the_error(b"")[2] == ()


def test_row_numbers_start_where_they_are_told_to() -> None:
    lines = [GOOD + b"\n", b"{}\n"]
    assert [scan(lines, TEXT, first).errors[0].row_numbers for first in (0, 1)] == [(1,), (2,)]


def test_lines_may_come_from_any_iterable() -> None:
    assert scan((GOOD + b"\n" for _ in range(3)), TEXT) == report((GOOD + b"\n") * 3)
    assert scan([], TEXT) == report(b"")


def test_the_same_error_in_many_rows_is_one_entry_with_the_first_rows_and_the_count_of_the_rest() -> None:
    many = flaws.MAX_ROW_NUMBERS + 5
    name, words, numbers = the_error(b"".join(request(text=n) + b"\n" for n in range(many)))
    assert name == "mock.row.wrong_type"
    assert numbers == tuple(range(1, flaws.MAX_ROW_NUMBERS + 1))
    assert f"{many} rows have this error, 5 of them not listed" in words


def test_the_place_in_a_list_does_not_make_it_another_kind_of_error() -> None:
    second = row(request=[{"role": "user", "text": "b"}, {"role": "bot", "text": "b"}])
    assert the_error(request(role="bot") + b"\n" + second)[2] == (1, 2)


def test_kinds_of_error_are_capped_and_the_last_entry_counts_the_rest() -> None:
    errors = report(b"\n".join(row(**{f"x{n}": 1}) for n in range(flaws.MAX_KINDS + 7))).errors
    assert len(errors) == flaws.MAX_KINDS + 1
    assert errors[-1].error == "mock.file.more_errors"
    assert errors[-1].error_description.startswith("7 more rows")


def test_what_is_quoted_from_the_file_is_short_and_printable() -> None:
    _, words, _ = the_error(row(**{"k\n\x1b" + "x" * 100_000: 1}))
    assert len(words) < 500
    assert words.isprintable()


def test_a_long_line_is_measured_with_its_end_and_short_ones_only_bounded() -> None:
    long = row(response="long " * BLOCK)
    assert report(GOOD + b"\n" + long + b"\r\n" + GOOD).longest_line == len(long) + 2
    assert len(GOOD) <= report(GOOD).longest_line <= 2 * BLOCK


@pytest.mark.parametrize("size", [10_000_000, 100_000_000])
def test_a_huge_line_is_a_row_like_any_other_up_to_the_limit(size: int) -> None:
    found = report(row(response="x" * size) + b"\n" + GOOD)
    assert found.is_valid == (size < Row.longest)
    assert (found.total_rows, found.valid_rows) == (2, 2 if found.is_valid else 1)
    assert [(each.error, each.row_numbers) for each in found.errors] == (
        [] if found.is_valid else [("mock.row.too_long", (1,))]
    )


@pytest.mark.parametrize("filling", [b" ", b"x"])
def test_a_line_over_the_limit_is_refused_without_reading_it_whole(
    filling: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Row, "longest", 1 << 16)
    found = report(GOOD + b"\n" + GOOD + filling * 1_000_000 + b"\n" + GOOD + b"\n")
    (error,) = found.errors
    assert (error.error, error.row_numbers) == ("mock.row.too_long", (2,))
    assert (found.total_rows, found.valid_rows) == (3, 2)
    assert found.longest_line < 1_000_000


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_after_very_many_wrong_rows_the_rest_is_only_counted(
    end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "MAX_WRONG", 1000)
    lines = b"\n" * 1_000_000 + GOOD + end
    for source in (io.BytesIO(lines), io.BytesIO(lines).readlines()):
        found = scan(source, TEXT)
        assert found.total_rows == 1_000_001
        assert 1000 <= found.processed_rows <= BLOCK
        assert found.valid_rows == 0
        assert found.errors[-1].error == "mock.file.not_read_on"
        assert (
            f"the last {found.total_rows - found.processed_rows} rows" in found.errors[-1].error_description
        )


def test_a_key_repeated_a_hundred_thousand_times_costs_no_more_than_its_bytes() -> None:
    line = b"{" + b'"response":"c",' * 1_000_000 + GOOD[1:]
    short, long = report(line[: 15 * 50_000 + 1] + GOOD[1:] + b"\n" + line).errors
    assert (short.error, short.row_numbers) == ("mock.row.repeated_key", (1,))
    assert '"response" twice' in short.error_description
    assert (long.error, long.row_numbers) == ("mock.row.repeated_key", (2,))
    assert "has the key twice" in long.error_description


@pytest.mark.parametrize(
    "request_", [["system"], ["assistant"], ["user", "assistant"], ["system", "assistant"]]
)
def test_whoever_speaks_last_somebody_has_to_ask(request_: list[str]) -> None:
    line = row(request=[{"role": role, "text": "b"} for role in request_])
    single = row()
    for around in (GOOD, single):
        found = report(b"\n".join([around] * 1000 + [line] + [around] * 1000))
        assert found.is_valid == ("user" in request_)
        assert [each.row_numbers for each in found.errors] == ([] if found.is_valid else [(1001,)])


def test_blocks_of_lines_keep_the_row_numbers() -> None:
    lines = [GOOD + b"\n"] * 5000
    lines[4321] = b"{}\n"
    assert report(b"".join(lines)).errors[0].row_numbers == (4322,)
    assert scan(lines, TEXT).errors[0].row_numbers == (4322,)


@pytest.mark.parametrize(
    "text", ["[]", '[{"request":"a","response":"b"}]', '\n[\n {"request": "a"},\n 2\n]\n', "\ufeff[1]"]
)
def test_a_json_array_gets_one_error_that_explains_json_lines_and_the_minimum(text: str) -> None:
    name, words, numbers = the_error(text.encode())
    assert (name, numbers) == ("mock.file.json_array", ())
    assert "JSON Lines" in words
    assert "asks for 10 or more" in words


def test_a_json_array_of_ten_pairs_is_not_told_about_the_minimum() -> None:
    name, words, _ = the_error(json.dumps([{"request": "a", "response": "b"}] * 10, indent=1).encode())
    assert name == "mock.file.json_array"
    assert "10 or more" not in words


@pytest.mark.parametrize("text", [b"[{]", b"[" * 100_000, b'[{"a":1},\n'])
def test_what_only_begins_like_an_array_is_still_explained_as_one(text: bytes) -> None:
    assert the_error(text)[0] == "mock.file.json_array"


def test_an_array_too_large_to_count_is_explained_without_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aistudio_formats.whole_file.MAX_ARRAY", 100)
    assert "10 or more" not in the_error(b"[" + b"1," * 200 + b"1]")[1]


def test_lines_that_are_lists_are_wrong_rows_and_not_an_array_file() -> None:
    assert the_error(b"[1]\n[2]\n")[0] == "mock.row.wrong_type"


@pytest.mark.parametrize(
    "start", [b"\xff\xfe{\x00", b"\xfe\xff\x00{", b"\x1f\x8b\x08", b"PK\x03\x04", b"PAR1"]
)
def test_a_file_of_another_format_is_called_by_its_name(start: bytes) -> None:
    name, words, numbers = the_error(start + b"\x00\n\xff\n")
    assert (name, numbers) == ("mock.file.not_json_lines", ())
    assert words.startswith("The file is ")


def test_rows_of_a_type_without_a_model_are_counted_and_not_checked() -> None:
    for task_type in ("SpeechToTextGeneration", "NobodyKnowsThis"):
        found = report(b"whatever\n\xff\n", task_type)
        assert (found.total_rows, found.valid_rows, found.is_valid) == (2, 2, True)
        assert not report(b"", task_type).is_valid


def test_a_wording_that_the_table_does_not_know_is_passed_on() -> None:
    flaw = flaws.of_message("Something new - at `$.response`")
    assert flaw.name == "mock.row.wrong_shape"
    assert "Something new" in flaw.text
