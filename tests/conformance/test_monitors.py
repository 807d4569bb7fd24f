"""Monitors: each is red on its own defect, silent where it has nothing to watch, green otherwise."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aistudio_conformance.journal import Times
from aistudio_conformance.judge import observed
from aistudio_conformance.load import require_rules_of_monitors, rules
from aistudio_conformance.model import Outcome
from aistudio_conformance.monitors import MONITORS
from aistudio_conformance.seen import Sight
from tests.conformance.evidence import START, entry, journal, put

GET = "OperationService/Get"
KEPT, VIOLATED, NOTHING = Sight.KEPT, Sight.VIOLATED, Sight.NOT_APPLICABLE
URL = "https://storage.host:1/bucket/b1g/key?X-Amz-Date=1&X-Amz-Signature=[redacted 0123456789 64]"
TAIL = "/bucket/b1g/key?X-Amz-Date=1&X-Amz-Signature=[redacted 0123456789 64]"


def asked(number, size="3"):
    """An upload URL of so many bytes."""
    return entry(
        number,
        "DatasetService/GetUploadDraftUrl",
        request={"dataset_id": "fds1", "size_bytes": size},
        responses=({"upload_url": URL},),
    )


def created(number, name="a", status="OK"):
    reply = ({"dataset_id": f"fds{number}"},) if status == "OK" else ()
    return entry(number, "DatasetService/Create", status=status, request={"name": name}, responses=reply)


def about(number, method, dataset_id="fds1", status="OK", **reply):
    return entry(
        number,
        f"DatasetService/{method}",
        status=status,
        request={"dataset_id": dataset_id},
        responses=(reply,),
    )


def tune(number, dataset_id="fds1", status="OK", field="train_datasets"):
    request = {field: [{"dataset_id": dataset_id, "weight": 1.0}]}
    return entry(number, "TuningService/Tune", status=status, request=request)


def poll(number, *, done=True, valid=True):
    outcome = {"dataset_id": "fds1"} | ({"is_valid": True} if valid else {})
    reply = {"id": "fdsop"} | ({"done": True, "response": outcome} if done else {})
    return entry(number, "OperationService/Get", responses=(reply,))


KEY = ("authorization", "Api-Key AQVN[redacted 0123456789 40]")
SOMETIME = ("idempotency-key", "a")
A_REQUEST = ("x-client-request-id", "a")
TUNE = "yandex.cloud.ai.tuning.v1.TuningRequest"
SIGNED = f"{TAIL}&X-Amz-SignedHeaders=content-length%3Bhost%3Bx-amz-acl"


def called(number, method="DatasetService/Describe", *headers, status="OK", request=None, **more):
    return entry(number, method, status=status, metadata=headers, request=request or {"id": "x"}, **more)


def polls(*gaps, done=None, status="OK"):
    """Polls of one operation, so many milliseconds after the last answer; done from number `done` on."""
    now, seen = START, []
    for number, gap in enumerate((0, *gaps), 1):
        asked, now = now + timedelta(milliseconds=gap), now + timedelta(milliseconds=gap + 1)
        reply = {"id": "op", "done": True} if done is not None and number >= done else {"id": "op"}
        request = {"operation_id": "op"}
        poll = called(number, "OperationService/Get", status=status, request=request, responses=(reply,))
        seen.append(replace(poll, received_at=Times(asked, asked), answered_at=Times(now, now)))
    return seen


def refused(times, token="t1.[redacted 1 90]"):
    """Calls with a credential that is not valid."""
    key = ("authorization", f"Bearer {token}")
    return [called(number, GET, key, status="UNAUTHENTICATED") for number in range(1, times + 1)]


def archive(number, url=URL):
    """A URL of metrics, and a fetch of the other."""
    given = called(number, "TuningService/GetMetricsUrl", responses=({"load_url": URL},))
    return [given, entry(number + 1, "GET", status="200", leg="storage", url=url)]


READY = {"dataset": {"dataset_id": "fds1", "status": "READY"}}


@pytest.mark.parametrize(
    ("monitor", "seen", "sight"),
    [
        ("no-credentials-on-storage", [], NOTHING),
        ("no-credentials-on-storage", [put(1, TAIL)], KEPT),
        (
            "no-credentials-on-storage",
            [put(1, TAIL), put(2, TAIL, headers=(("authorization", "x"),))],
            VIOLATED,
        ),
        ("announced-size-is-sent", [asked(1)], NOTHING),
        ("announced-size-is-sent", [asked(1), put(2, TAIL, 3)], KEPT),
        ("announced-size-is-sent", [asked(1), put(2, TAIL, 4, status="403")], VIOLATED),
        ("announced-size-is-sent", [asked(1), put(2, TAIL, 0), put(3, TAIL, 3)], VIOLATED),
        ("announced-size-is-sent", [asked(1), put(2, TAIL, 1, announced=3, complete=False)], KEPT),
        ("announced-size-is-sent", [asked(1), put(2, TAIL, 0, announced=4, complete=False)], VIOLATED),
        ("announced-size-is-sent", [asked(1), put(2, TAIL, 1, announced=None, complete=False)], KEPT),
        ("announced-size-is-sent", [asked(1), put(2, TAIL, 4, announced=None)], VIOLATED),
        ("announced-size-is-sent", [put(1, "/bucket/b1g/other?X-Amz-Date=1", 9)], NOTHING),
        ("tunes-on-ready-datasets", [], NOTHING),
        ("tunes-on-ready-datasets", [tune(1)], VIOLATED),
        ("tunes-on-ready-datasets", [tune(1, status="FAILED_PRECONDITION")], VIOLATED),
        ("tunes-on-ready-datasets", [poll(1), tune(2)], KEPT),
        ("tunes-on-ready-datasets", [poll(1, done=False), tune(2)], VIOLATED),
        ("tunes-on-ready-datasets", [poll(1, valid=False), tune(2)], VIOLATED),
        ("tunes-on-ready-datasets", [poll(1), tune(2, "fds2")], VIOLATED),
        ("tunes-on-ready-datasets", [poll(1), tune(2, "fds2", field="validation_datasets")], VIOLATED),
        ("tunes-on-ready-datasets", [tune(1), poll(2)], VIOLATED),
        ("tunes-on-ready-datasets", [about(1, "Describe", **READY), tune(2)], KEPT),
        ("tunes-on-ready-datasets", [about(1, "List", datasets=[READY["dataset"]]), tune(2)], KEPT),
        ("no-repeat-of-what-creates", [], NOTHING),
        ("no-repeat-of-what-creates", [created(1), created(2, "b")], KEPT),
        ("no-repeat-of-what-creates", [created(1), created(2)], VIOLATED),
        ("no-repeat-of-what-creates", [tune(1, status="UNAVAILABLE"), tune(2)], VIOLATED),
        ("no-repeat-of-what-creates", [tune(1, status="DEADLINE_EXCEEDED"), tune(2)], VIOLATED),
        ("no-repeat-of-what-creates", [tune(1, status="FAILED_PRECONDITION"), tune(2)], KEPT),
        ("no-repeat-of-what-creates", [tune(1, status="RESOURCE_EXHAUSTED"), tune(2)], KEPT),
        ("nothing-left-behind", [], NOTHING),
        ("nothing-left-behind", [created(1, status="UNAUTHENTICATED")], NOTHING),
        ("nothing-left-behind", [created(1)], VIOLATED),
        ("nothing-left-behind", [created(1), about(2, "Validate")], KEPT),
        ("nothing-left-behind", [created(1), about(2, "Delete")], KEPT),
        ("nothing-left-behind", [created(1), about(2, "Delete", status="UNAVAILABLE")], VIOLATED),
        ("nothing-left-behind", [created(1), created(2, "b"), about(3, "Validate")], VIOLATED),
        ("deadline-sent", [put(1, TAIL)], NOTHING),
        ("deadline-sent", [called(1, deadline=3.0)], KEPT),
        ("deadline-sent", [called(1, deadline=3.0), called(2)], VIOLATED),
        ("credentials-with-every-call", [], NOTHING),
        ("credentials-with-every-call", [called(1)], NOTHING),
        ("credentials-with-every-call", [called(1, GET, KEY), put(2, TAIL)], KEPT),
        ("credentials-with-every-call", [called(1, GET, KEY), called(2, "ApiEndpointService/List")], KEPT),
        ("credentials-with-every-call", [called(1, GET, KEY), called(2, GET)], VIOLATED),
        ("idempotency-key-of-one-call", [called(1)], NOTHING),
        ("idempotency-key-of-one-call", [called(1, GET, SOMETIME)], KEPT),
        (
            "idempotency-key-of-one-call",
            [called(1, GET, SOMETIME, status="UNAVAILABLE"), called(2, GET, SOMETIME)],
            KEPT,
        ),
        ("idempotency-key-of-one-call", [called(1, GET, SOMETIME), called(2, GET, SOMETIME)], VIOLATED),
        (
            "idempotency-key-of-one-call",
            [called(1, GET, SOMETIME, status="UNAVAILABLE"), called(2, GET, SOMETIME, request={"id": "y"})],
            VIOLATED,
        ),
        ("no-secret-in-messages", [], NOTHING),
        ("no-secret-in-messages", [called(1, GET, KEY), put(2, TAIL)], KEPT),
        ("no-secret-in-messages", [called(1, request={"a": ["AQVN is how keys begin"]})], KEPT),
        ("no-secret-in-messages", [called(1, request={"a": ["by t1.[redacted 0123456789 90]"]})], VIOLATED),
        ("no-secret-in-messages", [called(1, request={"a": "AQVN" + "k" * 36})], VIOLATED),
        ("no-secret-in-messages", [called(1, GET, ("x-note", KEY[1]))], VIOLATED),
        ("no-secret-in-messages", [put(1, f"{TAIL}&token={KEY[1]}")], VIOLATED),
        ("no-repeat-of-what-was-refused", [called(1)], NOTHING),
        ("no-repeat-of-what-was-refused", [created(1, status="INVALID_ARGUMENT"), created(2, "b")], KEPT),
        ("no-repeat-of-what-was-refused", [created(1, status="UNAVAILABLE"), created(2)], KEPT),
        (
            "no-repeat-of-what-was-refused",
            [created(1, status="INVALID_ARGUMENT"), called(2), created(3)],
            KEPT,
        ),
        ("no-repeat-of-what-was-refused", [created(1, status="INVALID_ARGUMENT"), created(2)], VIOLATED),
        ("polls-with-a-pause", [], NOTHING),
        ("polls-with-a-pause", polls(10, 10, 10, 10), KEPT),
        ("polls-with-a-pause", polls(1, 1, 10, 1, 1), KEPT),
        ("polls-with-a-pause", polls(10, 1, 1, 1), VIOLATED),
        ("no-polling-after-done", [], NOTHING),
        ("no-polling-after-done", polls(*[10] * 20), KEPT),
        ("no-polling-after-done", polls(*[10] * 11, done=2), KEPT),
        ("no-polling-after-done", polls(*[10] * 12, done=2), VIOLATED),
        ("downloads-by-the-url-given", [put(1, TAIL)], NOTHING),
        ("downloads-by-the-url-given", archive(1, TAIL), KEPT),
        ("downloads-by-the-url-given", archive(1, f"{TAIL}&more=1"), VIOLATED),
        ("downloads-by-the-url-given", archive(1, TAIL)[1:], VIOLATED),
        ("only-signed-headers", [], NOTHING),
        ("only-signed-headers", [put(1, TAIL, headers=(("content-type", "text/plain"),))], KEPT),
        ("only-signed-headers", [put(1, TAIL, headers=(("x-amz-acl", "private"),))], VIOLATED),
        ("only-signed-headers", [put(1, SIGNED, headers=(("x-amz-acl", "private"),))], KEPT),
        ("only-signed-headers", [put(1, TAIL, headers=(("x-amz-security-token", "x"),))], KEPT),
        ("request-id-of-one-call", [called(1)], NOTHING),
        (
            "request-id-of-one-call",
            [called(1, GET, A_REQUEST, status="UNAVAILABLE"), called(2, GET, A_REQUEST)],
            KEPT,
        ),
        ("request-id-of-one-call", [called(1, GET, A_REQUEST), called(2, GET, A_REQUEST)], VIOLATED),
        ("no-deprecated-fields", [], NOTHING),
        ("no-deprecated-fields", [called(1, request_type=TUNE, request={"validation_dataset": {}})], KEPT),
        (
            "no-deprecated-fields",
            [called(1, request_type=TUNE, request={"validation_datasets": [{}]})],
            VIOLATED,
        ),
        (
            "no-deprecated-fields",
            [called(1, request_type="a.New", request={"validation_datasets": [{}]})],
            KEPT,
        ),
        ("retries-with-a-pause", [called(1)], NOTHING),
        ("retries-with-a-pause", polls(10, 10, status="UNAVAILABLE"), KEPT),
        ("retries-with-a-pause", polls(1, 10, 1, status="UNAVAILABLE"), KEPT),
        ("retries-with-a-pause", polls(1, 1, status="UNAVAILABLE"), VIOLATED),
        ("retries-with-a-pause", polls(-1, -1, status="UNAVAILABLE"), KEPT),
        ("retries-with-a-pause", polls(1, 1, status="NOT_FOUND"), NOTHING),
        ("no-endless-retries", [called(1)], NOTHING),
        ("no-endless-retries", polls(*[10] * 9, status="UNAVAILABLE"), KEPT),
        ("no-endless-retries", polls(*[10] * 10, status="UNAVAILABLE"), VIOLATED),
        ("no-endless-retries", polls(*[10] * 10, status="NOT_FOUND"), NOTHING),
        ("refused-credentials-dropped", [called(1, GET, status="UNAUTHENTICATED")], NOTHING),
        ("refused-credentials-dropped", refused(4), KEPT),
        ("refused-credentials-dropped", refused(5), VIOLATED),
        ("refused-credentials-dropped", [*refused(4), *refused(4, "t1.[redacted 2 90]")], KEPT),
    ],
)
def test_a_monitor_sees(monitor, seen, sight):
    assert MONITORS[monitor].look(journal(*seen)).sight is sight


def test_each_monitor_has_its_rule_in_the_ledger():
    require_rules_of_monitors()


def test_traffic_without_a_case_is_watched_too():
    found = observed(journal(created(1)), rules())
    assert {one.check.removeprefix("monitor/") for one in found} == MONITORS.keys()
    told = {one.check: one.outcome for one in found}
    assert told["monitor/no-credentials-on-storage"] is Outcome.NOT_APPLICABLE
    assert told["monitor/no-repeat-of-what-creates"] is Outcome.PASS
    assert told["monitor/nothing-left-behind"] is Outcome.WARN
    assert {one.outcome for one in observed(journal(dropped=1), rules())} == {Outcome.HARNESS_ERROR}
