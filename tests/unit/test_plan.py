"""Scripts for a folder's next tunings: what is read, what is refused and how, and who lives by them."""

import math
import re
from pathlib import Path

import pytest

from aistudio_mock.backend.plans import Plans
from aistudio_mock.domain import plan
from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.instant import DAY, SECOND, Instant, read_seconds
from aistudio_mock.domain.plan import AS_USUAL, PlanError, Script, read
from aistudio_mock.domain.schedule import plan_tuning
from aistudio_mock.domain.tuning import Reason, TuningStatus
from aistudio_mock.runtime.chance import chance_for

NOW = Instant(1_765_419_655 * SECOND)
WRITTEN = [
    {"outcome": "complete", "times": 1},
    {"outcome": "complete", "model": False, "heeds_cancel": False, "times": None},
    {"outcome": "complete", "closing": "bare", "times": 2},
    {"outcome": "never", "starts": False, "times": 1},
    {"outcome": "cancel", "after": 0.5, "times": 1},
    {"outcome": "complete", "seconds": {"pending": 1.0, "start": 86400.0, "run": 5.0}, "times": 1},
    {"outcome": "fail", "closing": "error-first", "after": 0.4, "status": "OK", "message": "", "times": 1},
    {"outcome": "fail", "errors": [{"message": "a", "type": "INTERNAL"}], "times": 1},
    {"outcome": "fail", "errors": [], "times": 1},
]


@pytest.mark.parametrize("fields", WRITTEN)
def test_a_script_is_shown_as_it_was_written(fields):
    assert read(fields).fields() == fields


def test_the_page_about_plans_tells_every_field_and_no_other():
    page = Path(__file__).parents[2] / "docs/how-to/plan-outcomes.md"
    table = page.read_text(encoding="utf-8").partition("## What can be written")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(plan._READERS)


def test_nothing_written_is_as_usual():
    assert read({}) == AS_USUAL == Script()
    assert AS_USUAL.end is TuningStatus.COMPLETED
    assert AS_USUAL.reasons == ()


def test_a_failure_has_its_message_as_the_one_reason_unless_others_are_written():
    assert read({"outcome": "fail", "message": "no memory"}).reasons == (Reason("no memory"),)
    assert read({"outcome": "fail", "errors": ["a", {"message": "b", "type": "INTERNAL"}]}).reasons == (
        Reason("a", "PUBLIC"),
        Reason("b", "INTERNAL"),
    )
    assert read({"outcome": "fail", "errors": []}).reasons == ()


@pytest.mark.parametrize(("status", "code"), [("OK", 0), ("INTERNAL", 13), ("RESOURCE_EXHAUSTED", 8)])
def test_the_status_is_a_canonical_code_or_none(status, code):
    assert read({"outcome": "fail", "status": status}).code == code


REFUSED = [
    ({"outcom": "fail"}, "a plan has no 'outcom'; it has outcome, after, starts, "),
    ({"outcome": "explode"}, "outcome is complete, fail, cancel or never; not 'explode'"),
    ({"outcome": ["fail"]}, "outcome is complete, fail, cancel or never; not "),
    ({"outcome": "fail", "status": "FINE"}, "status is INVALID_ARGUMENT, "),
    ({"outcome": "fail", "status": 13}, "status is "),
    ({"outcome": "fail", "message": 1}, "message is text, not 1"),
    ({"outcome": "fail", "after": 40}, "after is a share of the run from 0 to 1, not 40"),
    ({"outcome": "fail", "after": True}, "after is a share"),
    ({"outcome": "fail", "after": math.nan}, "after is a share"),
    ({"outcome": "fail", "errors": "a"}, "errors are rows such as "),
    ({"outcome": "fail", "errors": [1]}, "errors[0] is text, or "),
    ({"outcome": "fail", "errors": ["a", {"text": "b"}]}, "errors[1] is text, or "),
    ({"outcome": "fail", "errors": [{"message": 1}]}, "errors[0].message is text, not 1"),
    ({"outcome": "fail", "errors": [{"message": "a", "type": "SECRET"}]}, "errors[0].type is PUBLIC or "),
    ({"starts": 1}, "starts is true or false, not 1"),
    ({"model": None}, "model is true or false"),
    ({"closing": "ajar"}, "closing is usual, error-first or bare; not 'ajar'"),
    ({"seconds": 5}, "seconds are seconds by phase, of pending, start, run, close; not 5"),
    ({"seconds": {"nap": 5}}, "seconds are seconds by phase"),
    ({"seconds": {"run": -1}}, "seconds.run is seconds from 0 to "),
    ({"seconds": {"run": math.inf}}, "seconds.run is seconds from 0 to "),
    ({"seconds": {"run": 1e12}}, "seconds.run is seconds from 0 to "),
    ({"seconds": {"run": "5"}}, "seconds.run is seconds"),
    ({"seconds": {"pending": 9, "start": 8}}, "seconds: a tuning is PENDING before it starts"),
    ({"times": 0}, "times is a number of tunings from 1 on, or null for all; not 0"),
    ({"times": 1.5}, "times is a number"),
    ({"times": True}, "times is a number"),
    ({"after": 0.4}, "after says nothing about the outcome complete; it goes with fail or cancel"),
    ({"outcome": "never", "status": "INTERNAL"}, "status says nothing about the outcome never"),
    ({"outcome": "cancel", "errors": []}, "errors says nothing about the outcome cancel"),
    ({"outcome": "fail", "model": False}, "model says nothing about the outcome fail; it goes with complete"),
    ({"outcome": "never", "closing": "bare"}, "closing says nothing about the outcome never"),
    ({"starts": False}, "a tuning that never starts cannot complete; choose the outcome fail, "),
    ({"closing": "error-first"}, "closing error-first needs an error; it goes with fail"),
]


