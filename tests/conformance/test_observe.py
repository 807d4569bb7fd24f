"""`observe`: of a program as it is, the mistakes that it makes are named, and no others."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("observed_program.py")
SDK = Path(__file__).with_name("observed_sdk.py")
REFERENCE = Path(__file__).with_name("observed_reference.py")
SEEN_AS = {
    "no-deadline": "deadline-sent",
    "token-to-storage": "no-credentials-on-storage",
    "forgotten-draft": "nothing-left-behind",
    "one-idempotency-key": "idempotency-key-of-one-call",
    "key-in-a-message": "no-secret-in-messages",
    "early-tuning": "tunes-on-ready-datasets",
}


def observed(program, *arguments):
    """Exit code, stdout, and the monitors that are red."""
    done = subprocess.run(
        [sys.executable, "-m", "aistudio_conformance", "observe", "--", sys.executable, program, *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )
    named = re.findall(r"^(?:FAIL|WARN|NOT REACHED)  monitor/(\S+)", done.stderr, re.MULTILINE)
    assert "pass  monitor/" in done.stderr, done.stderr
    return done.returncode, done.stdout, sorted(named)


@pytest.mark.parametrize(
    "mistakes",
    [
        (),
        ("no-deadline", "token-to-storage", "forgotten-draft"),
        ("one-idempotency-key", "key-in-a-message", "early-tuning"),
    ],
)
def test_exactly_the_mistakes_of_a_program_are_named(mistakes):
    code, out, named = observed(PROGRAM, *mistakes)
    assert named == sorted(SEEN_AS[mistake] for mistake in mistakes)
    assert code == (1 if mistakes else 0)
    assert re.search(r"gpt://\S+@tamr", out), "the program gets to its end, whatever mistakes it makes"


@pytest.mark.all
@pytest.mark.parametrize("program", [SDK, REFERENCE], ids=["official-sdk", "reference"])
def test_the_flow_of_a_client_is_without_a_mistake(program, tmp_path):
    row = {"request": [{"role": "user", "text": "Is it red?"}], "response": "It is."}
    file = tmp_path / "train.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for _ in range(10)), encoding="utf-8")
    code, out, named = observed(program, file)
    assert (code, named) == (0, [])
    assert out.strip()
