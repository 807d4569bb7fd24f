"""The stored form of a dataset: Parquet laid out as in the recorded download (service-behaviour c.11).

The real service writes with pandas 2.2.3 over pyarrow 19.0.1; the same file can be written without pandas.
pyarrow is imported inside the functions, because it is heavy and a server may never need it.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import inspect

from aistudio_formats import classes
from aistudio_formats.classes import ClassRow
from aistudio_formats.models import model_of
from aistudio_formats.rows import Row

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 4 << 20
"""Bytes of Arrow data in a row group; memory goes with it. A small dataset has a single one, as recorded."""
_BLOCK = 512 << 10
_READ_ROWS = 1024
_PANDAS_TYPES = {"string": ("unicode", "object"), "int64": ("int64", "int64")}
_LIST = ("list[object]", "object")


class ConversionMismatch(RuntimeError):
    """The Parquet writer saw another number of rows than the scan did: a bug of ours, never the file's."""


def convert(source: str | Path, target: str | Path, task_type: str, *, rows: int, longest_line: int) -> None:
    """Write the valid JSON Lines file `source` as the Parquet file `target`, whole or not at all.

    Args:
        source: a path; the scan must have found the file valid, since this reader is less strict.
        target: a path; replaced if it exists.
        task_type: a type without a row model is stored as it was uploaded (assumed; service-behaviour h.12).
        rows: as the scan counted them; part of the layout.
        longest_line: in bytes, as the scan measured it; the reader needs a larger block than that.

    Raises:
        OSError: a path cannot be read or written.
        ConversionMismatch: the file does not have `rows` rows.
    """
    model = model_of(task_type)
    partial = Path(f"{target}.partial")
    try:
        if model is None:
            shutil.copyfile(source, partial)
        else:
            _write(str(source), str(partial), _of_file(model, source), rows, longest_line)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def read_rows(path: str | Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, in order, as plain values.

    Raises:
        OSError: the path cannot be read.
        ValueError: the file is not Parquet (pyarrow.ArrowInvalid).
    """
    from pyarrow import parquet  # noqa: PLC0415  heavy

    with parquet.ParquetFile(str(path)) as file:
        for batch in file.iter_batches(_READ_ROWS):
            yield from map(_without_nulls, batch.to_pylist())


def _of_file(model: type[Row], source: str | Path) -> type[Row]:
    """The model itself; for classifiers, whose columns are the classes, that of the valid file."""
    if not issubclass(model, ClassRow):
        return model
    with Path(source).open("rb") as file:
        return classes.model_of(file.readline(), model)


def _without_nulls(value: Any) -> Any:
    """The value as it was uploaded: no row has a null, but a part that is text has no image."""
    match value:
        case dict():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
    return value


def schema_of(model: type[Row], rows: int) -> "pa.Schema":
    """The Arrow schema of a row model, with the notes that pandas leaves in it for so many rows."""
    import pyarrow as pa  # noqa: PLC0415  heavy

    info = inspect.type_info(model)
    fields = [pa.field(name, kind) for name, kind in _arrow_fields(info)]
    return pa.schema(fields, metadata={"pandas": _pandas_notes(fields, rows)})


def _arrow_fields(info: inspect.Type) -> list[tuple[str, "pa.DataType"]]:
    assert isinstance(info, inspect.StructType)
    return [(field.encode_name, _arrow_type(field.type)) for field in info.fields]


def _arrow_type(info: inspect.Type) -> "pa.DataType":
    import pyarrow as pa  # noqa: PLC0415  heavy

    match info:
        case inspect.Metadata(type=kind):
            return _arrow_type(kind)
        case inspect.LiteralType(values=(int(), *_)):
            return pa.int64()
        case inspect.StrType() | inspect.LiteralType() | inspect.BytesType():
            return pa.string()
        case inspect.ListType(item_type=item):
            return pa.list_(_arrow_type(item))
        case inspect.StructType():
            return pa.struct(_arrow_fields(info))
        case inspect.UnionType(types=(inspect.StructType(tag_field=str(tag)), *_) as kinds):
            own = dict(field for kind in kinds for field in _arrow_fields(kind))
            return pa.struct({tag: pa.string()} | own)
    raise NotImplementedError(f"no Parquet type for {info}; add one here")


def _pandas_notes(fields: list["pa.Field"], rows: int) -> str:
    """The `pandas` key of the schema, byte for byte as pandas 2.2.3 writes it."""
    notes = {
        "index_columns": [{"kind": "range", "name": None, "start": 0, "stop": rows, "step": 1}],
        "column_indexes": [_pandas_column(None, *_PANDAS_TYPES["string"], {"encoding": "UTF-8"})],
        "columns": [
            _pandas_column(field.name, *_PANDAS_TYPES.get(str(field.type), _LIST), None) for field in fields
        ],
        "creator": {"library": "pyarrow", "version": "19.0.1"},
        "pandas_version": "2.2.3",
    }
    return json.dumps(notes)


def _pandas_column(
    name: str | None, kind: str, numpy: str, metadata: dict[str, str] | None
) -> dict[str, Any]:
    return {
        "name": name,
        "field_name": name,
        "pandas_type": kind,
        "numpy_type": numpy,
        "metadata": metadata,
    }


def _write(source: str, target: str, model: type[Row], rows: int, longest_line: int) -> None:
    from pyarrow import parquet  # noqa: PLC0415  heavy

    schema = schema_of(model, rows)
    written = 0
    with parquet.ParquetWriter(target, schema, version="2.6", compression="SNAPPY") as writer:
        for table in _row_groups(_batches(source, schema, longest_line), schema):
            writer.write_table(table, row_group_size=max(1, table.num_rows))
            written += table.num_rows
    if written != rows:
        raise ConversionMismatch(f"{source} has {rows} rows, of which {written} were converted")


def _batches(source: str, schema: "pa.Schema", longest_line: int) -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa  # noqa: PLC0415  heavy
    from pyarrow import json as arrow_json  # noqa: PLC0415  heavy

    # An open file, not its path: of a path that ends in .gz the reader would unpack the contents.
    with pa.OSFile(source) as file:
        yield from arrow_json.open_json(
            file,
            read_options=arrow_json.ReadOptions(block_size=max(_BLOCK, longest_line + 1)),
            parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )


def _row_groups(batches: Iterator["pa.RecordBatch"], schema: "pa.Schema") -> Iterator["pa.Table"]:
    """The batches gathered into tables of about ROW_GROUP bytes."""
    import pyarrow as pa  # noqa: PLC0415  heavy

    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch.replace_schema_metadata(schema.metadata))
        size += batch.nbytes
        if size >= ROW_GROUP:
            yield pa.Table.from_batches(waiting, schema)
            waiting, size = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting, schema)
