"""Faults as data: what can be written, which call meets which fault, and what is counted."""

from itertools import pairwise

import pytest
from msgspec import json

from aistudio_faults.faults import Asked, Fault, FaultError, meet, standing
from aistudio_mock.domain import errors, s3_errors
from aistudio_mock.domain.fault_rules import DESCRIPTIONS, EFFECTS, MATCHES, read
from aistudio_mock.faults_handle import FaultFields

TUNE = "TuningService/Tune"
SEED = 7


def standings(*faults):
    return tuple(standing(read(fields), f"fault-{number}") for number, fields in enumerate(faults, 1))


def asked(call, **values):
    """A call by gRPC, or one to the storage when a verb and a target are given."""
    name, _, target = call.partition(" ")
    leg = "grpc" if "/" in name else "storage"
    return Asked(leg, name, lambda path: values.get(path, ()), target)


def statuses(faults, calls, seed=SEED):
    """The status that each of `calls` meets, and how the faults stand after all of them."""
    standing, met = standings(*faults), []
    for call in calls:
        outcome = meet(standing, call if isinstance(call, Asked) else asked(call), seed)
        standing = outcome.standings
        met.append(outcome.fault.status if outcome.fault else None)
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


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("PUT", True),
        ("*", True),
        ("PUT */train.jsonl", True),
        ("* drafts/b1g/*", True),
        ("PUT drafts/b1g/train.jsonl", True),
        ("GET", False),
        ("PUT datasets/*", False),
        ("PUT drafts/b1g", False),
    ],
)
def test_objects_are_matched_by_verb_and_key(pattern, fits):
    met, _ = statuses([{"object": pattern, "status": "SlowDown"}], ["PUT drafts/b1g/train.jsonl"])
    assert (met == ["SlowDown"]) is fits


@pytest.mark.parametrize(
    ("where", "values", "fits"),
    [
        ({"name": "train-*"}, {"name": ["train-1"]}, True),
        ({"name": "train-*"}, {"name": ["test"]}, False),
        ({"name": "train-*"}, {}, False),
        ({"name": None}, {"name": [""]}, True),
        ({"name": None}, {}, True),
        ({"name": None}, {"name": ["some"]}, False),
        ({"size_bytes": 5}, {"size_bytes": [5]}, True),
        ({"size_bytes": 5}, {"size_bytes": [6]}, False),
        ({"size_bytes": "5*"}, {"size_bytes": [512]}, True),
        ({"ids": "b"}, {"ids": ["a", "b"]}, True),
        ({"name": "a", "size_bytes": 5}, {"name": ["a"], "size_bytes": [6]}, False),
    ],
)
def test_where_asks_for_values_of_the_request(where, values, fits):
    met, (standing,) = statuses(
        [{"method": TUNE, "where": where, "status": "ABORTED"}], [asked(TUNE, **values)]
    )
    assert (met == ["ABORTED"]) is fits
    assert standing.seen == fits, "what is not meant is not counted"


def test_each_leg_has_its_own_faults():
    everything = [{"method": "*", "status": "ABORTED"}]
    assert statuses(everything, ["PUT a/b"])[0] == [None]
    assert statuses([{"object": "*", "status": "SlowDown"}], ["PUT a/b"])[0] == ["SlowDown"]
    assert statuses([{"object": "*", "status": "SlowDown"}], [TUNE])[0] == [None]


def test_chance_is_drawn_per_fault_and_call_whatever_else_is_called():
    fault = {"method": TUNE, "status": "ABORTED", "chance": 0.5, "times": None}
    alone, _ = statuses([fault], [TUNE] * 40)
    assert statuses([fault], [TUNE] * 40)[0] == alone
    among_others, _ = statuses([fault], [TUNE, "DatasetService/List"] * 40)
    assert among_others[::2] == alone
    assert 8 < alone.count("ABORTED") < 32
    assert statuses([fault], [TUNE] * 40, seed=8)[0] != alone
    assert any(one != other for one, other in pairwise(alone))


def test_two_faults_are_drawn_apart():
    fault = {"method": TUNE, "status": "ABORTED", "chance": 0.5, "times": None}
    passing = {"method": TUNE, "status": "UNAVAILABLE", "times": 1, "after": 40}
    assert statuses([fault], [TUNE] * 40)[0] != statuses([passing, fault], [TUNE] * 40)[0]


def test_what_chance_lets_pass_is_left_for_the_next_fault():
    rare = {"method": TUNE, "status": "ABORTED", "chance": 0.2, "times": None}
    met, _ = statuses([rare, {"method": TUNE, "status": "UNAVAILABLE", "times": None}], [TUNE] * 40)
    assert set(met) == {"ABORTED", "UNAVAILABLE"}


@pytest.mark.parametrize("name", sorted(errors.BY_NAME))
def test_every_status_code_can_be_a_fault(name):
    assert read({"method": "*", "status": name}).status == name


def test_all_sixteen_status_codes_are_known():
    assert sorted(errors.BY_CODE) == list(range(1, 17))


