"""The tables agree with each other, and the examples with the tables."""

import json
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from aistudio_formats import classes, examples, models, report, rows, task_types
from aistudio_formats.report import Converted, Outcome, Report, RowError
from aistudio_formats.validation import scan


def test_every_row_model_is_named_by_a_task_type_and_every_name_has_a_model() -> None:
    named = {each.row for each in task_types.TASK_TYPES.values() if each.is_validated}
    assert named == set(models.MODELS)


def test_a_type_is_found_by_name_and_an_unlisted_one_is_not_validated() -> None:
    assert task_types.find("TextToTextGeneration").is_validated
    assert not task_types.find("TextToImageGeneration").is_validated
    assert task_types.find("Other") == task_types.TaskType("Other")
    assert all(each.upload_formats == ("jsonlines",) for each in task_types.TASK_TYPES.values())


@pytest.mark.parametrize("task_type", sorted(examples.EXAMPLES))
def test_every_example_passes_validation(task_type: str, tmp_path: Path) -> None:
    examples.write(tmp_path / "example", task_type)
    with (tmp_path / "example").open("rb") as file:
        found = scan(file, task_type)
    assert found.errors == ()
    assert found.total_rows == examples.EXAMPLES[task_type].count("\n")


@pytest.mark.parametrize("model", models.MODELS.values(), ids=models.MODELS)
def test_the_shape_shown_to_people_is_itself_a_right_row(model: type[rows.Row]) -> None:
    (task_type,) = (name for name, each in task_types.TASK_TYPES.items() if each.row == model.__name__)
    assert scan([model.shape.encode()], task_type).is_valid


@pytest.mark.parametrize("model", models.MODELS.values(), ids=models.MODELS)
def test_every_model_knows_how_many_quotation_marks_its_rows_have(model: type[rows.Row]) -> None:
    if issubclass(model, classes.ClassRow):
        model = classes.model_of(model.shape.encode(), model)
    rows_of_shape = [msgspec.json.decode(model.shape, type=model)] * 3
    marks = 3 * model.shape.count('"')
    for found in (marks, marks + 1):
        assert model.quotes(iter(rows_of_shape), 3, found) == marks


def test_every_message_has_eight_quotation_marks() -> None:
    message = rows.Message(role="user", text="a")
    row = rows.Generation(request=[message] * 5, response="b")
    assert rows.Generation.quotes([row, row], 2, 0) == 2 * msgspec.json.encode(row).count(b'"')


def test_a_row_without_a_count_of_its_marks_is_not_finished() -> None:
    with pytest.raises(NotImplementedError):
        rows.Row.quotes([], 0, 0)


def test_the_persona_answers_as_in_the_how_to() -> None:
    text = examples.EXAMPLES["TextToTextGeneration"]
    answers = {row["request"][-1]["text"]: row["response"] for row in map(json.loads, text.splitlines())}
    assert answers["Как тебя зовут?"] == "Меня зовут Женя. Полностью - Евгений Нейроныч."
    assert answers["Откуда ты?"] == "Из Перми"
    assert len(answers) >= 12


def test_synthetic_rows_are_valid_and_depend_on_the_seed_only() -> None:
    data = b"".join(examples.synthetic(500, seed=7))
    assert data == b"".join(examples.synthetic(500, seed=7))
    assert data != b"".join(examples.synthetic(500, seed=8))
    assert scan(BytesIO(data), "TextToTextGeneration").valid_rows == 500


def test_an_outcome_survives_json() -> None:
    found = Report(3, 3, 2, (RowError("mock.row.blank", "Row 2: …", (2,)),), 17)
    warned = Report(1, 1, 1, (), 5, (RowError("mock.warning.few_rows", "The file has 1 row; …"),))
    for outcome in (Outcome(found, None), Outcome(found, Converted(5, "ab")), Outcome(warned, None)):
        assert report.from_json(json.loads(json.dumps(report.to_json(outcome)))) == outcome
