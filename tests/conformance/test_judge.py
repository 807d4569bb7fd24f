"""The judge: what each kind of check says of what was reported and seen."""

import pytest

from aistudio_conformance.judge import judge, observed
from aistudio_conformance.load import rules
from aistudio_conformance.model import Outcome
from aistudio_conformance.monitors import MONITORS
from tests.conformance.evidence import (
    RULES,
    answered,
    case,
    entry,
    failed,
    journal,
    put,
    report,
    silent,
    troubled,
    unsupported,
)

PASS, FAIL, WARN = Outcome.PASS, Outcome.FAIL, Outcome.WARN
NOT_REACHED, NOT_APPLICABLE, TROUBLE = Outcome.NOT_REACHED, Outcome.NOT_APPLICABLE, Outcome.HARNESS_ERROR
ONE_GET = {"calls": {"of": {"method": "A/Get"}, "count": 1}}


def verdict(check, steps=(), seen=(), **more):
    """The one finding on a case of one check."""
    steps = steps or (answered(),)
    (finding,) = judge(case(check), report(*steps, **more), journal(*seen), RULES).findings
    return finding


@pytest.mark.parametrize(
    ("count", "calls", "outcome"),
    [
        (1, 1, PASS), (1, 0, FAIL), (1, 2, FAIL), (0, 0, PASS), (0, 1, FAIL),
        ("at least 2", 1, FAIL), ("at least 2", 2, PASS), ("at most 1", 0, PASS), ("at most 1", 2, FAIL),
    ],
)  # fmt: skip
def test_calls_are_counted(count, calls, outcome):
    seen = [entry(number, "A/Get") for number in range(1, calls + 1)]
    assert verdict({"calls": {"of": {"method": "A/Get"}, "count": count}}, seen=seen).outcome is outcome


def test_every_call_that_is_meant_must_say_what_is_expected():
    check = {"calls": {"of": {"method": "A/*"}, "expect": {"request.name": "x"}}}
    good, bad = entry(1, "A/Get", request={"name": "x"}), entry(2, "A/Put", request={"name": "y"})
    assert verdict(check, seen=[good]).outcome is PASS
    finding = verdict(check, seen=[good, bad])
    assert (finding.outcome, finding.entries) == (FAIL, (2,))
    assert finding.why == "A/Put: request.name: 'y' instead of 'x'"


@pytest.mark.parametrize(
    "where",
    [{"status": "NOT_FOUND"}, {"leg": "storage"}, {"where": {"request.id": "b"}}, {"method": "B/Get"}],
)
def test_a_selector_means_only_what_fits_in_every_part(where):
    check = {"calls": {"of": {"method": "A/Get", **where}, "count": 0}}
    assert verdict(check, seen=[entry(1, "A/Get", request={"id": "a"})]).outcome is PASS


def test_variables_are_filled_in_from_the_report():
    check = {
        "calls": {
            "of": {"method": "A/Get", "where": {"request.id": "${first.id}"}},
            "expect": {"request.name": "${nonce.a}"},
        }
    }
    variables = {"first": {"id": "7"}, "nonce": {"a": "abc"}}
    seen = [entry(1, "A/Get", request={"id": "7", "name": "abc"}), entry(2, "A/Get", request={"id": "8"})]
    assert verdict(check, seen=seen, variables=variables).outcome is PASS
    assert verdict(check, seen=seen, variables=variables | {"nonce": {"a": "abd"}}).outcome is FAIL


NEVER = {"never": {"of": {"method": "A/Run"}, "witness": {"method": "A/Get", "status": "NOT_FOUND"}}}


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        ([], NOT_REACHED),
        ([entry(1, "A/Get")], NOT_REACHED),
        ([entry(1, "A/Run")], NOT_REACHED),
        ([entry(1, "A/Get", status="NOT_FOUND")], PASS),
        ([entry(1, "A/Run"), entry(2, "A/Get", status="NOT_FOUND")], PASS),
        ([entry(1, "A/Get", status="NOT_FOUND"), entry(2, "A/Run")], FAIL),
    ],
)
def test_that_nothing_happened_needs_a_witness_that_it_could_have(seen, outcome):
    assert verdict(NEVER, seen=seen).outcome is outcome


