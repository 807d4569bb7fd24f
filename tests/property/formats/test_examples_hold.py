"""Made up rows are right, and each one that was broken on purpose is found: at its row, by its name."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_formats.examples import EXAMPLE_ROWS
from aistudio_formats.examples_defects import defects_of, line, spoiled
from aistudio_formats.examples_generated import generated
from aistudio_formats.flaws import MAX_KINDS, MAX_ROW_NUMBERS
from aistudio_formats.parquet import read_rows
from aistudio_formats.task_types import TASK_TYPES
from aistudio_formats.validation import scan
from aistudio_formats.worker_client import Scanner

VALIDATED = sorted(name for name, each in TASK_TYPES.items() if each.is_validated)
languages, seeds = st.sampled_from(["ru", "en"]), st.integers(0, 2**64)


def test_every_type_that_is_validated_has_examples():
    assert sorted(EXAMPLE_ROWS) == VALIDATED


@pytest.mark.parametrize("task_type", VALIDATED)
@given(languages, seeds, st.integers(1, 8))
@settings(max_examples=15, deadline=None)
def test_made_up_rows_are_right_and_depend_on_the_seed_only(task_type, language, seed, rows):
    made = list(generated(task_type, rows, language, seed))
    assert made == list(generated(task_type, rows, language, seed))
    assert len(made) == rows
    report = scan([line(row) + b"\n" for row in made], task_type)
    assert (report.errors, report.valid_rows) == ((), rows)


@pytest.mark.parametrize("task_type", VALIDATED)
@given(languages, seeds, st.data())
@settings(max_examples=25, deadline=None)
def test_every_defect_is_found_at_its_row_and_nothing_else(task_type, language, seed, data):
    total = data.draw(st.integers(2, 90))
    count = data.draw(st.integers(0, total - 1))
    lines = list(spoiled(generated(task_type, total, language, seed), total, task_type, count, seed))
    known = {number: each.error for number, each in enumerate(lines, 1) if each.error}
    report = scan([each.data + b"\n" for each in lines], task_type)
    found = {number: each.error for each in report.errors for number in each.row_numbers}
    assert found == known
    assert (len(known), report.total_rows) == (count, total)


@pytest.mark.parametrize("task_type", VALIDATED)
def test_all_kinds_of_defects_of_a_type_fit_into_one_report(task_type):
    count = 5 * MAX_ROW_NUMBERS
    rows = EXAMPLE_ROWS[task_type][:1] * (count + 1)
    lines = list(spoiled(rows, len(rows), task_type, count))
    assert {each.error for each in lines} == {each.error for each in defects_of(task_type)} | {None}
    report = scan([each.data + b"\n" for each in lines], task_type)
    assert len(report.errors) <= MAX_KINDS
    assert sum(len(each.row_numbers) for each in report.errors) == count


def test_no_more_rows_are_broken_than_there_are_without_the_first():
    with pytest.raises(ValueError, match="3 of 3 rows cannot be broken: the first row stays right"):
        next(spoiled(EXAMPLE_ROWS["TextEmbeddingsPair"][:3], 3, "TextEmbeddingsPair", 3))


def test_other_seeds_break_other_rows():
    rows = EXAMPLE_ROWS["TextToTextGeneration"] * 10

    def broken(seed):
        return [each.error for each in spoiled(rows, len(rows), "TextToTextGeneration", 20, seed)]

    assert broken(1) == broken(1) != broken(2)


def test_the_languages_differ():
    made = {
        language: json.dumps(list(generated("TextToTextGeneration", 20, language)), ensure_ascii=False)
        for language in ("ru", "en")
    }
    assert "Ты" in made["ru"]
    assert made["en"].isascii()


@pytest.mark.parametrize("task_type", VALIDATED)
def test_made_up_rows_are_stored_and_read_back_equal(task_type, tmp_path):
    made = list(generated(task_type, 30, "ru", seed=1))
    source, target = tmp_path / "upload", tmp_path / "stored"
    source.write_bytes(b"".join(line(row) + b"\n" for row in made))
    with Scanner() as scanner:
        assert scanner.submit(source, target, task_type).result().report.is_valid
    assert list(read_rows(target)) == made
