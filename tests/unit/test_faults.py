"""Faults as data: what can be written, which call meets which fault, and what is counted."""

import pytest

from aistudio_mock.domain import errors, s3_errors
from aistudio_mock.domain.faults import FaultError, Standing, meet, read

TUNE = "TuningService/Tune"


def standings(*faults):
    return tuple(Standing(f"fault-{number}", read(fields)) for number, fields in enumerate(faults, 1))


def statuses(faults, calls, leg="grpc"):
    """The status that each of `calls` meets, and how the faults stand after all of them."""
    standing, met = standings(*faults), []
    for call in calls:
        outcome = meet(standing, leg, call)
        standing = outcome.standings
        met.append(outcome.effect.status if outcome.effect else None)
    return met, standing


def test_a_fault_meets_the_next_call_once():
    met, _ = statuses([{"method": TUNE, "status": "UNAVAILABLE"}], [TUNE, TUNE])
    assert met == ["UNAVAILABLE", None]


def test_after_lets_calls_pass_and_times_limits_those_that_are_met():
    fault = {"method": TUNE, "status": "ABORTED", "after": 2, "times": 2}
    met, (standing,) = statuses([fault], [TUNE] * 6)
    assert met == [None, None, "ABORTED", "ABORTED", None, None]
    assert (standing.seen, standing.hits) == (6, 2)


def test_without_a_number_of_times_a_fault_stays():
    met, _ = statuses([{"method": TUNE, "status": "ABORTED", "times": None}], [TUNE] * 3)
    assert met == ["ABORTED"] * 3


def test_two_faults_on_one_method_follow_each_other():
    faults = [{"method": TUNE, "status": "UNAVAILABLE"}, {"method": "*", "status": "ABORTED"}]
    met, standing = statuses(faults, [TUNE, TUNE, TUNE])
    assert met == ["UNAVAILABLE", "ABORTED", None]
    assert [one.hits for one in standing] == [1, 1]


def test_calls_of_other_methods_are_not_counted():
    fault = {"method": TUNE, "status": "ABORTED", "after": 1}
    met, (standing,) = statuses([fault], ["DatasetService/List", TUNE, "TuningService/List", TUNE])
    assert met == [None, None, None, "ABORTED"]
    assert standing.seen == 2


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        (TUNE, True),
        ("TuningService/*", True),
        ("*/Tune", True),
        ("*", True),
        ("/yandex.cloud.ai.tuning.v1.TuningService/Tune", True),
        ("tuningservice/tune", False),
        ("TuningService/Tun", False),
        ("DatasetService/*", False),
    ],
)
def test_methods_are_matched_by_glob_and_by_case(pattern, fits):
    met, _ = statuses([{"method": pattern, "status": "ABORTED"}], [TUNE])
    assert (met == ["ABORTED"]) is fits


def test_each_leg_has_its_own_faults():
    everything = [{"method": "*", "status": "ABORTED"}]
    assert statuses(everything, ["PUT"], leg="storage")[0] == [None]
    assert statuses([{"object": "*", "status": "SlowDown"}], ["PUT"], leg="storage")[0] == ["SlowDown"]
    assert statuses([{"object": "*", "status": "SlowDown"}], [TUNE])[0] == [None]


@pytest.mark.parametrize("name", sorted(errors.BY_NAME))
def test_every_status_code_can_be_a_fault(name):
    error = read({"method": "*", "status": name, "message": "no"}).effect.api_error()
    assert (error.name, error.message) == (name, "no")
    assert errors.BY_CODE[error.code] is type(error)


def test_all_sixteen_status_codes_are_known():
    assert sorted(errors.BY_CODE) == list(range(1, 17))


@pytest.mark.parametrize("code", sorted(s3_errors.BY_CODE))
def test_every_error_code_of_the_storage_can_be_a_fault(code):
    assert read({"object": "*", "status": code}).effect.s3_error().code == code


def test_a_fault_that_only_waits_refuses_nothing():
    effect = read({"method": "*", "latency": 1}).effect
    assert (effect.latency, effect.api_error(), effect.s3_error()) == (1.0, None, None)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "does something"),
        ({"status": "UNAVAILABLE"}, "one of two legs"),
        ({"method": TUNE, "object": "PUT", "status": "UNAVAILABLE"}, "one of two legs"),
        ({"method": TUNE}, "give it a status"),
        ({"method": "Tune", "status": "UNAVAILABLE"}, "write Service/Method"),
        ({"method": TUNE, "status": "UNAVAILABEL"}, "did you mean UNAVAILABLE"),
        ({"method": TUNE, "status": "unavailable"}, "did you mean UNAVAILABLE"),
        ({"method": TUNE, "status": "SlowDown"}, "no status 'SlowDown' on this leg"),
        ({"object": "PUT", "status": "Slowdown"}, "did you mean SlowDown"),
        ({"object": "put", "status": "SlowDown"}, "fits no verb"),
        ({"method": TUNE, "status": 14}, "status is text"),
        ({"method": TUNE, "latency": -1}, "latency is a number of seconds"),
        ({"method": TUNE, "latency": float("nan")}, "latency is a number of seconds"),
        ({"method": TUNE, "latency": True}, "latency is a number of seconds"),
        ({"method": TUNE, "status": "ABORTED", "times": 0}, "times is a number from 1 on"),
        ({"method": TUNE, "status": "ABORTED", "times": True}, "times is a number from 1 on"),
        ({"method": TUNE, "status": "ABORTED", "times": "1"}, "times is a number from 1 on"),
        ({"method": TUNE, "status": "ABORTED", "after": -1}, "0 or more"),
        ({"method": TUNE, "status": "ABORTED", "after": 1.5}, "after is a whole number"),
        ({"method": TUNE, "code": "ABORTED"}, "a fault has no 'code'"),
    ],
)
def test_what_can_never_work_is_refused_with_what_would(fields, says):
    with pytest.raises(FaultError, match=says):
        read(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"method": TUNE, "status": "ABORTED"},
        {"object": "GET", "status": "SlowDown", "message": "no", "times": None, "after": 3},
        {"method": "*", "latency": 0.5},
    ],
)
def test_a_fault_is_read_back_from_its_own_fields(fields):
    fault = read(fields)
    assert read(fault.fields()) == fault
