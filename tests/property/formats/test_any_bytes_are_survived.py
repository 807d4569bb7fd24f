"""Byte-level fuzzing: any bytes, as a file of any type, are judged without a crash, a hang or much memory.

In `make test` the first hundred examples; in `make test-all` it goes on for AISTUDIO_FUZZ_SECONDS, half a
minute, and in `make nightly` for five.
"""

import io
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from aistudio_formats import flaws, job, parquet, validation
from aistudio_formats.preview import preview_rows
from aistudio_formats.report import Report
from aistudio_formats.task_types import TASK_TYPES
from tests.property.formats.strategies import DEFECTS, FILES, VALIDATED, spelled

SECONDS = float(os.environ.get("AISTUDIO_FUZZ_SECONDS", "30"))
MEMORY = 150 << 20
_BATCH = 100

_TOKENS = st.sampled_from(
    [
        *(b'"', b"\\", b"\\\\", b"\\u", b"\\ud83d", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\r", b"\0"),
        *(b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"1e999", b"-0", b"null", b"true", b"9" * 5000),
        *(b'"text"', b'"role"', b'"user"', b'"request":', b'"response":""', b'"type":"image"'),
        *(b"[" * 3000, b'{"a":' * 3000),
    ]
)
_scraps = _TOKENS | st.binary(max_size=8)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A right file of some type with scraps in place of some of its bytes, read as a file of any type."""
    made_as = draw(st.sampled_from(VALIDATED))
    data = draw(spelled(draw(FILES[made_as])))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        data = data[:start] + draw(_scraps) + data[start + draw(st.integers(0, 8)) :]
    return draw(st.just(made_as) | st.sampled_from(sorted(TASK_TYPES))), data


@st.composite
def defective(draw: st.DrawFn) -> tuple[str, bytes]:
    """Lines of which any may be broken on purpose, the first one too."""
    data, task_type = draw(st.data()), draw(st.sampled_from(VALIDATED))
    rows = draw(FILES[task_type])
    fitting = [each for each in DEFECTS if each.fits(task_type)]
    lines = [
        draw(st.sampled_from(fitting)).broken(data, row)
        for row in rows
        for _ in range(draw(st.integers(0, 2)))
    ]
    return task_type, b"\n".join([*lines, draw(spelled(rows))])


anything = damaged() | defective() | st.tuples(st.sampled_from(sorted(TASK_TYPES)), st.binary(max_size=300))


def adds_up(report: Report) -> None:
    assert 0 <= report.valid_rows <= report.processed_rows <= report.total_rows
    assert report.is_valid == (not report.errors)
    assert len(report.errors) <= flaws.MAX_KINDS + 2
    for error in (*report.errors, *report.warnings):
        assert error.error.startswith("mock.")
        assert error.error_description.isprintable()
        assert len(error.error_description) < 2000
    in_rows = {number for error in report.errors for number in error.row_numbers}
    assert sum(len(error.row_numbers) for error in report.errors) == len(in_rows)
    if all(error.error.startswith("mock.row.") for error in report.errors):
        assert len(in_rows) == report.processed_rows - report.valid_rows
        assert in_rows <= set(range(1, report.total_rows + 1))


def judged(task_type: str, data: bytes) -> None:
    report = validation.scan(io.BytesIO(data), task_type)
    adds_up(report)
    assert report == validation.scan(io.BytesIO(data).readlines(), task_type)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "upload"), Path(folder, "stored")
        source.write_bytes(data)
        assert job.run(source, target, task_type) == report
        assert len(preview_rows(source, task_type)) == min(
            10, data.count(b"\n") + (data[-1:] not in {b"", b"\n"})
        )
        if report.is_valid and TASK_TYPES[task_type].is_validated:
            assert sum(1 for _ in parquet.read_rows(target)) == report.total_rows


def peak() -> int:
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kibibytes if sys.platform == "darwin" else kibibytes << 10


@pytest.mark.timeout(SECONDS + 100)
@pytest.mark.parametrize("seconds", [0, pytest.param(SECONDS, marks=pytest.mark.all)], ids=["begun", "long"])
def test_any_bytes_get_a_verdict_in_bounded_memory(seconds: float) -> None:
    started, end, batch = peak(), time.monotonic() + seconds, 0

    @given(anything)
    @settings(max_examples=_BATCH, database=None, suppress_health_check=list(HealthCheck))
    def some(example: tuple[str, Any]) -> None:
        judged(*example)

    while not batch or time.monotonic() < end:
        seed(batch)(some)()
        batch += 1
    assert peak() - started <= MEMORY
