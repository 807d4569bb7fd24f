"""What a run came to, told to people, to CI systems and to programs: the same findings in each."""

import io
import json
import re
from xml.etree import ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from aistudio_conformance.journal import Journal
from aistudio_conformance.known import Compared, Known
from aistudio_conformance.ledger import Rule
from aistudio_conformance.model import Finding, Outcome, Verdict
from aistudio_conformance.play import Played
from aistudio_conformance.protocol import Hello
from aistudio_conformance.reports import conversation, jsonl, junit, terminal
from aistudio_conformance.results import Exit, Results, Run
from aistudio_conformance.runner import Judged
from tests.conformance import evidence
from tests.conformance.adapters import case

RULES = {
    "r": Rule(id="r", statement="Sizes are kept.", level="MUST", provenance=("recorded",), cite="sb c.4")
}
KNOWN = Known(check="XX-01/known", outcome="fail", reason="they know", citation="tracker 1")


def judged(case_id="XX-01", /, **outcomes):
    findings = tuple(
        Finding(
            check=name.replace("__", "/") if "__" in name else f"{case_id}/{name}",
            rule="r",
            outcome=outcome,
            why=f"why {name}",
            entries=(2,),
        )
        for name, outcome in outcomes.items()
    )
    entries = (
        evidence.entry(1, "DatasetService/List"),
        evidence.entry(2, "DatasetService/Create", status="INTERNAL"),
    )
    step = msgspec.structs.replace(
        evidence.failed("dataset_list", "it is \x1b[31m<broken>", "INTERNAL"), do="dataset.list"
    )
    report = msgspec.structs.replace(evidence.report(step), case=case_id)
    return Judged(
        case(case_id, "dataset.list"),
        Played(report),
        Journal(entries),
        Verdict(case=case_id, findings=findings),
    )


def results(*cases, expected=(), problems=(), selected=None, **more):
    run = Run(
        suite="1",
        client=Hello(name="fake", version="2"),
        target={"kind": "mock"},
        seed=7,
        cases=tuple(selected or (one.case.id for one in cases)),
        started_at="2026-01-01T00:00:00+00:00",
    )
    known = {(place[:5], place): KNOWN for place in expected}
    return Results(run, tuple(cases), Compared(known, tuple(problems)), rerun="-- ./adapter", **more)


MIXED = results(
    judged(
        passed=Outcome.PASS,
        size=Outcome.FAIL,
        slow=Outcome.WARN,
        unseen=Outcome.NOT_REACHED,
        none=Outcome.NOT_APPLICABLE,
        known=Outcome.FAIL,
    ),
    judged("XX-02", one=Outcome.HARNESS_ERROR, two=Outcome.HARNESS_ERROR),
    expected=["XX-01/known"],
    problems=["XX-01/other is listed as known failing and passes"],
    selected=["XX-01", "XX-02", "XX-03"],
    unknown=("ZZ-99",),
)
GREEN = results(judged(passed=Outcome.PASS, none=Outcome.NOT_APPLICABLE))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (GREEN, Exit.GREEN),
        (results(judged(a=Outcome.FAIL), expected=["XX-01/a"]), Exit.GREEN),
        (results(judged(a=Outcome.PASS, b=Outcome.FAIL)), Exit.RED),
        (results(judged(a=Outcome.PASS, b=Outcome.WARN)), Exit.RED),
        (results(judged(a=Outcome.PASS, b=Outcome.NOT_REACHED)), Exit.RED),
        (results(judged(a=Outcome.PASS), problems=["the list is wrong"]), Exit.RED),
        (results(judged(a=Outcome.NOT_APPLICABLE)), Exit.RED),
        (results(judged(a=Outcome.NOT_APPLICABLE, monitor__b=Outcome.PASS)), Exit.RED),
        (results(judged(a=Outcome.PASS, b=Outcome.HARNESS_ERROR)), Exit.HARNESS),
        (results(judged(a=Outcome.FAIL), judged("XX-02", b=Outcome.HARNESS_ERROR)), Exit.RED),
        (results(judged(a=Outcome.PASS), selected=["XX-01", "XX-02"]), Exit.HARNESS),
        (results(judged(a=Outcome.PASS), unknown=("ZZ-99",)), Exit.HARNESS),
    ],
)
def test_only_what_passed_or_failed_as_known_is_green(told, code):
    assert told.exit is code


def test_findings_are_counted_by_outcome_the_known_apart():
    assert {name: count for name, count in MIXED.counts.items() if count} == {
        "pass": 1,
        "fail": 1,
        "warn": 1,
        "not reached": 1,
        "not applicable": 1,
        "harness error": 2,
        "known failing": 1,
    }
    assert MIXED.missing == ("XX-03",)


def shown(told, **options):
    out = io.StringIO()
    terminal.show(told, RULES, Console(file=out, width=100, markup=False, highlight=False, **options))
    return out.getvalue()


def test_people_see_the_rule_who_says_so_what_was_seen_and_how_to_run_it_alone():
    text = shown(MIXED)
    story = text[text.index("FAIL  XX-01/size") :]
    assert story.splitlines()[:5] == [
        "FAIL  XX-01/size",
        "    MUST  Sizes are kept.",
        "    recorded: sb c.4",
        "    seen: why size",
        "      #2 DatasetService/Create {} → INTERNAL",
    ]
    assert "  dataset_list: dataset.list → INTERNAL: it is" in story
    assert "  alone: aistudio-conformance run --only XX-01 --seed 7 -- ./adapter\n" in story