def test_the_witness_may_be_that_the_client_dealt_with_the_step():
    check = {"never": {"of": {"method": "A/Run"}, "witness": "answered"}}
    assert verdict(check).outcome is PASS
    assert verdict(check, [failed()]).outcome is PASS
    assert verdict(check, [failed()], [entry(1, "A/Run")]).outcome is FAIL
    assert verdict(check, [silent()]).outcome is FAIL


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        ((), NOT_REACHED),
        (("P",), NOT_REACHED),
        (("V",), FAIL),
        (("P", "V"), PASS),
        (("V", "P"), FAIL),
        (("V", "P", "V"), FAIL),
    ],
)
def test_one_call_comes_after_another_was_answered(order, outcome):
    seen = [entry(number, f"A/{name}") for number, name in enumerate(order, 1)]
    assert (
        verdict({"order": {"each": {"method": "A/V"}, "after": {"method": "A/P"}}}, seen=seen).outcome
        is outcome
    )


def test_what_the_client_tells_is_compared():
    check = {"reply": {"expect": {"status": "READY", "rows": 3}}}
    assert verdict(check, [answered(status="READY", rows=3)]).outcome is PASS
    assert verdict(check, [answered(status="READY")]).why == "the client told: rows: nothing instead of 3"
    assert verdict(check, [failed()]).outcome is FAIL


FAILS = {"fails": {"witness": {"method": "A/Get", "status": "NOT_FOUND"}, "expect": {"code": "NOT_FOUND"}}}


@pytest.mark.parametrize(
    ("step", "seen", "outcome"),
    [
        (failed(code="NOT_FOUND"), [entry(1, "A/Get", status="NOT_FOUND")], PASS),
        (failed(code="INTERNAL"), [entry(1, "A/Get", status="NOT_FOUND")], FAIL),
        (failed(code="NOT_FOUND"), [], NOT_REACHED),
        (answered(), [entry(1, "A/Get", status="NOT_FOUND")], FAIL),
        (silent(), [entry(1, "A/Get", status="NOT_FOUND")], FAIL),
    ],
)
def test_a_failure_counts_only_with_the_refusal_that_it_is_about(step, seen, outcome):
    assert verdict(FAILS, [step], seen).outcome is outcome


def test_a_client_may_refuse_by_itself_where_the_case_says_so():
    check = {"fails": {**FAILS["fails"], "locally": True}}
    assert verdict(check, [failed(code="NOT_FOUND")]).outcome is PASS
    assert verdict(check, [failed(code="INTERNAL")]).outcome is FAIL
    assert verdict(check, [answered()]).outcome is FAIL


def test_a_rule_that_should_be_kept_warns():
    assert verdict({**ONE_GET, "rule": "should"}).outcome is WARN


def test_a_verb_that_the_client_does_not_have_is_counted_neither_way():
    assert verdict(ONE_GET, [unsupported()]).outcome is NOT_APPLICABLE
    steps = [unsupported("first")]
    found = judge(case(ONE_GET, steps=("first", "it")), report(*steps), journal(), RULES).findings
    assert [one.outcome for one in found] == [NOT_APPLICABLE]


def test_a_step_that_was_never_asked_for_shows_nothing():
    found = judge(case(ONE_GET, steps=("first", "it")), report(failed("first")), journal(), RULES).findings
    assert [one.outcome for one in found] == [NOT_REACHED]


@pytest.mark.parametrize("ended", ["hung", "crashed"])
def test_a_client_that_does_not_answer_has_told_its_user_nothing(ended):
    finding = verdict({"reply": {"expect": {}}}, [silent(ended=ended)])
    assert (finding.outcome, finding.why) == (FAIL, f"the client {ended}, and told its user nothing")
    # what it did before is still there to be seen
    assert verdict(ONE_GET, [silent(ended=ended)], [entry(1, "A/Get")]).outcome is PASS


