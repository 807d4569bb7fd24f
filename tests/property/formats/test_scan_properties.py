"""Of any bytes: a scan never raises and its counts add up. Of any valid rows: Parquet gives them back."""

import io
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_formats import flaws, job, parquet
from aistudio_formats.report import Report
from aistudio_formats.validation import scan

TEXT = "TextToTextGeneration"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
messages = st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "text": texts})
good_rows = st.fixed_dictionaries({"request": st.lists(messages, min_size=1, max_size=4), "response": texts})
spellings = st.fixed_dictionaries(
    {"ensure_ascii": st.booleans(), "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :")])}
)
good_lines = st.builds(lambda row, spelling: json.dumps(row, **spelling).encode(), good_rows, spellings)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["request", "response", "role", "text"]) | texts, inner)
    ),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A right line with some bytes replaced."""
    line = draw(good_lines)
    start = draw(st.integers(0, len(line)))
    return line[:start] + draw(st.binary(max_size=4)) + line[start + draw(st.integers(0, 4)) :]


any_lines = (
    good_lines
    | damaged()
    | st.binary(max_size=60)
    | st.builds(lambda value: json.dumps(value).encode(), values)
)
files = st.lists(any_lines, max_size=20).map(b"\n".join)


def adds_up(report: Report) -> None:
    assert 0 <= report.valid_rows <= report.processed_rows == report.total_rows
    assert report.is_valid == (not report.errors)
    assert len(report.errors) <= flaws.MAX_KINDS + 1
    for error in report.errors:
        assert error.error.startswith("mock.")
        error.error_description.encode()
    in_rows = {number for error in report.errors for number in error.row_numbers}
    assert sum(len(error.row_numbers) for error in report.errors) == len(in_rows)
    if all(error.error.startswith("mock.row.") for error in report.errors):
        assert len(in_rows) == report.total_rows - report.valid_rows
        assert in_rows <= set(range(1, report.total_rows + 1))


@given(files)
@settings(max_examples=500)
def test_a_scan_of_any_bytes_never_raises_and_its_counts_add_up(data: bytes) -> None:
    report = scan(io.BytesIO(data), TEXT)
    adds_up(report)
    assert report == scan(data.splitlines(keepends=True) if b"\r" not in data else io.BytesIO(data), TEXT)


@given(st.lists(any_lines, min_size=1, max_size=8))
@settings(max_examples=300)
def test_a_line_is_valid_exactly_if_it_is_valid_alone(lines: list[bytes]) -> None:
    data = b"\n".join([b"{}", *lines])
    rows = data.split(b"\n")[1:]
    alone = sum(scan([b"{}\n", row], TEXT).valid_rows for row in rows if row)
    assert scan(io.BytesIO(data), TEXT).valid_rows == alone


def has_repeated_key(line: bytes) -> bool:
    repeated = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        repeated.append(len(dict(pairs)) != len(pairs))
        return dict(pairs)

    json.loads(line, object_pairs_hook=note)
    return any(repeated)


repeating = st.builds(
    lambda row, key, value, gap, first: (
        json.dumps(row, ensure_ascii=False)
        .replace(f'"{key}":', f'"{first}"{gap}:{gap}{value},"{key}":', 1)
        .encode()
    ),
    good_rows,
    st.just("response"),
    texts.map(json.dumps),
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from(["response", "r\\u0065sponse", "respons\\u0065"]),
)


@given(st.lists(good_lines | repeating, min_size=1, max_size=6))
@settings(max_examples=300)
def test_a_repeated_key_is_found_however_it_is_written(lines: list[bytes]) -> None:
    expected = sum(map(has_repeated_key, lines))
    report = scan([line + b"\n" for line in lines], TEXT)
    assert report.total_rows - report.valid_rows == expected


@given(
    st.lists(good_rows, min_size=1, max_size=12),
    spellings,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n"]),
)
@settings(max_examples=100, deadline=None)
def test_valid_rows_come_back_from_parquet_as_they_were(
    rows: list[dict[str, Any]], spelling: dict[str, Any], end: str, last: str
) -> None:
    data = end.join(json.dumps(row, **spelling) for row in rows) + last
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "upload"), Path(folder, "stored")
        source.write_bytes(data.encode())
        report = job.run(source, target, TEXT)
        assert report.valid_rows == report.total_rows == len(rows)
        assert list(parquet.read_rows(target)) == rows
