"""Some workers, many tests in each, all with the same names: none sees anything of another's."""

import pytest

from aistudio_mock import MockServer
from tests.plugin.suite import SECONDS, Suite

SUITE = """
import os, urllib.error, urllib.request
from datetime import timedelta

import grpc, pytest
from tests.wire.stubs import Client

TESTS = int(os.environ["TESTS"])
STATUSES = ("UNAVAILABLE", "ABORTED", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED")
BODY = b'{"request": [{"role": "user", "text": "q"}], "response": "a"}\\n'

@pytest.fixture
def client(aistudio_mock):
    # By the environment alone, as a program would.
    with Client(os.environ["AISTUDIO_MOCK_GRPC"], f"Api-Key {os.environ['YC_API_KEY']}") as client:
        yield client

@pytest.mark.aistudio(time="manual", durations="documented")
@pytest.mark.parametrize("number", range(TESTS))
def test_alone(aistudio_folder, client, number):
    folder, before = os.environ["YC_FOLDER_ID"], aistudio_folder.clock.now()
    assert folder == aistudio_folder.id
    same = {"folder_id": folder, "name": "same", "task_type": "TextToTextGeneration",
            "upload_format": "jsonlines"}
    status = STATUSES[number % len(STATUSES)]
    aistudio_folder.faults.add(method="DatasetService/List", status=status, after=number % 3)
    aistudio_folder.faults.add(object="PUT", status="SlowDown")

    dataset = client.call("DatasetService/Create", **same).dataset_id
    asked = client.call("DatasetService/GetUploadDraftUrl", dataset_id=dataset, size_bytes=len(BODY))
    put = urllib.request.Request(asked.upload_url, data=BODY, method="PUT")
    with pytest.raises(urllib.error.HTTPError) as slow:
        urllib.request.urlopen(put)
    slow.value.close()
    assert slow.value.code == 503
    urllib.request.urlopen(put).close()

    for _ in range(number % 3):
        assert [one.name for one in client.call("DatasetService/List", folder_id=folder).datasets] == ["same"]
    with pytest.raises(grpc.RpcError) as refusal:
        client.call("DatasetService/List", folder_id=folder)
    assert refusal.value.code().name == status

    assert aistudio_folder.clock.advance(hours=number) - before == timedelta(hours=number)
    second = client.call("DatasetService/Create", **same).dataset_id
    listed = client.call("DatasetService/List", folder_id=folder).datasets
    assert [one.dataset_id for one in listed] == [second, dataset]
    assert listed[0].created_at.seconds - listed[1].created_at.seconds == number * 3600
    assert aistudio_folder.clock.now() - before == timedelta(hours=number)

    told = [(entry.method, entry.status) for entry in aistudio_folder.journal.calls()]
    assert told == [
        ("DatasetService/Create", "OK"),
        ("DatasetService/GetUploadDraftUrl", "OK"),
        ("PUT", "503"),
        ("PUT", "200"),
        *[("DatasetService/List", "OK")] * (number % 3),
        ("DatasetService/List", status),
        ("DatasetService/Create", "OK"),
        ("DatasetService/List", "OK"),
    ]
"""


@pytest.mark.timeout(SECONDS + 20)
@pytest.mark.parametrize(("count", "tests"), [(2, 12), pytest.param(8, 50, marks=pytest.mark.all)])
@pytest.mark.parametrize("way", ["one server each", "one server for all"])
def test_no_worker_sees_what_another_does(tmp_path, way, count, tests):
    suite = Suite(tmp_path, {"AISTUDIO_MOCK_CA_DIR": str(tmp_path / "ca"), "TESTS": str(tests)})
    # Every worker runs every test, so the same one runs that many times at once.
    workers = ("-n", str(count), "--dist", "each", "-q")
    if way == "one server each":
        result = suite.run(*workers, test_alone=SUITE)
    else:
        with MockServer() as mock:
            url = ("--aistudio-mock-url", mock.http_url)
            result = suite.run(*workers, *url, test_alone=SUITE)
            store, folders = mock._server.backend.store, mock._server.backend.folders
            assert mock._server.backend.journal.totals.of("DatasetService/Create") == 2 * count * tests
            assert (list(store.datasets), [folder.id for folder in folders]) == ([], [mock.default_folder.id])
    assert result.outcomes == {"passed": count * tests}, result.out