@pytest.mark.parametrize(
    ("steps", "dropped", "trouble"),
    [((troubled(),), 0, ""), ((answered(),), 1, ""), ((answered(),), 0, "the server ended")],
)
def test_trouble_of_the_suite_says_nothing_of_the_client(steps, dropped, trouble):
    seen = journal(entry(1, "A/Get"), dropped=dropped)
    found = judge(
        case(ONE_GET, {"reply": {"expect": {}}}), report(*steps, trouble=trouble), seen, RULES
    ).findings
    assert {one.outcome for one in found} == {TROUBLE}


def test_monitors_watch_every_case_unless_it_says_why_not():
    watched = case(ONE_GET, monitors_off={"nothing-left-behind": "it is about that"})
    found = judge(watched, report(answered()), journal(entry(1, "A/Get")), rules() | RULES).findings
    assert [one.check for one in found] == [
        "XX-01/c0",
        *(f"monitor/{name}" for name in MONITORS if name != "nothing-left-behind"),
        "monitor/secrets-printed",
    ]


def test_a_secret_that_the_client_shows_is_named_by_its_place():
    watched = case(ONE_GET, monitors_off={})
    shown = report(answered(), secrets_seen=("the api key on stderr",))
    found = judge(watched, shown, journal(entry(1, "A/Get")), rules() | RULES).findings
    assert (found[-1].outcome, found[-1].why) == (FAIL, "the client shows the api key on stderr")


def test_a_put_is_an_entry_like_any_other():
    check = {
        "calls": {
            "of": {"leg": "storage", "method": "PUT"},
            "expect": {"body.bytes": 3, "body.chunked": False, 'headers."content-type"': "text/plain"},
        }
    }
    assert verdict(check, seen=[put(1, "/b/k", headers=(("content-type", "text/plain"),))]).outcome is PASS


WITNESSED = {
    "reply": {"expect": {"id": "7"}, "witness": {"method": "A/Get", "where": {"fault": {"absent": False}}}}
}


@pytest.mark.parametrize(
    ("seen", "told", "outcome"),
    [
        ([entry(1, "A/Get", fault="fault-1")], {"id": "7"}, PASS),
        ([entry(1, "A/Get", fault="fault-1")], {"id": "8"}, FAIL),
        ([entry(1, "A/Get")], {"id": "7"}, NOT_REACHED),
        ([entry(1, "A/Get")], {"id": "8"}, FAIL),
        ([entry(1, "A/Put")], {"id": "7"}, NOT_APPLICABLE),
    ],
)
def test_a_reply_with_a_witness_shows_nothing_without_it(seen, told, outcome):
    assert verdict(WITNESSED, [answered(**told)], seen).outcome is outcome


def test_of_a_changed_url_the_place_is_told_where_it_parts_from_what_was_given():
    given = [{"upload_url": "https://s/b/k?a=1&note=%7Ea%20b&z=1"}, {"upload_url": "https://s/b/other"}]
    asked = [entry(n, "DatasetService/GetUploadDraftUrl", responses=(one,)) for n, one in enumerate(given, 1)]
    check = {"function": "url_used_as_given"}
    finding = verdict(check, seen=[*asked, put(3, "/b/k?a=1&note=~a%20b&z=1")])
    sent, was_given = "'/k?a=1&note=~a%20b&z=1'", "'/k?a=1&note=%7Ea%20b&z=1'"
    assert finding.why == f"the URL of the PUT is none that was given: {sent} instead of {was_given}"
    assert verdict(check, seen=[put(1, "/b/k")]).why == "the URL of the PUT is none that was given"


def test_what_the_run_of_an_older_suite_did_not_have_was_not_reached():
    check = {"reply": {"expect": {"text": "${nonce.newer}"}}}
    finding = verdict(check, steps=[answered(text="x")])
    assert (finding.outcome, finding.why[:31]) == (NOT_REACHED, "${nonce.newer} stands for nothi")


def test_a_bug_of_the_mock_is_not_an_observed_programs():
    bug = entry(1, "TuningService/Tune", status="INTERNAL", message="bug in aistudio-mock: KeyError")
    assert {one.outcome for one in observed(journal(bug), rules())} == {TROUBLE}
