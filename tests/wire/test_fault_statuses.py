"""How calls by gRPC are refused by faults: details, RetryInfo, trailers, lost answers, expired tokens."""

import grpc
import pytest
from google.rpc.error_details_pb2 import QuotaFailure, RetryInfo
from google.rpc.status_pb2 import Status

from aistudio_faults.faults import FaultError
from tests.wire.stubs import Client

KIND = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
CREATE, LIST, DESCRIBE = "DatasetService/Create", "DatasetService/List", "DatasetService/Describe"


def refusal(client, rpc=LIST, **fields):
    with pytest.raises(grpc.RpcError) as caught:
        client.call(rpc, **fields)
    return caught.value


def status_of(error):
    known = dict(error.trailing_metadata())
    return Status.FromString(known["grpc-status-details-bin"])


def unpacked(status, kind):
    for detail in status.details:
        one = kind()
        if detail.Unpack(one):
            return one
    return None


def create(client, folder, name="same"):
    return client.call(CREATE, folder_id=folder.id, name=name, **KIND).dataset_id


def test_a_refusal_says_when_to_come_back(client, folder):
    folder.faults.add(method=LIST, status="UNAVAILABLE", message="busy", retry_after=1.5)
    status = status_of(refusal(client, folder_id=folder.id))
    assert (status.code, status.message) == (14, "busy")
    assert unpacked(status, RetryInfo).retry_delay.ToMilliseconds() == 1500
    assert status.details[0].type_url.endswith("google.rpc.RequestInfo"), "as on every refusal"


def test_a_refusal_carries_details_and_trailers(client, folder):
    violation = {"subject": "tunings", "description": "10 a day"}
    folder.faults.add(
        method=LIST,
        status="RESOURCE_EXHAUSTED",
        details=[{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}],
        trailers={"x-quota": "tunings"},
    )
    error = refusal(client, folder_id=folder.id)
    assert dict(error.trailing_metadata())["x-quota"] == "tunings"
    failure = unpacked(status_of(error), QuotaFailure)
    assert (failure.violations[0].subject, failure.violations[0].description) == tuple(violation.values())


def test_an_answer_may_have_trailers_too(client, folder):
    folder.faults.add(method=LIST, trailers={"x-served-by": "canary"})
    _, call = client.with_call(LIST, folder_id=folder.id)
    assert dict(call.trailing_metadata())["x-served-by"] == "canary"


def test_the_answer_is_lost_after_the_work_was_done(client, folder):
    folder.faults.add(method=CREATE, lost=True)
    error = refusal(client, CREATE, folder_id=folder.id, name="same", **KIND)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert [one.name for one in client.call(LIST, folder_id=folder.id).datasets] == ["same"]
    (entry,) = folder.journal.calls(CREATE)
    assert (entry.status, entry.fault, entry.responses) == ("UNAVAILABLE", "fault-1", ())


def test_a_lost_answer_ends_as_it_is_told_to(client, folder):
    folder.faults.add(method=CREATE, lost=True, status="DEADLINE_EXCEEDED", message="too late", retry_after=0)
    error = refusal(client, CREATE, folder_id=folder.id, name="same", **KIND)
    assert (error.code(), error.details()) == (grpc.StatusCode.DEADLINE_EXCEEDED, "too late")
    assert unpacked(status_of(error), RetryInfo).retry_delay.ToMilliseconds() == 0


def test_a_call_that_is_refused_anyway_says_why_though_its_answer_would_be_lost(client, folder):
    folder.faults.add(method=CREATE, lost=True)
    assert refusal(client, CREATE).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_credential_expires_in_the_middle_and_a_fresh_one_works(mock, folder):
    token = folder.iam_token()
    folder.faults.add(method="*", expired=True, after=2)
    with Client(mock.endpoint, f"Bearer {token}") as client:
        for _ in range(2):
            client.call(LIST, folder_id=folder.id)
        for _ in range(3):
            assert refusal(client, folder_id=folder.id).code() is grpc.StatusCode.UNAUTHENTICATED
    with Client(mock.endpoint, f"Bearer {folder.iam_token()}") as client:
        client.call(LIST, folder_id=folder.id)
    assert [entry.fault for entry in folder.journal.calls()] == [None, None, *["fault-1"] * 3, None]
    folder.faults.clear()
    with Client(mock.endpoint, f"Bearer {token}") as client:
        client.call(LIST, folder_id=folder.id)


def test_only_requests_with_such_arguments_meet_the_fault(client, folder):
    fault = {"method": "DatasetService/*", "status": "ABORTED", "times": None}
    first, second = create(client, folder, "first"), create(client, folder, "second")
    folder.faults.add(**fault, where={"dataset_id": first})
    folder.faults.add(**fault, where={"name": "sec*"})
    folder.faults.add(**fault, where={"status[*]": "READY"})
    assert refusal(client, DESCRIBE, dataset_id=first).code() is grpc.StatusCode.ABORTED
    client.call(DESCRIBE, dataset_id=second)
    assert (
        refusal(client, CREATE, folder_id=folder.id, name="second", **KIND).code() is grpc.StatusCode.ABORTED
    )
    create(client, folder, "first")
    client.call(LIST, folder_id=folder.id)
    assert refusal(client, LIST, folder_id=folder.id, status=[3, 4]).code() is grpc.StatusCode.ABORTED
    assert [(one.seen, one.hits) for one in folder.faults.list()] == [(1, 1)] * 3


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"method": "TuningService/Tunes", "status": "ABORTED"}, "did you mean TuningService/Tune?"),
        ({"method": "TuningService/Tune", "where": {"nam": "x"}, "status": "ABORTED"}, "did you mean name?"),
        ({"method": DESCRIBE, "set": {"dataset.stat": 1}}, "no field at 'dataset.stat'"),
        ({"method": DESCRIBE, "set": {"dataset.name.first": 1}}, "no field at"),
        ({"method": DESCRIBE, "clear": ["datasets"]}, "did you mean dataset?"),
        ({"method": DESCRIBE, "unknown_fields": {"data": {50: 1}}}, "no field at 'data'"),
        ({"method": DESCRIBE, "set": {"dataset.status": "REDY"}}, "cannot be 'REDY'"),
        ({"method": DESCRIBE, "set": {"dataset.rows": "many"}}, "cannot be 'many'"),
        ({"method": LIST, "status": "ABORTED", "details": [{"@type": "x/no.Such"}]}, "details: "),
        ({"method": LIST, "status": "ABORTED", "details": [{"reason": "y"}]}, "details: "),
        ({"method": DESCRIBE, "page_token": "repeated"}, "page_token: no field at 'next_page_token'"),
    ],
)
def test_what_no_call_of_the_contract_could_meet_is_refused_with_what_would(folder, fields, says):
    with pytest.raises(FaultError) as refused:
        folder.faults.add(**fields)
    assert says in str(refused.value)
    assert folder.faults.list() == []
