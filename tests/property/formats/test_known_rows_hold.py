"""Rows of classifiers that are known by what surrounds their text are right, and the usual ones are known."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_formats.blocks import Block
from aistudio_formats.check import Check
from aistudio_formats.known_rows import KnownRows
from aistudio_formats.models import MODELS
from aistudio_formats.validation import scan
from tests.property.formats.strategies import Row, classified, spellings, texts

MODEL = {True: MODELS["Multiclass"], False: MODELS["Multilabel"]}
ENDS = st.sampled_from(["\n", "\r\n"])
INSERTED = st.sampled_from(
    [b'"', b'", "', b'"text": "a", ', b"\\", b"\xff", b"\0", b" ", b"0", b"1", b"{", b"}"]
)


def in_order(row: Row, keys: list[str], text: str) -> Row:
    return {key: text if key == "text" else row[key] for key in keys}


@st.composite
def files(draw: st.DrawFn) -> tuple[bool, list[bytes], list[bytes]]:
    """Whether one class is 1; right lines in one spelling; the same lines with other texts."""
    one, spelling, end = draw(st.booleans()), draw(spellings), draw(ENDS)
    rows = draw(classified(one=one))
    keys = list(rows[0])

    def spelled(row: Row) -> bytes:
        return (json.dumps(in_order(row, keys, draw(texts)), **spelling) + end).encode()

    return one, list(map(spelled, rows)), list(map(spelled, rows))


@st.composite
def damaged(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """The beginning of a line, something, and the end of a line: of the same one or of another."""
    first, second = draw(st.sampled_from(lines)), draw(st.sampled_from(lines))
    begin, end = draw(st.integers(0, len(first))), draw(st.integers(0, len(second)))
    return first[:begin] + draw(INSERTED | st.just(b"")) + second[end:]


@given(files())
def test_rows_with_other_texts_are_known(file: tuple[bool, list[bytes], list[bytes]]) -> None:
    _, lines, others = file
    known = KnownRows()
    known.learn(lines)
    assert known.cover(others)


@given(st.data(), files())
@settings(max_examples=400)
def test_no_wrong_row_is_known(data: st.DataObject, file: tuple[bool, list[bytes], list[bytes]]) -> None:
    one, lines, others = file
    known, check = KnownRows(), Check(MODEL[one])
    known.learn(lines)
    assert not any(map(check.flaw_of, lines))
    for line in data.draw(st.lists(damaged(lines + others), min_size=4, max_size=12)):
        assert not (known.cover([line]) and check.flaw_of(line)), line


@given(st.data(), files())
@settings(max_examples=200)
def test_a_check_that_knows_rows_finds_what_one_line_after_the_other_has(
    data: st.DataObject, file: tuple[bool, list[bytes], list[bytes]]
) -> None:
    one, lines, others = file
    warm, plain = Check(MODEL[one]), Check(MODEL[one])
    for _ in range(2):  # the first time sets the classes, the second one is learnt from
        assert not list(warm(Block(lines, lines, 1 << 18)))
    plain.flaw_of(lines[0])
    asked = data.draw(st.lists(st.sampled_from(others) | damaged(lines + others), min_size=1, max_size=8))
    expected = [(index, flaw) for index, line in enumerate(asked) if (flaw := plain.flaw_of(line))]
    assert list(warm(Block(asked, asked, 1 << 18))) == expected


@pytest.mark.parametrize(("rows", "is_known"), [(256, True), (257, False)])
def test_of_many_mixtures_of_classes_only_the_first_are_kept(rows: int, *, is_known: bool) -> None:
    bits = [f"{number:010b}" for number in range(rows)]
    lines = [json.dumps({"text": "a"} | dict(zip("abcdefghij", map(int, row), strict=True))) for row in bits]
    known = KnownRows()
    known.learn(line.encode() for line in lines)
    assert known.cover([lines[0].encode(), lines[-1].encode()]) is is_known


def test_a_row_with_its_text_in_another_place_is_not_kept() -> None:
    known = KnownRows()
    known.learn([b'{"text":"x","a":1}', b'{"a":1,"text":"x"}'])
    assert known.cover([b'{"text":"y","a":1}'])
    assert not known.cover([b'{"a":1,""y"text":}'])


@pytest.mark.parametrize("last", ["seldom", "often"])
def test_a_class_that_is_met_late_is_met(last: str) -> None:
    names = ("often", "seldom")
    rows = [{"text": f"{number}"} | {name: int(name == "often") for name in names} for number in range(9000)]
    rows.append({"text": "the last"} | {name: int(name == last) for name in names})
    report = scan(
        io.BytesIO(b"".join(json.dumps(row).encode() + b"\n" for row in rows)), "TextClassificationMulticlass"
    )
    warned = [warning for warning in report.warnings if "seldom" in warning.error_description]
    assert report.is_valid
    assert bool(warned) is (last == "often")
