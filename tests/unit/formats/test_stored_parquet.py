"""The stored form: layout, sizes, and what happens when the reader and the scan disagree."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as arrow_parquet

from aistudio_formats import examples, job, parquet

TEXT = "TextToTextGeneration"
ROW = {"request": [{"role": "user", "text": "b"}], "response": "c"}


def stored(tmp_path: Path, data: bytes, task_type: str = TEXT) -> Path:
    source, target = tmp_path / "upload.gz", tmp_path / "stored"
    source.write_bytes(data)
    assert job.run(source, target, task_type).is_valid
    return target


def test_the_layout_is_the_recorded_one(tmp_path: Path) -> None:
    file = arrow_parquet.ParquetFile(stored(tmp_path, (json.dumps(ROW) + "\n").encode() * 3))
    assert str(file.schema_arrow.remove_metadata()) == (
        "request: list<element: struct<role: string, text: string>>\n"
        "  child 0, element: struct<role: string, text: string>\n"
        "      child 0, role: string\n"
        "      child 1, text: string\n"
        "response: string"
    )
    assert file.metadata.format_version == "2.6"
    assert file.metadata.num_row_groups == 1
    assert file.metadata.num_rows == 3
    assert file.metadata.row_group(0).column(0).compression == "SNAPPY"
    file.close()


def test_the_notes_of_pandas_are_in_the_schema(tmp_path: Path) -> None:
    schema = arrow_parquet.read_schema(stored(tmp_path, (json.dumps(ROW) + "\n").encode() * 3))
    notes = json.loads(schema.metadata[b"pandas"])
    assert notes["index_columns"] == [{"kind": "range", "name": None, "start": 0, "stop": 3, "step": 1}]
    assert notes["pandas_version"] == "2.2.3"
    assert [each["pandas_type"] for each in notes["columns"]] == ["list[object]", "unicode"]


@pytest.mark.parametrize(
    ("task_type", "row", "uploaded", "recorded"),
    [
        ("TextEmbeddingsPair", {"anchor": "foo", "positive": "barr"}, 38, 2017),
        ("TextEmbeddingsTriplet", {"anchor": "hello", "positive": "hi", "negative": "by!"}, 57, 2502),
    ],
)
def test_sizes_are_within_two_in_a_hundred_of_the_recorded(
    tmp_path: Path, task_type: str, row: dict[str, str], uploaded: int, recorded: int
) -> None:
    data = (json.dumps(row) + "\n").encode()
    assert len(data) == uploaded
    assert abs(stored(tmp_path, data, task_type).stat().st_size - recorded) < recorded * 0.02


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_last_line_may_end_in_any_way(tmp_path: Path, end: str) -> None:
    data = (json.dumps(ROW) + "\r\n" + json.dumps(ROW) + end).encode()
    assert list(parquet.read_rows(stored(tmp_path, data))) == [ROW, ROW]


def test_a_row_longer_than_the_readers_block_is_converted(tmp_path: Path) -> None:
    long = ROW | {"response": "x" * 3_000_000}
    data = "\n".join(json.dumps(row) for row in (ROW, long, ROW)).encode()
    assert [len(row["response"]) for row in parquet.read_rows(stored(tmp_path, data))] == [1, 3_000_000, 1]


def test_a_large_file_gets_several_row_groups_and_keeps_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 1 << 20)
    lines = list(examples.synthetic(12_000, seed=3))
    target = stored(tmp_path, b"".join(lines))
    assert arrow_parquet.read_metadata(target).num_row_groups > 1
    assert list(parquet.read_rows(target)) == [json.loads(line) for line in lines]


def test_a_type_without_a_model_is_stored_as_it_came(tmp_path: Path) -> None:
    assert stored(tmp_path, b"any\n", "TextToImageGeneration").read_bytes() == b"any\n"


def test_an_invalid_file_leaves_no_trace(tmp_path: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes(b"{}\n")
    assert not job.run(source, tmp_path / "stored", TEXT).is_valid
    assert job.outcome(source, tmp_path / "stored", TEXT).converted is None
    assert [each.name for each in tmp_path.iterdir()] == ["upload"]


def test_rows_that_the_reader_counts_otherwise_are_our_bug_and_leave_no_file(tmp_path: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes((json.dumps(ROW) + "\n\n").encode())
    with pytest.raises(parquet.ConversionMismatch, match="has 2 rows, of which 1 were converted"):
        parquet.convert(source, tmp_path / "stored", TEXT, rows=2, longest_line=100)
    assert [each.name for each in tmp_path.iterdir()] == ["upload"]


@pytest.mark.parametrize("line", [b'{"response":"a","response":"b"}', b'{"other":1}', b'{"response":1}'])
def test_the_reader_too_refuses_what_it_can_see(tmp_path: Path, line: bytes) -> None:
    source = tmp_path / "upload"
    source.write_bytes(line)
    with pytest.raises(pa.ArrowInvalid):
        parquet.convert(source, tmp_path / "stored", TEXT, rows=1, longest_line=100)
    assert not (tmp_path / "stored").exists()


def test_a_field_type_without_a_parquet_type_is_named() -> None:
    from msgspec import inspect

    with pytest.raises(NotImplementedError, match="BoolType"):
        parquet._arrow_type(inspect.type_info(bool))