@pytest.mark.parametrize(("fields", "says"), REFUSED)
def test_a_script_that_can_never_work_is_refused_with_what_would(fields, says):
    with pytest.raises(PlanError) as refusal:
        read(fields)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def phases(script, durations=Durations.RECORDED):
    return plan_tuning(durations, chance_for(1, "ftn1"), NOW, script)


def test_seconds_that_are_written_are_exact_and_the_others_are_drawn_as_ever():
    usual = phases(AS_USUAL)
    long = phases(read({"seconds": {"start": 86_400}}))
    assert (long.pending, long.started) == (usual.pending, NOW + DAY)
    assert long.finished - long.started == usual.finished - usual.started
    exact = phases(read({"seconds": {"pending": 2.5, "start": 7, "run": 60, "close": 3}}))
    assert [exact.pending, exact.started, exact.finished, exact.done] == [
        NOW + round(seconds * SECOND) for seconds in (2.5, 7, 67, 70)
    ]


@pytest.mark.parametrize("seconds", [{"start": 1}, {"start": 0}, {"pending": 500}])
@pytest.mark.parametrize("durations", Durations)
def test_phases_stay_in_order_whatever_is_written(seconds, durations):
    dates = phases(read({"seconds": seconds}), durations)
    assert NOW <= dates.pending <= dates.started <= dates.finished <= dates.done


def test_a_tuning_that_is_pending_late_starts_no_earlier():
    late = phases(read({"seconds": {"pending": 500}}))
    assert late.pending == late.started == NOW + 500 * SECOND


def test_a_share_of_the_run_is_counted_from_its_start():
    usual, early = phases(AS_USUAL), phases(read({"outcome": "fail", "after": 0.4}))
    assert early.started == usual.started
    assert early.finished - early.started == round((usual.finished - usual.started) * 0.4)


def test_what_never_starts_ends_when_it_would_have_started():
    dates = phases(read({"outcome": "fail", "starts": False, "seconds": {"start": 4}}))
    assert dates.finished == dates.started == NOW + 4 * SECOND


def test_scripts_are_for_one_tuning_after_the_other_and_then_all_is_as_usual():
    plans = Plans()
    assert plans.take() is AS_USUAL
    once, twice = read({"outcome": "never"}), read({"outcome": "cancel", "times": 2})
    plans.add(once)
    plans.add(twice)
    assert [plans.take() for _ in range(4)] == [once, twice, twice, AS_USUAL]
    assert [(one.id, one.used) for one in plans.planned] == [("plan-1", 1), ("plan-2", 2)]


def test_a_script_for_all_is_for_all_until_it_is_cleared():
    plans = Plans()
    always = read({"outcome": "never", "times": None})
    plans.add(always)
    plans.add(read({}))
    assert [plans.take() for _ in range(3)] == [always] * 3
    plans.clear()
    assert plans.take() is AS_USUAL
    assert plans.planned == ()


@pytest.mark.parametrize("text", ["", "soon", "-1", "nan", "inf", "1e9"])
def test_seconds_of_a_setting_are_a_number_from_0_to_a_year(text):
    with pytest.raises(ValueError, match=r"write seconds as a number from 0 to 31622400, a year, such as"):
        read_seconds(text)


def test_seconds_of_a_setting_may_have_a_fraction():
    assert read_seconds("2.5") == 2.5
