"""Known failures are listed, run, and must fail as listed."""

import pytest

from aistudio_conformance.known import Known, KnownError, compare, of_version, read, shipped
from aistudio_conformance.model import Finding, Outcome, Verdict

CASES = ("UP-01", "UP-05", "TU-01")
LEFT = "monitor/nothing-left-behind"


def known(check="UP-01/size", outcome="fail", **more):
    return Known(check=check, outcome=outcome, reason="r", citation="c", **more)


def verdict(case, **outcomes):
    findings = tuple(
        Finding(
            check=name.replace("__", "/").replace("_", "-"),
            rule="r",
            outcome=outcome,
            why="the size is wrong",
        )
        for name, outcome in outcomes.items()
    )
    return Verdict(case=case, findings=findings)


def compared(*entries, up_01=Outcome.FAIL):
    verdicts = [
        verdict("UP-01", **{"UP-01__size": up_01, "monitor__nothing-left-behind": Outcome.PASS}),
        verdict("UP-05", **{"monitor__nothing-left-behind": Outcome.WARN}),
    ]
    return compare(entries, verdicts, CASES)


def test_a_check_that_fails_as_listed_is_expected():
    entry = known(why="size is")
    assert compared(entry).expected == {("UP-01", "UP-01/size"): entry}
    assert compared(entry).problems == ()


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        (Outcome.PASS, "UP-01/size is listed as known failing and passes; take it off the list"),
        (Outcome.WARN, "UP-01/size is listed as known failing with `fail` and is `warn`"),
        (Outcome.NOT_APPLICABLE, "UP-01/size is listed as known failing with `fail` and is `not applicable`"),
    ],
)
def test_a_check_that_does_not_fail_as_listed_is_a_problem(outcome, problem):
    found = compared(known(), up_01=outcome)
    assert (found.expected, found.problems) == ({}, (problem,))


def test_a_check_that_fails_for_another_reason_is_a_problem():
    assert compared(known(why="quota")).problems == (
        "UP-01/size is listed as known failing because of 'quota', and fails otherwise: the size is wrong",
    )


@pytest.mark.parametrize("check", ["UP-01/no-such", "XX-99/size"])
def test_an_entry_that_matches_no_check_is_a_problem(check):
    assert compared(known(check)).problems == (
        f"{check} is listed as known failing and there is no such check",
    )


def test_an_entry_of_a_case_that_did_not_run_waits():
    assert compared(known("TU-01/completed")).problems == ()


def test_nothing_is_said_of_a_check_that_could_not_be_judged():
    found = compared(known(), up_01=Outcome.HARNESS_ERROR)
    assert (found.expected, found.problems) == ({}, ())


def test_an_entry_may_name_the_rule_that_is_broken_which_is_that_of_its_check():
    assert compared(known(breaks="r")).problems == ()
    assert compared(known(breaks="other")).problems == (
        "UP-01/size is listed as known failing because it breaks other, and is a check of r",
    )


def test_an_entry_that_stands_there_twice_is_a_problem():
    assert compared(known(), known()).problems == ("UP-01/size is listed as known failing 2 times",)


def test_a_monitor_is_listed_for_the_cases_in_which_it_is_red():
    entry = known(LEFT, "warn", cases=("UP-05",))
    assert compared(entry).expected == {("UP-05", LEFT): entry}
    both = compared(known(LEFT, "warn", cases=("UP-01", "UP-05")))
    assert both.problems == (f"{LEFT} in UP-01 is listed as known failing and passes; take it off the list",)


def test_a_list_is_read_from_yaml_and_may_be_empty():
    text = b"- {check: UP-01/size, outcome: fail, reason: r, citation: c, why: size}"
    assert read(text, "known.yaml") == (known(why="size"),)
    assert read(b"", "known.yaml") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"- {check: a/b", "known.yaml: while parsing"),
        (b"check: a/b", "known.yaml: Expected `array | null`, got `object`"),
        (b"- {check: a/b, outcome: fail, reason: r}", "missing required field `citation`"),
        (b"- {check: a/b, outcome: pass, reason: r, citation: c}", "Invalid enum value 'pass'"),
        (b"- {check: a/b, outcome: fail, reason: r, citation: c, wy: x}", "unknown field `wy`"),
        (
            b"- {check: a/b, outcome: fail, reason: '', citation: c}",
            "a/b: say the reason, and cite what shows it",
        ),
        (
            b"- {check: monitor/b, outcome: fail, reason: r, citation: c}",
            "`cases` belongs to the checks of monitors",
        ),
        (b"- {check: a/b, outcome: fail, reason: r, citation: c, cases: [a]}", "`cases` belongs to"),
    ],
)
def test_a_list_that_cannot_work_is_refused_with_its_name(text, said):
    with pytest.raises(KnownError, match=said) as refused:
        read(text, "known.yaml")
    assert "\n" not in str(refused.value)


def test_a_client_without_a_list_has_nothing_listed():
    assert shipped("a client that nobody knows") == ()


def test_an_entry_may_be_said_of_some_versions_only():
    text = b"""
- {check: a/b, outcome: fail, reason: r, citation: c, versions: ["0.18.*"]}
- {check: a/c, outcome: fail, reason: r, citation: c}
"""
    assert [one.check for one in of_version(read(text, "k"), "0.18.0")] == ["a/b", "a/c"]
    assert [one.check for one in of_version(read(text, "k"), "0.19.1")] == ["a/c"]