def test_people_see_every_case_and_what_is_not_green_once():
    text = shown(MIXED)
    assert re.search(r"^XX-01 +the case XX-01 ", text, re.MULTILINE)
    assert text.count("HARNESS ERROR  ") == 1, "the trouble of a case is the same in all its checks"
    assert [word for word in ("XX-01/passed", "XX-01/none") if word in text] == []
    assert "known failing  XX-01/known, MUST r: they know" in text
    assert "KNOWN FAILING  XX-01/other is listed as known failing and passes" in text
    assert "UNKNOWN  this suite has no case ZZ-99; it was not judged" in text
    assert "DID NOT RUN  XX-03" in text
    assert text.splitlines()[-1].startswith("2 cases: 1 pass, 1 warn, 1 fail, 1 not reached, ")
    assert text.splitlines()[-1].endswith("; not green")


def test_a_check_that_is_red_in_many_cases_is_told_in_full_once():
    hasty = {"monitor__hasty": Outcome.WARN}
    text = shown(results(judged(**hasty), judged("XX-02", **hasty), judged("XX-03", own=Outcome.FAIL)))
    assert text.count("WARN  monitor/hasty\n    MUST  Sizes are kept.") == 1
    assert "WARN  monitor/hasty, as in XX-01: why monitor__hasty\n" in text
    assert [line for line in text.splitlines() if line.startswith("red in ")] == [
        "red in 2 cases: monitor/hasty"
    ]


def test_all_green_is_short():
    text = shown(GREEN)
    assert text.splitlines()[-1] == "1 case: 1 pass, 1 not applicable; all green"
    assert "alone:" not in text


def test_of_a_long_conversation_both_ends_are_told():
    calls = evidence.journal(*(evidence.entry(number, "TuningService/List") for number in range(1, 901)))
    told = [line.split()[0] for line in conversation.told(calls, range(1, 901))]
    assert told == ["#1", "#2", "#3", "#4", "…", "#897", "#898", "#899", "#900"]
    assert len([*conversation.told(calls, range(1, 10))]) == 9


def test_colours_are_for_terminals_only():
    assert "\x1b" not in shown(MIXED)
    assert "\x1b[" in shown(MIXED, force_terminal=True, color_system="standard")


def test_ci_sees_a_testcase_for_each_check():
    suite = ET.fromstring(junit.document(MIXED, RULES)).find("testsuite")
    children = {
        f"{one.get('classname')}/{one.get('name')}": [child.tag for child in one]
        for one in suite.findall("testcase")
    }
    assert children == {
        "XX-01/passed": [],
        "XX-01/size": ["failure"],
        "XX-01/slow": ["failure"],
        "XX-01/unseen": ["failure"],
        "XX-01/none": ["skipped"],
        "XX-01/known": ["skipped"],
        "XX-02/one": ["error"],
        "XX-02/two": ["error"],
        "known failing/XX-01/other is listed as known failing and passes": ["failure"],
        "XX-03/ran": ["error"],
        "ZZ-99/ran": ["error"],
    }
    counts = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 11, "failures": 4, "errors": 4, "skipped": 2}
    assert suite.get("name") == "fake 2"


def test_ci_sees_why_and_what_the_list_says():
    suite = ET.fromstring(junit.document(MIXED, RULES)).find("testsuite")
    failure = suite.find("testcase[@name='size']/failure")
    assert failure.get("message") == "fail: why size"
    assert failure.text == "MUST Sizes are kept.\nsb c.4\n#2 DatasetService/Create {} → INTERNAL"
    assert suite.find("testcase[@name='known']/skipped").get("message") == "known failing: they know"
    assert suite.find("testcase[@name='known']/skipped").text.startswith("MUST r: ")


def test_what_xml_cannot_hold_is_replaced():
    odd = judged(a=Outcome.FAIL)
    finding = msgspec.structs.replace(odd.verdict.findings[0], why="\x00\x1b[31m\ud800 é")
    odd = msgspec.structs.replace(odd, verdict=Verdict(case="XX-01", findings=(finding,)))
    failure = ET.fromstring(junit.document(results(odd), RULES)).find("testsuite/testcase/failure")
    assert failure.get("message") == "fail: \ufffd\ufffd[31m\ufffd é"


def test_programs_see_every_finding_a_line_each_and_know_the_end():
    header, *findings, footer = map(json.loads, jsonl.lines(MIXED))
    assert header == {
        "findings": 1,
        "suite": "1",
        "client": {"name": "fake", "version": "2"},
        "target": {"kind": "mock"},
        "seed": 7,
    }
    assert findings[1] == {
        "case": "XX-01",
        "check": "XX-01/size",
        "rule": "r",
        "outcome": "fail",
        "why": "why size",
        "entries": [2],
    }
    assert [one.get("known_failing") for one in findings if one["check"] == "XX-01/known"] == ["they know"]
    assert [one.get("known_citation") for one in findings if one.get("known_failing")] == ["tracker 1"]
    assert footer == {
        "end": True,
        "findings": 8,
        "counts": dict(MIXED.counts),
        "missing": ["XX-03"],
        "known_failing_problems": ["XX-01/other is listed as known failing and passes"],
        "exit": 1,
    }
