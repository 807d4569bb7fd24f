"""The kill matrix: every broken client turns exactly its checks red, and the client without a defect none."""

import sys

import pytest
from msgspec.structs import replace

from aistudio_conformance.broken.clients import MUTANTS
from aistudio_conformance.case import Calls, Selector
from aistudio_conformance.judge import judge
from aistudio_conformance.load import cases, rules
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.model import Outcome
from aistudio_conformance.reports.story import conversation, conversations
from aistudio_conformance.runner import Runner
from tests.conformance.in_process import judged_in_process
from tests.conformance.reach import PLAINTEXT, in_plaintext, named, reached, watched

GREEN = {Outcome.PASS, Outcome.NOT_APPLICABLE}
HOST = (sys.executable, "-m", "aistudio_conformance.adapters.host")
BROKEN = "aistudio_conformance.broken.clients"
WATCHED = [
    name for name, (_, declared) in MUTANTS.items() if any(check.startswith("monitor/") for check in declared)
]
"""The broken clients that are for a monitor to see, in any case."""
ANYTHING = Calls(of=Selector(method="*"), count="at least 0")
ROUNDS = 10
"""A busy machine puts pauses where a client makes none, so that a monitor misses them: it may look again."""


@pytest.fixture(scope="module", name="target")
def _target():
    with MockTarget() as target:
        yield target


def by_children(told, target, chosen):
    """Those cases, with one client in a process of its own."""
    with Runner([*HOST, told], target, rules(), seed=1) as runner:
        runner.smoke()
        return list(runner.run(chosen))


def broken(name):
    """The broken client, for `judged_in_process`."""
    return in_plaintext(f"{BROKEN}:{name}")


def red(judged):
    """The checks that are not green, why, by their ids."""
    return {
        finding.check: f"{one.case.id}: {finding.outcome}: {finding.why}"
        for one in judged
        for finding in one.verdict.findings
        if finding.outcome not in GREEN
    }


def without(check, case):
    """The case with one check made vacuous: it is still there, and whatever happens it is green."""
    if check.startswith("monitor/"):
        return replace(case, monitors_off={check.removeprefix("monitor/"): "made vacuous"})
    checks = tuple(
        replace(one, calls=ANYTHING, never=None, order=None, reply=None, fails=None, function=None)
        if f"{case.id}/{one.id}" == check
        else one
        for one in case.checks
    )
    return replace(case, checks=checks)


def rejudged(judged, check):
    """The same runs, judged with a check made vacuous."""
    return [
        replace(one, verdict=judge(without(check, one.case), one.played.report, one.journal, rules()))
        for one in judged
    ]


@pytest.fixture(scope="module", name="run")
def _run(target):
    """The client without a defect in every case: what is judged, and what it uses in each."""
    return watched(target)


@pytest.fixture(name="used")
def _used(run):
    return run[1]


def test_a_client_without_a_defect_is_all_green(run):
    assert_all_green(run[0])


@pytest.mark.all
def test_a_client_without_a_defect_is_all_green_in_a_process_of_its_own(target):
    assert_all_green(by_children(PLAINTEXT, target, cases()))


def assert_all_green(judged):
    assert red(judged) == {}
    own = {
        finding.outcome
        for one in judged
        for finding in one.verdict.findings
        if not finding.check.startswith("monitor/")
    }
    assert own == {Outcome.PASS}, "nothing that the client can do may be left out"
    told = {one.case.id: conversation(one.journal) for one in judged}
    assert told == {case.id: conversations()[case.id] for case in cases()}, (
        "run `python tools/record_conversations.py`"
    )


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in WATCHED])
def test_a_broken_client_turns_its_checks_red_in_their_cases(name, target, used):
    client, declared = MUTANTS[name]
    assert_exactly_red(name, declared, target, named(client, declared, used))


@pytest.mark.all
@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in WATCHED])
def test_a_broken_client_turns_nothing_red_in_the_other_cases_in_which_it_can_differ(name, target, used):
    client, declared = MUTANTS[name]
    its_own = named(client, declared, used)
    others = [case for case in reached(client, used) if case not in its_own]
    assert red(judged_in_process(broken(name), target, chosen=others)) == {}


@pytest.mark.parametrize("name", WATCHED)
def test_what_a_monitor_is_to_see_it_sees_in_one_of_the_cases(name, target, used):
    client, declared = MUTANTS[name]
    seen = {}
    for case in reached(client, used) * ROUNDS:
        seen |= red(judged_in_process(broken(name), target, chosen=[case]))
        if seen.keys() >= declared:
            break
    assert seen.keys() == declared, seen


@pytest.mark.all
@pytest.mark.parametrize("name", WATCHED)
def test_what_a_monitor_is_to_see_it_sees_and_nothing_else_in_all_of_them(name, target, used):
    client, declared = MUTANTS[name]
    assert_exactly_red(name, declared, target, reached(client, used))


def assert_exactly_red(name, declared, target, chosen):
    for _ in range(ROUNDS if name in WATCHED else 1):
        judged = judged_in_process(broken(name), target, chosen=chosen)
        seen = red(judged)
        if seen.keys() >= declared:
            break
    assert seen.keys() == declared, seen
    for check in declared:
        left = red(rejudged(judged, check)).keys()
        assert left == declared - {check}, "a check that was made vacuous must be missed"


@pytest.mark.all
@pytest.mark.parametrize("name", ["NamesLikeTheConsole", "GivesUpOnPending", "PrintsItsKey"])
def test_where_a_broken_client_cannot_differ_it_does_not(name, target, used):
    client, _ = MUTANTS[name]
    others = [case for case in cases() if case not in reached(client, used)]
    assert red(judged_in_process(broken(name), target, chosen=others)) == {}


def test_a_broken_client_is_as_red_in_a_process_of_its_own(target):
    some = [case for case in cases() if case.id.startswith("DS-")]
    assert red(by_children(f"{BROKEN}:PrintsItsKey", target, some)).keys() == {"monitor/secrets-printed"}
