"""Every situation that a client should be seen in is judged, or says why it is not."""

import pytest

from aistudio_conformance.load import cases, scenarios
from aistudio_conformance.monitors import MONITORS, SECRETS_PRINTED

COVERED = {scenario for case in cases() for scenario in case.covers}


@pytest.mark.parametrize("scenario", scenarios().values(), ids=list(scenarios()))
def test_a_scenario_has_a_case_or_a_monitor_or_says_why_not(scenario):
    ways = [scenario.id in COVERED, bool(scenario.monitor), bool(scenario.left_out)]
    assert sum(ways) == 1, "a case covers it, or a monitor watches it, or it is left out with the reason"
    assert scenario.monitor in {"", SECRETS_PRINTED, *MONITORS}


def test_all_that_must_be_kept_is_judged():
    musts = [one for one in scenarios().values() if one.level == "MUST"]
    assert len(musts) == 59
    assert [one.id for one in musts if one.left_out] == []


def test_twenty_five_and_more_are_judged_that_should_or_may_be_kept():
    graded = [one for one in scenarios().values() if one.level != "MUST" and not one.left_out]
    assert len(graded) >= 25
    assert all(one.id in COVERED or one.monitor for one in graded)


def test_cases_cover_scenarios_that_there_are():
    assert scenarios().keys() >= COVERED
