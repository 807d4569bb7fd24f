"""What ListUploadSchemas and GetPreview are made of."""

import ast
import json
from pathlib import Path

import jsonschema
import pytest

from aistudio_formats import examples, job, preview
from aistudio_formats.schemas import upload_schemas
from aistudio_formats.task_types import TASK_TYPES

VALIDATED = [name for name, each in TASK_TYPES.items() if each.is_validated]


@pytest.mark.parametrize("task_type", VALIDATED)
def test_a_schema_is_json_and_a_python_literal_at_once(task_type: str) -> None:
    (schema,) = upload_schemas(task_type)
    assert schema.upload_format == "jsonlines"
    assert ast.literal_eval(schema.text) == json.loads(schema.text)
    assert "$ref" not in schema.text
    assert json.loads(schema.text)["description"]


@pytest.mark.parametrize("task_type", ["TextClassificationMultilabel", "TextClassificationMulticlass"])
def test_a_classifiers_row_needs_a_class(task_type: str) -> None:
    check = jsonschema.Draft202012Validator(json.loads(upload_schemas(task_type)[0].text))
    assert check.is_valid({"text": "a", "joy": 1})
    assert not check.is_valid({"text": "a"})
    assert not check.is_valid({"joy": 1, "upset": 0})


@pytest.mark.parametrize("task_type", ["SpeechToTextGeneration", "TextToImageGeneration", "NobodyKnowsThis"])
def test_a_type_that_is_not_validated_has_no_schema(task_type: str) -> None:
    assert upload_schemas(task_type) == ()


def test_a_preview_shows_the_first_rows_of_a_stored_file(tmp_path: Path) -> None:
    source, target = tmp_path / "upload", tmp_path / "stored"
    examples.write(source)
    job.run(source, target, "TextToTextGeneration")
    lines = examples.EXAMPLES["TextToTextGeneration"].splitlines()
    for path in (source, target):
        assert preview.preview_rows(path, "TextToTextGeneration") == lines[: preview.LINES]
        assert preview.preview_rows(path, "TextToTextGeneration", 3) == lines[:3]


def test_a_preview_of_what_is_not_checked_shows_its_first_lines(tmp_path: Path) -> None:
    (tmp_path / "stored").write_bytes(b"PAR1 is no magic here\r\n\xff\n\nlast")
    lines = preview.preview_rows(tmp_path / "stored", "TextToSpeechGeneration")
    assert lines == ["PAR1 is no magic here", "\ufffd", "", "last"]


def test_a_very_long_line_is_cut_in_a_preview_and_the_next_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "stored").write_bytes(b"x" * 5_000_000 + b"\nnext")
    long, following = preview.preview_rows(tmp_path / "stored", "TextToSpeechGeneration")
    assert (len(long), long[-1], following) == (preview.MAX_CHARACTERS, "…", "next")


@pytest.mark.parametrize("upload", [b"PAR1", b"PAR1\n", b"PAR1 and no end PAR1"])
def test_an_upload_that_only_begins_like_parquet_is_shown_as_it_is(tmp_path: Path, upload: bytes) -> None:
    (tmp_path / "upload").write_bytes(upload)
    lines = preview.preview_rows(tmp_path / "upload", "TextToTextGeneration")
    assert lines == [upload.decode().strip()]
