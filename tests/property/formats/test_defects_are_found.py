"""A defect put into a right file is found: by its name, at its row, and nowhere else."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_formats import blocks
from aistudio_formats.validation import scan
from tests.property.formats.strategies import DEFECTS, FILES, VALIDATED, line

CASES = [(task_type, defect) for task_type in VALIDATED for defect in DEFECTS if defect.fits(task_type)]


@pytest.mark.parametrize(("task_type", "defect"), CASES, ids=lambda each: getattr(each, "flaw", each))
@given(st.data())
@settings(max_examples=5)
def test_a_defect_is_found_at_its_row(task_type, defect, data):
    rows = data.draw(FILES[task_type])
    first_row = data.draw(st.sampled_from([0, 1]))
    broken = defect.broken(data, data.draw(st.sampled_from(rows)))
    # Classes are set by the first right row, so it stays: a wrong one before it is a case of its own.
    before = data.draw(st.integers(1, len(rows)))
    lines = [*map(line, rows[:before]), broken, *map(line, rows[before:])]
    ends = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    report = scan(io.BytesIO(ends.join(lines) + ends), task_type, first_row)
    (error,) = report.errors
    assert error.error.removeprefix("mock.row.") in defect.flaw.split("|")
    assert error.row_numbers == (before + first_row,)
    assert error.error_description.startswith(f"Row {before + first_row}: ")
    assert (report.total_rows, report.valid_rows) == (len(rows) + 1, len(rows))


@given(st.sampled_from(VALIDATED), st.data())
@settings(max_examples=150)
def test_several_defects_are_each_found_at_their_rows(task_type: str, data: st.DataObject) -> None:
    rows = data.draw(FILES[task_type])
    fitting = [each for each in DEFECTS if each.fits(task_type)]
    # A line of brackets is the beginning of a JSON array to the scan only when it opens the file.
    lines, expected = [line(rows[0])], {}
    for _ in range(data.draw(st.integers(1, 8))):
        if data.draw(st.booleans()):
            lines.append(line(data.draw(st.sampled_from(rows))))
        else:
            defect = data.draw(st.sampled_from(fitting))
            lines.append(defect.broken(data, data.draw(st.sampled_from(rows))))
            expected[len(lines)] = defect.flaw.split("|")
    with pytest.MonkeyPatch.context() as patch:  # wherever a block ends, and whether one has defects or not
        patch.setattr(blocks, "BLOCK", data.draw(st.sampled_from([1, 100, 1 << 17])))
        report = scan(io.BytesIO(b"\n".join(lines) + b"\n"), task_type)
    found = {number: error.error for error in report.errors for number in error.row_numbers}
    assert sorted(found) == sorted(expected)
    assert all(found[number].removeprefix("mock.row.") in names for number, names in expected.items())
    assert report.valid_rows == len(lines) - len(expected)


@given(st.sampled_from(sorted(each for each in VALIDATED if "Classification" in each)), st.data())
@settings(max_examples=60)
def test_wrong_rows_before_the_first_right_one_do_not_set_the_classes(task_type, data):
    rows = data.draw(FILES[task_type])
    kinds = [
        each
        for each in DEFECTS
        if each.fits(task_type) and each.flaw not in {"missing_field", "unknown_field"}
    ]
    wrong = [
        data.draw(st.sampled_from(kinds)).broken(data, rows[0]) for _ in range(data.draw(st.integers(1, 3)))
    ]
    lines = [*wrong, *map(line, rows)]
    if wrong[0].strip(b" \t\r")[:1] == b"[":  # that would be an array file
        return
    report = scan(io.BytesIO(b"\n".join(lines)), task_type)
    numbers = sorted(number for error in report.errors for number in error.row_numbers)
    assert numbers == list(range(1, len(wrong) + 1))
    assert report.valid_rows == len(rows)
