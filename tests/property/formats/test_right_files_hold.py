"""Any right file of any type validates with its row count, and Parquet and preview give its rows back."""

import io
import json
import tempfile
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_formats import blocks, job, parquet
from aistudio_formats.preview import preview_rows
from aistudio_formats.schemas import upload_schemas
from aistudio_formats.validation import scan
from tests.property.formats.strategies import DEFECTS, FILES, VALIDATED, Row, spelled, typed_files


def test_there_are_files_of_every_type_that_is_validated() -> None:
    assert sorted(FILES) == VALIDATED


@given(typed_files, st.data())
@settings(max_examples=400)
def test_a_right_file_has_no_errors_and_all_its_rows(
    typed: tuple[str, list[Row]], data: st.DataObject
) -> None:
    task_type, rows = typed
    with pytest.MonkeyPatch.context() as patch:  # wherever a block ends
        patch.setattr(blocks, "BLOCK", data.draw(st.sampled_from([1, 100, 1 << 17])))
        report = scan(io.BytesIO(data.draw(spelled(rows))), task_type)
    assert report.errors == ()
    assert report.is_valid
    assert report.total_rows == report.processed_rows == report.valid_rows == len(rows)


@given(typed_files, st.data())
@settings(max_examples=150)
def test_right_rows_come_back_from_parquet_and_are_previewed_as_they_were(
    typed: tuple[str, list[Row]], data: st.DataObject
) -> None:
    task_type, rows = typed
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "upload"), Path(folder, "stored")
        source.write_bytes(data.draw(spelled(rows)))
        assert job.run(source, target, task_type).valid_rows == len(rows)
        assert list(parquet.read_rows(target)) == rows
        for path in (source, target):
            assert [json.loads(line) for line in preview_rows(path, task_type, 4)] == rows[:4]


@given(typed_files)
@settings(max_examples=150)
def test_right_rows_fit_the_schema_that_is_shown(typed: tuple[str, list[Row]]) -> None:
    task_type, rows = typed
    (schema,) = upload_schemas(task_type)
    check = jsonschema.Draft202012Validator(json.loads(schema.text))
    assert all(check.is_valid(row) for row in rows)


# What the schema says of a row; the rest is about bytes, needs other rows, or counts the values of any key.
_IN_THE_SCHEMA = {"missing_field", "unknown_field", "wrong_type", "wrong_type|number_out_of_range"} | {
    *("empty_text", "unknown_value", "empty_list", "no_user_message")
}


@pytest.mark.parametrize("task_type", VALIDATED)
@given(st.data())
@settings(max_examples=60)
def test_wrong_rows_do_not_fit_the_schema_that_is_shown(task_type: str, data: st.DataObject) -> None:
    # To the schema of a classifier any key may be a class, and none must be.
    unsaid = {"missing_field", "unknown_field"} if "Classification" in task_type else set()
    named = [each for each in DEFECTS if each.flaw in _IN_THE_SCHEMA - unsaid and each.fits(task_type)]
    defect = data.draw(st.sampled_from(named))
    row = data.draw(FILES[task_type])[0]
    try:
        broken = json.loads(defect.broken(data, row))
    except (ValueError, RecursionError):  # nesting bombs are no JSON to begin with
        return
    (schema,) = upload_schemas(task_type)
    assert not jsonschema.Draft202012Validator(json.loads(schema.text)).is_valid(broken)
