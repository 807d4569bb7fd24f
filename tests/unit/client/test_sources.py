"""What can be uploaded: paths, bytes, rows, tables; each ends as the same bytes."""

import json

import pandas as pd
import pyarrow as pa
import pytest

from aistudio_client import ConfigurationError
from aistudio_client._sources import open_source

ROWS = [{"anchor": "a", "positive": "б"}, {"anchor": "c", "positive": "d"}]


def content(data):
    source = open_source(data)
    try:
        with source.open() as stream:
            whole = stream.read()
        assert source.size == len(whole)
        assert b"".join(source.read(at, 7) for at in range(0, source.size, 7)) == whole
        return whole
    finally:
        source.close()


def rows(data):
    return [json.loads(line) for line in content(data).splitlines()]


def test_a_file_is_sent_as_it_is(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"a\r\nb")
    assert content(path) == content(str(path)) == b"a\r\nb"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_are_sent_as_they_are(kind):
    assert content(kind(b"a\nb")) == b"a\nb"


def test_rows_become_lines():
    assert rows(ROWS) == rows(iter(ROWS)) == ROWS
    assert content(ROWS).count(b"\n") == 2


def test_tables_become_lines():
    assert rows(pa.Table.from_pylist(ROWS)) == ROWS
    assert rows(pa.RecordBatch.from_pylist(ROWS)) == ROWS
    assert rows(pd.DataFrame(ROWS)) == ROWS


def test_numbers_of_numpy_are_numbers():
    frame = pd.DataFrame({"text": ["a"], "joy": pd.Series([1], dtype="int8")})
    assert rows(frame) == [{"text": "a", "joy": 1}]


def test_a_row_that_is_no_mapping_is_named():
    with pytest.raises(ConfigurationError, match="row 2 is a str"):
        open_source([{"a": 1}, "text"])
    with pytest.raises(ConfigurationError, match="row 1 is not JSON"):
        open_source([{"a": object()}])


@pytest.mark.parametrize("data", [7, {"a": 1}, None])
def test_what_is_no_data_is_refused(data):
    with pytest.raises(ConfigurationError, match="cannot be uploaded"):
        open_source(data)


def test_a_missing_file_is_named():
    with pytest.raises(ConfigurationError, match=r"nowhere\.jsonl cannot be read"):
        open_source("nowhere.jsonl")


def test_a_file_that_becomes_shorter_is_noticed(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"0123456789")
    source = open_source(path)
    path.write_bytes(b"01234")
    with pytest.raises(ConfigurationError, match="changed while it was being uploaded"):
        source.read(0, 10)
    source.close()


def test_the_same_data_have_the_same_mark():
    for data in (ROWS, b"abc"):
        first, second = open_source(data), open_source(data)
        assert first.mark == second.mark
        first.close()
        second.close()
