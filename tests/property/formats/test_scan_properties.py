"""A line is judged by itself, whatever stands around it; a repeated key is found however it is written."""

import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_formats.validation import scan
from tests.property.formats.strategies import chats, messages, spellings, texts

TEXT = "TextToTextGeneration"

good_rows = chats(messages, answered=True)
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
