"""What a scan says of the rows of each task type, and what classifiers ask of a whole file."""

import io
import json
from pathlib import Path

import pytest
from pyarrow import parquet as arrow_parquet

from aistudio_formats import classes, job, parquet
from aistudio_formats.report import Report
from aistudio_formats.validation import scan

MULTILABEL, MULTICLASS = "TextClassificationMultilabel", "TextClassificationMulticlass"
IMAGES = "ImageTextToTextGeneration"


def report(task_type: str, *rows: object) -> Report:
    return scan(
        [row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows], task_type
    )


def errors(task_type: str, *rows: object) -> list[tuple[str, tuple[int, ...]]]:
    return [
        (each.error.removeprefix("mock.row."), each.row_numbers) for each in report(task_type, *rows).errors
    ]


def classified(**values: object) -> dict[str, object]:
    return {"text": "wow", "upset": 0, "surprise": 1, "joy": 0} | values


def asked(*parts: object, role: str = "user") -> dict[str, object]:
    return {"request": [{"role": role, "content": list(parts)}], "response": "r"}


TEXT_PART, IMAGE_PART = {"type": "text", "text": "what is it?"}, {"type": "image", "image": "aGk="}


def test_pairs_and_triplets_have_rows_of_their_own() -> None:
    pair, triplet = {"anchor": "a", "positive": "b"}, {"anchor": "a", "positive": "b", "negative": "c"}
    assert report("TextEmbeddingsPair", pair).is_valid
    assert report("TextEmbeddingsTriplet", triplet).is_valid
    assert errors("TextEmbeddingsPair", triplet) == [("unknown_field", (1,))]
    assert errors("TextEmbeddingsTriplet", pair) == [("missing_field", (1,))]


def test_a_request_has_no_response_and_a_generation_has_one() -> None:
    request = {"request": [{"role": "user", "text": "a"}]}
    assert report("TextToTextGenerationRequest", request).is_valid
    assert errors("TextToTextGenerationRequest", request | {"response": "b"}) == [("unknown_field", (1,))]
    assert errors("TextToTextGeneration", request) == [("missing_field", (1,))]


def test_a_message_with_images_has_parts_and_one_without_has_a_text() -> None:
    assert report(IMAGES, asked(TEXT_PART, IMAGE_PART), asked(IMAGE_PART)).is_valid
    assert errors(IMAGES, {"request": [{"role": "user", "text": "a"}], "response": "b"}) == [
        ("unknown_field", (1,))
    ]
    assert errors("TextToTextGeneration", asked(TEXT_PART)) == [("unknown_field", (1,))]
    assert errors("ImageTextToTextGenerationRequest", asked(TEXT_PART)) == [("unknown_field", (1,))]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (asked(), "empty_list"),
        (asked({"type": "image", "image": "not base64"}), "not_base64"),
        (asked({"type": "image", "image": "data:image/png;base64,aGk="}), "not_base64"),
        (asked({"type": "image", "text": "a"}), "unknown_field"),
        (asked({"type": "video", "video": "a"}), "unknown_value"),
        (asked({"type": 1}), "wrong_type"),
        (asked({"text": "a"}), "missing_field"),
        (asked(TEXT_PART, role="system"), "no_user_message"),
        (json.dumps(asked(IMAGE_PART)).replace('"type"', '"type": "image", "type"').encode(), "repeated_key"),
    ],
)
def test_a_wrong_part_of_a_message_is_found(row: object, name: str) -> None:
    assert errors(IMAGES, asked(IMAGE_PART), row) == [(name, (2,))]


def test_any_number_of_labels_may_be_1_but_exactly_one_class() -> None:
    rows = [classified(), classified(surprise=0), classified(joy=1)]
    assert report(MULTILABEL, *rows).is_valid
    assert errors(MULTICLASS, *rows) == [("not_one_class", (2, 3))]
    assert report(MULTILABEL, {"text": "a", "spam": 1}, {"text": "b", "spam": 0}).is_valid


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (classified(joy=2), "unknown_value"),
        (classified(joy=-1), "unknown_value"),
        (classified(joy=True), "wrong_type"),
        (classified(joy=1.0), "wrong_type"),
        (classified(joy="1"), "wrong_type"),
        (classified(joy=None), "wrong_type"),
        (classified(joy=10**400), "number_out_of_range"),
        (classified(text=""), "empty_text"),
        (classified(text=1), "wrong_type"),
        (classified(anger=0), "unknown_field"),
        ({"text": "wow", "upset": 0, "surprise": 1}, "missing_field"),
        ({"upset": 0, "surprise": 1, "joy": 0}, "missing_field"),
        (json.dumps(classified()).replace('"joy"', '"joy": 0, "joy"').encode(), "repeated_key"),
        (json.dumps(classified()).replace('"joy"', '"joy": 0, "\\u006aoy"').encode(), "repeated_key"),
    ],
)
def test_a_row_that_is_not_like_the_first_is_found(row: object, name: str) -> None:
    for task_type in (MULTILABEL, MULTICLASS):
        assert errors(task_type, classified(), row) == [(name, (2,))]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (classified(joy=1), "not_one_class"),
        (classified(surprise=0), "not_one_class"),
        (classified(joy=2), "unknown_value"),
        (json.dumps(classified()).replace('"joy"', '"joy": 0, "joy"').encode() + b"\n", "repeated_key"),
    ],
)
def test_a_wrong_row_far_into_a_file_is_found_too(row: object, name: str) -> None:
    rows = [classified()] * 5000
    assert errors(MULTICLASS, *rows, row, *rows) == [(name, (5001,))]