@pytest.mark.parametrize("code", sorted(s3_errors.BY_CODE))
def test_every_error_code_of_the_storage_can_be_a_fault(code):
    assert read({"object": "*", "status": code}).status == code


GOOD = {"method": TUNE, "status": "ABORTED"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "does something"),
        ({"status": "UNAVAILABLE"}, "one of two legs"),
        ({"method": TUNE, "object": "PUT", "status": "UNAVAILABLE"}, "one of two legs"),
        ({"method": TUNE}, "give it a status"),
        ({"method": TUNE, "message": "no"}, "give it a status"),
        ({"method": "Tune", "status": "UNAVAILABLE"}, "write Service/Method"),
        ({"method": TUNE, "status": "UNAVAILABEL"}, "did you mean UNAVAILABLE"),
        ({"method": TUNE, "status": "unavailable"}, "did you mean UNAVAILABLE"),
        ({"method": TUNE, "status": "SlowDown"}, "no status 'SlowDown' on this leg"),
        ({"object": "PUT", "status": "Slowdown"}, "did you mean SlowDown"),
        ({"object": "put", "status": "SlowDown"}, "fits no verb"),
        ({"object": "PUT train", "status": "SlowDown"}, "after the verb comes BUCKET/KEY"),
        ({"method": TUNE, "status": 14}, "status: expected `str`, got `int`; it is the refusal"),
        ({"method": TUNE, "latency": -1}, "latency: expected .* it is seconds of real time"),
        ({"method": TUNE, "latency": float("nan")}, "latency: "),
        ({"method": TUNE, "latency": 601}, "latency: expected .* <= 600"),
        ({"method": TUNE, "latency": True}, "latency: expected"),
        (GOOD | {"times": 0}, "times: expected .* >= 1"),
        (GOOD | {"times": True}, "times: expected"),
        (GOOD | {"times": "1"}, "times: expected"),
        (GOOD | {"after": -1}, "after: expected .* >= 0"),
        (GOOD | {"after": 1.5}, "after: expected"),
        (GOOD | {"chance": 0}, "chance: expected"),
        (GOOD | {"chance": 1.5}, "chance: expected"),
        (GOOD | {"code": "ABORTED"}, "a fault has no 'code'"),
        (GOOD | {"mesage": "no"}, "did you mean message"),
        (GOOD | {"set": {"id": "x"}}, "no answer to change"),
        (GOOD | {"expired": True}, "status or expired, not both"),
        ({"method": TUNE, "lost": True, "expired": True}, "leave it out beside expired"),
        ({"method": TUNE, "latency": 1, "retry_after": 1}, "retry_after goes with a status"),
        ({"method": TUNE, "latency": 1, "details": [{"@type": "x"}]}, "details goes with a status"),
        ({"object": "PUT", "status": "SlowDown", "retry_after": 1}, "retry_after is for gRPC calls"),
        ({"object": "PUT", "set": {"id": "x"}}, "set is for gRPC calls"),
        ({"object": "PUT", "status": "SlowDown", "where": {"name": "x"}}, r"query\.NAME and header\.NAME"),
        ({"method": TUNE, "set": {"a..b": 1}}, "is no path to a field"),
        ({"method": TUNE, "clear": ["a["]}, "is no path to a field"),
        ({"method": TUNE, "clear": "id"}, "clear: expected"),
        ({"method": TUNE, "unknown_fields": {"": {"name": 1}}}, "no number of a field"),
        ({"method": TUNE, "unknown_fields": {"": {0: 1}}}, "no number of a field"),
        ({"method": TUNE, "trailers": {"X": "y"}}, "cannot be sent"),
        ({"method": TUNE, "trailers": {"grpc-status": "0"}}, "cannot be sent"),
        ({"method": TUNE, "trailers": {"x": "é"}}, "cannot be sent"),
        ({"method": "*/List", "page_token": "again"}, "page_token: "),
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
        {"method": "*", "unknown_fields": {"": {"50": "new"}}, "clear": ["id"], "set": {"done": True}},
        {"method": "*", "status": "ABORTED", "retry_after": 1.5, "details": [{"@type": "x"}]},
    ],
)
def test_a_fault_is_read_back_from_its_own_fields(fields):
    fault = read(fields)
    assert fault.fields() == fields
    assert read(fault.fields()) == fault
    told = json.decode(json.encode(standing(fault, "fault-1")))
    assert told == {"id": "fault-1", **fields, "seen": 0, "hits": 0}


def test_numbers_of_fields_may_be_numbers():
    assert read({"method": "*", "unknown_fields": {"": {50: "new"}}}).unknown_fields == {"": {"50": "new"}}


def test_every_field_is_described_and_can_be_written_from_python():
    assert set(DESCRIPTIONS) == set(Fault.__struct_fields__) == set(FaultFields.__annotations__)
    assert all(DESCRIPTIONS.values())
    assert set(MATCHES).isdisjoint(EFFECTS)
