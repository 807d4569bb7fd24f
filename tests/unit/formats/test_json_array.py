"""The older format as JSON Lines: what is converted, what is refused and where, in how much memory."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistudio_formats import json_array
from aistudio_formats.json_array import NotConvertible
from aistudio_formats.models import MODELS
from aistudio_formats.rows import Generation
from aistudio_formats.validation import scan
from tests.property.formats.strategies import texts


def converted(text: str | bytes, model=Generation) -> bytes:
    out = io.BytesIO()
    rows = json_array.convert(io.BytesIO(text.encode() if isinstance(text, str) else text), out, model)
    assert out.getvalue().count(b"\n") == rows
    return out.getvalue()


def refusals(text: str | bytes, model=Generation) -> list[tuple[int, int, int | None, str]]:
    with pytest.raises(NotConvertible) as caught:
        converted(text, model)
    return [(each.line, each.column, each.element, each.text) for each in caught.value.refusals]


@given(
    st.lists(st.tuples(texts, texts), min_size=1, max_size=5), st.sampled_from([None, 0, 2]), st.booleans()
)
def test_pairs_become_chats_of_the_same_texts_in_the_same_order(pairs, indent, ascii_only):
    old = [{"request": asked, "response": answered} for asked, answered in pairs]
    lines = converted(json.dumps(old, indent=indent, ensure_ascii=ascii_only))
    assert scan(io.BytesIO(lines), "TextToTextGeneration").is_valid
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [(row["request"], row["response"]) for row in rows] == [
        ([{"role": "user", "text": asked}], answered) for asked, answered in pairs
    ]


def test_rows_that_are_current_already_stay_as_they_are():
    pair = {"anchor": "a", "positive": "ё"}
    assert converted(json.dumps([pair]), MODELS["Pair"]) == '{"anchor": "a", "positive": "ё"}\n'.encode()
    row = {"request": [{"role": "user", "text": "a"}], "response": "b"}
    assert json.loads(converted(json.dumps([row]))) == row


def test_a_byte_order_mark_is_left_out():
    assert converted('\N{ZERO WIDTH NO-BREAK SPACE} [{"request": "a", "response": "b"}]\n').startswith(b"{")


GOOD = '{"request": "a", "response": "b"}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"[{GOOD},\n {{'a': 1}}]", (2, 3, 2, "Expecting property name enclosed in double quotes")),
        (f"[{GOOD}\n {GOOD}]", (2, 2, None, "expected ',' or ']'")),
        (f"[{GOOD},\n]", (2, 1, None, "trailing comma in array")),
        (f"[{GOOD}", (1, len(GOOD) + 2, None, "the array has no end")),
        (f"[{GOOD}]\n\n x", (3, 2, None, "there is more text after the array")),
        ('[\n{"request": "a", "response": "b', (2, 30, 1, "Unterminated string starting at")),
        (f"[{GOOD},\n{'[' * 100_000}", (2, 1, 2, "it is nested too deeply")),
        (f'[{{"request": "a",\n "response": {"9" * 5000}}}]', (1, 2, 1, "a number has too many digits")),
    ],
)
def test_what_is_no_json_is_refused_at_its_place(text, expected):
    *place, what = expected
    assert refusals(text) == [(*place, f"the text is not JSON: {what}")]


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ('{"request": "a"}', "`$.response` is missing"),
        ('{"request": "a", "response": ""}', "`$.response` is empty"),
        ('{"request": "a", "response": "b", "id": 1}', "`$.id` is not a field"),
        ('{"request": "a", "request": "a", "response": "b"}', 'the key "request" twice'),
        ('{"request": "\\ud83d", "response": "b"}', "half of a surrogate pair"),
        ("5", "must be an object"),
        ("NaN", "not JSON"),
    ],
)
def test_an_element_that_is_no_row_is_refused_with_its_number_and_place(element, text):
    ((line, column, number, said),) = refusals(f"[\n  {GOOD},\n  {element}\n]")
    assert (line, column, number) == (3, 3, 2)
    assert text in said


def test_bytes_that_are_no_utf8_are_refused_at_their_element():
    wrong = f"[{GOOD},\n{GOOD.replace('a', '?')}]".encode().replace(b"?", b"\xff")
    ((line, column, number, said),) = refusals(wrong)
    assert (line, column, number) == (2, 1, 2)
    assert "not UTF-8" in said


def test_every_element_that_is_no_row_is_told_up_to_a_cap_and_so_is_the_end():
    assert [each[2] for each in refusals(f"[{{}}, {GOOD}, {{}}")] == [1, 3, None]
    assert len(refusals(f"[{', '.join(['{}'] * 100)}]")) == json_array.MAX_REFUSALS


@pytest.mark.parametrize("text", ["", GOOD, f"{GOOD}\n{GOOD}", "PAR1"])
def test_what_is_no_array_is_refused(text):
    ((line, column, number, said),) = refusals(text)
    assert (line, column, number) == (1, 1, None)
    assert "does not begin with [" in said


def test_an_empty_array_is_refused():
    assert refusals(" [ ] ") == [(1, 1, None, "the array is empty; there is nothing to convert")]


@given(st.integers(1, 40), st.sampled_from([GOOD, '{"request": "ё\\u0451\\\\", "response": "-1.5e3"}']))
def test_wherever_a_read_ends_nothing_changes(chunk, element):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_array, "_CHUNK", chunk)
        assert converted(f"[ {element},\n{element} ]").count(b"\n") == 2


def test_memory_depends_on_the_longest_element_not_on_the_file():
    class Endless(io.RawIOBase):
        def __init__(self, elements: int) -> None:
            self.left, self.start = elements, b"["

        def read(self, size: int = -1) -> bytes:
            count = min(self.left, size // 1000)
            self.left -= count
            start, self.start = self.start, b""
            return start + (b'{"request": "%s", "response": "b"},' % (b"a" * 1000)) * count

    peaks = []
    for count in (1000, 20_000):
        tracemalloc.start()
        with pytest.raises(NotConvertible):  # it has no end
            for _ in json_array.elements(Endless(count)):  # type: ignore[arg-type]
                pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5 < 5 << 20


def test_an_element_that_never_ends_is_refused_before_it_is_read_whole(monkeypatch):
    monkeypatch.setattr(Generation, "longest", 1000)
    monkeypatch.setattr(json_array.Row, "longest", 1 << 20)
    ((_, _, number, said),) = refusals('[{"request": "' + "a" * (8 << 20))
    assert number is None
    assert said == "the text is not JSON: an element is longer than 1 MiB"
