"""CI says that nothing may be skipped: then a test that would be, or a module, is red."""

import os
import subprocess
import sys

import pytest

SKIPPED = """
import pytest

@pytest.mark.skipif(True, reason="no such program here")
def test_of_a_program(): ...

def test_that_gives_up(): pytest.skip("not now")

@pytest.mark.xfail(strict=True)
def test_that_is_to_fail(): raise AssertionError
"""


@pytest.mark.all
@pytest.mark.parametrize(
    ("told", "outcome", "code"),
    [
        ({}, "3 skipped, 1 xfailed", 0),
        ({"AISTUDIO_NOTHING_SKIPPED": "1"}, "1 failed, 1 xfailed, 2 errors", 1),
    ],
)
def test_what_is_skipped_is_red_where_nothing_may_be(tmp_path, told, outcome, code):
    (tmp_path / "test_some.py").write_text(SKIPPED)
    (tmp_path / "test_none.py").write_text("import pytest\n\npytest.importorskip('no_such_module')\n")
    options = ("-n0", "-p", "tests.conftest", "-c", os.devnull, "--continue-on-collection-errors")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        env={name: value for name, value in os.environ.items() if name != "AISTUDIO_NOTHING_SKIPPED"} | told,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert outcome in done.stdout.splitlines()[-1], done.stdout
    assert done.returncode == code