def test_the_order_of_the_classes_does_not_matter() -> None:
    assert report(MULTICLASS, classified(), dict(sorted(classified().items()))).is_valid


def test_the_message_about_other_classes_names_those_of_the_first_right_row() -> None:
    (error,) = report(MULTILABEL, classified(), {"text": "a", "fun": 1}).errors
    assert "`$.fun` is not a field" in error.error_description
    assert 'the first right row has "upset", "surprise", "joy"' in error.error_description


def test_wrong_rows_do_not_set_the_classes() -> None:
    wrong = [
        {"text": "a", "other": 3},
        b"{",
        {"text": "only"},
        {"text": "a", 'quo"te': 1},
        {"text": "", "x": 1},
    ]
    assert [number for _, numbers in errors(MULTILABEL, *wrong, classified()) for number in numbers] == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert ("no_class", (3,)) in errors(MULTILABEL, *wrong, classified())
    assert ("class_name", (4,)) in errors(MULTILABEL, *wrong, classified())


def test_very_many_classes_are_refused() -> None:
    many = {"text": "a"} | {f"c{n}": 0 for n in range(classes.MAX_CLASSES)}
    assert report(MULTILABEL, many).is_valid
    assert errors(MULTILABEL, many | {"more": 1}) == [("too_many_classes", (1,))]


def warnings(task_type: str, *rows: object) -> dict[str, str]:
    found = report(task_type, *rows)
    assert found.errors == ()
    return {each.error.removeprefix("mock.warning."): each.error_description for each in found.warnings}


def test_documented_minimums_are_warnings_and_no_errors() -> None:
    row = {"request": [{"role": "user", "text": "a"}], "response": "b"}
    assert "has 1 row; the documentation asks for 10" in warnings("TextToTextGeneration", row)["few_rows"]
    assert warnings("TextToTextGeneration", *[row] * 10) == {}
    assert warnings("TextEmbeddingsPair", {"anchor": "a", "positive": "b"}) == {}


def test_classifiers_are_warned_of_rows_classes_and_names() -> None:
    assert "asks for 100" in warnings(MULTICLASS, *[classified()] * 99)["few_rows"]
    assert "1000 or more are recommended" in warnings(MULTICLASS, *[classified()] * 100)["few_rows"]
    assert "few_rows" not in warnings(MULTICLASS, *[classified()] * 1000)
    assert "50000 is" in warnings(MULTICLASS, *[classified()] * 50_001)["many_rows"]
    assert warnings(MULTICLASS, classified())["empty_class"].endswith("have none: upset, joy.")
    assert "empty_class" not in warnings(MULTILABEL, classified(), classified(upset=1), classified(joy=1))
    many = {"text": "a"} | {f"{n:0101}": 1 for n in range(101)}
    assert "has 101 classes" in warnings(MULTILABEL, many)["many_classes"]
    assert "and 96 more" in warnings(MULTILABEL, many)["long_class_name"]


def stored(tmp_path: Path, task_type: str, *rows: dict[str, object]) -> Path:
    source, target = tmp_path / "upload", tmp_path / "stored"
    source.write_bytes("\n".join(map(json.dumps, rows)).encode())
    assert job.run(source, target, task_type).is_valid
    return target


def test_a_class_is_a_column_of_whole_numbers_in_the_order_of_the_first_row(tmp_path: Path) -> None:
    rows = [{"b": 1, "text": "x", "a": 0}, {"text": "y", "a": 1, "b": 0}]
    target = stored(tmp_path, MULTICLASS, *rows)
    schema = arrow_parquet.read_schema(target)
    assert str(schema.remove_metadata()) == "b: int64\ntext: string\na: int64"
    notes = json.loads(schema.metadata[b"pandas"])["columns"]
    assert [each["numpy_type"] for each in notes] == ["int64", "object", "int64"]
    assert list(parquet.read_rows(target)) == rows


def test_a_part_of_a_message_is_stored_with_a_column_for_each_kind_and_read_as_it_was(tmp_path: Path) -> None:
    rows = [asked(TEXT_PART, IMAGE_PART)]
    target = stored(tmp_path, IMAGES, *rows)
    assert str(arrow_parquet.read_schema(target).field("request").type) == (
        "list<element: struct<role: string, content: "
        "list<element: struct<type: string, text: string, image: string>>>>"
    )
    assert list(parquet.read_rows(target)) == rows


def test_a_scan_takes_a_file_as_well_as_lines() -> None:
    data = "\n".join(json.dumps(row) for row in [classified()] * 5000).encode()
    assert scan(io.BytesIO(data), MULTICLASS) == scan(io.BytesIO(data).readlines(), MULTICLASS)
