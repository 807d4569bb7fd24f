"""Every recorded reply is reproduced, row by row, and every duration stays within what was recorded."""

import json
import re

import grpc
import pytest

from aistudio_mock import MockServer
from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.schedule import plan_tuning, plan_validation
from aistudio_mock.runtime.chance import chance_for
from tests.wire.matcher import filled, mismatches
from tests.wire.rows import FIXTURES, load, over_channel, play

RECORDINGS = load("recordings.yaml")
UPLOADED = ("create-as-recorded", "create-text-generation", "upload-url", "upload")
GET = "yandex.cloud.operation.OperationService/Get"
SEEDS = range(200)


def rows(*names):
    return [next(row for row in RECORDINGS if row["row"] == name) for name in names]


def conversation(mock, channel, **options):
    """Names that the rows start from, and what makes their calls."""
    size = (FIXTURES / "three_rows.jsonl").stat().st_size
    names = {"folder": mock.default_folder.id, "storage": mock.http_url, "upload-size": str(size)}
    return names, over_channel(channel, **options)


@pytest.fixture(scope="module")
def played():
    with MockServer(time="poll") as mock, grpc.insecure_channel(mock.endpoint) as channel:
        names, rpc = conversation(mock, channel)
        return play(RECORDINGS, names, rpc), names


@pytest.mark.parametrize("row", [row["row"] for row in RECORDINGS])
def test_a_recording_is_reproduced(played, row):
    assert played[0][row] == []


def test_task_timestamps_have_six_fractional_digits(played):
    # One of them may end in three zeros, which JSON leaves out; all three do once in 10^9 runs.
    dates = [played[1][name] for name in ("task-created", "started", "finished")]
    assert any(re.search(r"\.\d{6}Z$", date) for date in dates)


@pytest.mark.parametrize("command", ["validate", "tune"])
def test_the_first_poll_shows_what_the_reply_did(command):
    # Phase 0 of c.6, and the first line of e.2's table: nothing has moved yet.
    with MockServer(time="manual") as mock, grpc.insecure_channel(mock.endpoint) as channel:
        names, rpc = conversation(mock, channel)
        play(rows(*UPLOADED, *(["validate"] if command == "tune" else [])), names, rpc)
        mock.default_folder.clock.advance(minutes=3)
        [row] = rows(command)
        reply = rpc(row, filled(row["request"], names))
        assert rpc({"call": GET}, {"operationId": reply["id"]}) == reply


def test_a_poll_without_a_deadline_is_answered():
    # grpcurl sets none, and grpcio then says that 9.2e18 seconds remain.
    with MockServer() as mock, grpc.insecure_channel(mock.endpoint) as channel:
        names, rpc = conversation(mock, channel, timeout=None)
        play(rows(*UPLOADED, "validate"), names, rpc)
        assert rpc({"call": GET}, {"operationId": names["validation"]})["done"]


def test_durations_of_validations_are_those_of_the_recordings():
    conversions, closings, touched = [], [], 0
    for seed in SEEDS:
        now = Instant(1_765_419_534 * SECOND + seed * 4_999)
        plan = plan_validation(Durations.RECORDED, chance_for(seed, "fds1"), now)
        conversions.append(plan.converted // SECOND - now // SECOND)
        closings.append(plan.done // SECOND - plan.converted // SECOND)
        if plan.touched is not None:
            assert plan.touched - now == SECOND
            touched += 1
    assert_spread_over(34, 70, conversions)
    assert_spread_over(17, 66, closings)
    assert 0 < touched < len(SEEDS)


def test_durations_of_tunings_are_those_of_the_recordings():
    pendings, starts, runs, closings = [], [], [], []
    for seed in SEEDS:
        now = Instant(1_765_419_655 * SECOND + seed * 4_999)
        plan = plan_tuning(Durations.RECORDED, chance_for(seed, "ftn1"), now)
        pendings.append(plan.pending // SECOND - now // SECOND)
        starts.append((plan.started - now) / SECOND)
        runs.append((plan.finished - plan.started) / SECOND)
        closings.append(plan.done // SECOND - plan.finished / SECOND)
    assert_spread_over(3, 6, pendings)
    assert_spread_over(39, 74, starts)
    assert_spread_over(126, 279, runs)
    assert_spread_over(0, 2, closings)


def assert_spread_over(low, high, values):
    """Nothing outside, and not all in the middle."""
    assert low <= min(values) <= max(values) <= high
    assert max(values) - min(values) > (high - low) * 0.8


def test_the_page_s_slip_of_a_name_is_answered_with_the_method_that_is_meant():
    # Page 002 calls OperationService/GetMetricsUrlRequest; grpcurl itself refuses that by reflection.
    with MockServer() as mock, grpc.insecure_channel(mock.endpoint) as channel:
        call = channel.unary_unary("/yandex.cloud.operation.OperationService/GetMetricsUrlRequest")
        with pytest.raises(grpc.RpcError) as refused:
            call(b"", metadata=(("authorization", "Bearer t"),), timeout=20)
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert (
            "did you mean yandex.cloud.ai.tuning.v1.TuningService/GetMetricsUrl?" in refused.value.details()
        )


UNLIKE = [
    ({"a": 1}, {"a": 1, "b": 2}, "reply: keys"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "reply: keys"),
    ({"a": 1}, {}, "reply: keys"),
    ({"a": True}, {"a": 1}, "reply.a: 1, not True"),
    ({"a": "3"}, {"a": 3}, "reply.a: 3, not '3'"),
    ({"a": [1]}, {"a": [1, 2]}, "reply.a: 2 items"),
    ({"a": {"$id": "fds"}}, {"a": "fds"}, "reply.a: 'fds' does not match"),
    ({"a": {"$id": "fds"}}, {"a": "fdsABCDEFGHIJKLMNOPQ"}, "does not match"),
    ({"a": {"$second": None}}, {"a": "2025-12-11T02:18:54.5Z"}, "does not match"),
    ({"a": {"$micros": None}}, {"a": "2025-12-11T02:18:54.5Z"}, "does not match"),
    ({"a": {"$same": "x"}}, {"a": "other"}, "does not match"),
    ({"a": {"$join": ["b.c", {"$same": "x"}]}}, {"a": "bXcbound"}, "does not match"),
    ({"a": {"$map": {"b": "1", "c": "2"}}}, {"a": {"c": "2", "b": "3"}}, "reply.a.b: '3', not '1'"),
    ({"a": {"$number": None}}, {"a": 1}, "reply.a: 1 is no number with a fraction"),
    ({"a": {"$numbers": 2}}, {"a": [0.5]}, "reply.a: 1 items, not 2"),
]


@pytest.mark.parametrize(("template", "actual", "said"), UNLIKE)
def test_the_matcher_tells_what_is_unlike(template, actual, said):
    [mismatch] = mismatches(template, actual, {"x": "bound"})
    assert said in mismatch


def test_the_matcher_binds_and_compares_names():
    names = {}
    template = {"id": {"$id": "fds", "as": "id"}, "url": {"$join": ["/", {"$same": "id"}], "as": "url"}}
    actual = json.loads('{"id": "fdshp9a6b8oe8k4b4t36", "url": "/fdshp9a6b8oe8k4b4t36"}')
    assert list(mismatches(template, actual, names)) == []
    assert names == {"id": actual["id"], "url": actual["url"]}
