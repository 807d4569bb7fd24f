"""A verdict is the same however it is come by: a case at a time or many, in any order, or later.

Of every case, and so in the wider tier; of some, `test_conformance_cli.py` asks the same.
"""

import subprocess
import sys

import msgspec
import pytest

pytestmark = pytest.mark.all

SUITE = (sys.executable, "-m", "aistudio_conformance")
BROKEN = "python:aistudio_conformance.broken.clients:GivesUpOnPending"
RED = 1


def outcomes(text):
    """Case and check of every finding, and what became of it, from a report in JSON Lines."""
    lines = [msgspec.json.decode(line) for line in text.splitlines()]
    return {(line["case"], line["check"]): line["outcome"] for line in lines if "check" in line}


def suite(*arguments, jsonl):
    """One command of the suite; its outcomes."""
    command = [*SUITE, *arguments, "--jsonl", str(jsonl)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == RED, done.stdout + done.stderr
    return outcomes(jsonl.read_bytes())


@pytest.fixture(scope="module", name="serial")
def _serial(tmp_path_factory):
    """A run of a client with reds, one case at a time, and its bundle."""
    folder = tmp_path_factory.mktemp("serial")
    bundle = folder / "bundle"
    found = suite("run", "--client", BROKEN, "--seed", "1", "--bundle", str(bundle), jsonl=folder / "1.jsonl")
    return found, bundle


def test_the_run_shows_green_and_red(serial):
    assert {"pass", "fail", "not applicable"} <= set(serial[0].values())


def test_many_cases_at_a_time_give_the_same_verdicts(serial, tmp_path):
    found = suite("run", "--client", BROKEN, "--seed", "1", "--parallel", "3", jsonl=tmp_path / "1.jsonl")
    assert found == serial[0]


def test_another_order_and_other_chance_give_the_same_verdicts(serial, tmp_path):
    assert suite("run", "--client", BROKEN, "--seed", "2", jsonl=tmp_path / "1.jsonl") == serial[0]


def test_a_bundle_gives_the_same_verdicts_later(serial, tmp_path):
    assert suite("judge", str(serial[1]), jsonl=tmp_path / "1.jsonl") == serial[0]
