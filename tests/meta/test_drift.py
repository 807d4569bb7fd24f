"""What `make drift` makes of what it is told; the environment that it tells of is made by hand only."""

import json

import pytest

from tools import drift

HEADER = {"findings": 1, "client": {"name": "sdk"}}
PINNED = {"yandexcloud": "1.0", "grpcio": "1.80"}


def told(*findings, footer=None):
    lines = [HEADER, *findings, footer or {"end": True}]
    return "".join(json.dumps(line) + "\n" for line in lines)


def finding(case, check, outcome):
    return {"case": case, "check": check, "outcome": outcome}


def test_findings_that_appeared_vanished_and_changed_are_told_and_no_others():
    pinned = drift.findings(
        told(finding("A", "A/x", "pass"), finding("A", "A/y", "fail"), finding("B", "B/z", "warn"))
    )
    newest = drift.findings(
        told(finding("A", "A/x", "fail"), finding("A", "A/y", "fail"), finding("C", "C/w", "pass"))
    )
    assert drift.compared(pinned, newest) == [
        "- A, A/x: pass → fail",
        "- B, B/z: warn → not there",
        "- C, C/w: not there → pass",
    ]
    assert drift.compared(pinned, pinned) == []


@pytest.mark.parametrize("text", ["", told(finding("A", "A/x", "pass"), footer=finding("A", "A/y", "pass"))])
def test_findings_that_were_cut_off_are_no_comparison(text):
    with pytest.raises(drift.DriftError, match="were cut off"):
        drift.findings(text)


def test_what_pytest_calls_red_is_red():
    said = "..F\nFAILED tests/wire/sdk/test_polls.py::test_it - no\nERROR tests/contract/test_x.py\n1 failed"
    assert drift.red(said) == [
        "- `tests/wire/sdk/test_polls.py::test_it - no`",
        "- `tests/contract/test_x.py`",
    ]


def test_what_is_new_in_the_contract_is_told_and_the_version_is_not():
    page, newest = (
        "## Compared with yandexcloud 1\n\n- field a\n",
        "## Compared with yandexcloud 2\n\n- field b\n",
    )
    assert drift.changed(page, newest) == ["- gone: field a", "- new: field b"]


def test_the_report_marks_what_is_newer_and_says_where_nothing_differs():
    text = drift.report(
        PINNED, {**PINNED, "grpcio": "1.90"}, [("Tests that are red", []), ("Findings", ["- one"])]
    )
    assert "| yandexcloud | 1.0 | 1.0 |\n| grpcio | 1.80 | 1.90 (new) |\n" in text
    assert text.endswith("## Tests that are red\n\nNothing.\n\n## Findings\n\n- one\n")
