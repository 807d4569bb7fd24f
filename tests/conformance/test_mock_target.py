"""A mock as the server of a run: each case has a folder of its own, with its settings, clock and faults."""

import json
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

import grpc
import pytest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ListDatasetsRequest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub
from yandex.cloud.endpoint.api_endpoint_service_pb2 import ListApiEndpointsRequest
from yandex.cloud.endpoint.api_endpoint_service_pb2_grpc import ApiEndpointServiceStub

from aistudio_conformance import journal
from aistudio_conformance.case import Server
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.target import TargetError
from aistudio_faults.faults import Fault


@pytest.fixture(scope="module", name="target")
def _target():
    with MockTarget() as target:
        yield target


def shown(folder):
    """What the mock itself says of a folder."""
    address = urlsplit(folder.place("none").http)
    connection = HTTPConnection(address.hostname, address.port)
    connection.request("GET", f"/_mock/v1/folders/{folder.id}")
    told = json.loads(connection.getresponse().read())
    connection.close()
    return told


def list_datasets(place):
    """One call as a client of that place makes it; the status code."""
    scheme = {"api-key": "Api-Key", "iam-token": "Bearer"}[place.credentials.kind]
    metadata = (("authorization", f"{scheme} {place.credentials.value}"),)
    with grpc.insecure_channel(place.grpc) as channel:
        try:
            DatasetServiceStub(channel).List(
                ListDatasetsRequest(folder_id=place.folder_id), metadata=metadata
            )
        except grpc.RpcError as refused:
            return refused.code().name
    return "OK"


def test_a_folder_has_the_settings_of_its_case(target):
    server = Server(time="manual", durations="instant", auth="strict", set={"tunings-last-page": "empty"})
    told = shown(target.new_folder(server, 17))
    assert {name: told[name] for name in ("polling", "rate", "durations", "auth", "seed")} == {
        "polling": "keep",
        "rate": 0.0,
        "durations": "instant",
        "auth": "strict",
        "seed": 17,
    }


def test_a_folder_may_have_an_id_of_the_case_and_a_plan_for_its_tunings(target):
    folder = target.new_folder(Server(folder="yc.a.b", plan=({"outcome": "fail"},)), 255)
    assert folder.id == "yc.a.b.ff"
    with pytest.raises(TargetError, match=r"the mock refused POST .*/plan: "):
        target.new_folder(Server(plan=({"outcome": "vanish"},)), 1)


def test_a_folder_that_is_alone_meets_calls_that_name_no_folder_and_makes_room_for_the_next(target):
    folder = target.new_folder(Server(alone=True), 1)
    folder.add_fault(Fault(method="ApiEndpointService/List", status="UNAVAILABLE"))
    place = folder.place("none")
    assert place.grpc != target.new_folder(Server(), 1).place("none").grpc
    assert place.grpc != target.new_folder(Server(alone=True), 1).place("none").grpc
    with grpc.insecure_channel(place.grpc) as channel, pytest.raises(grpc.RpcError):
        ApiEndpointServiceStub(channel).List(ListApiEndpointsRequest())
    (entry,) = journal.read(folder.journal().splitlines()).entries
    assert (entry.method, entry.status) == ("ApiEndpointService/List", "UNAVAILABLE")
    folder.forget()
    following = target.new_folder(Server(alone=True), 1)
    assert following.place("none").grpc == place.grpc
    with grpc.insecure_channel(place.grpc) as channel:
        assert ApiEndpointServiceStub(channel).List(ListApiEndpointsRequest()).endpoints
    (entry,) = journal.read(following.journal().splitlines()).entries
    assert (entry.method, entry.status) == ("ApiEndpointService/List", "OK")


def test_a_setting_that_does_not_exist_is_the_suites_trouble(target):
    with pytest.raises(
        TargetError, match=r"the mock refused POST /folders: .*no settable behaviour 'no-such'"
    ):
        target.new_folder(Server(set={"no-such": "x"}), 1)


@pytest.mark.parametrize("kind", ["api-key", "iam-token"])
def test_a_client_is_let_in_with_what_its_place_gives_it(target, kind):
    folder = target.new_folder(Server(auth="strict"), 1)
    place = folder.place(kind)
    assert list_datasets(place) == "OK"
    assert place.credentials.value in folder.secrets
    assert place.credentials.value not in repr(place)


def test_there_may_be_no_credentials_at_all(target):
    assert target.new_folder(Server(), 1).place("none").credentials.value == ""


def test_a_fault_meets_calls_of_its_folder_only(target):
    folder, other = (target.new_folder(Server(), 1) for _ in range(2))
    folder.add_fault(Fault(method="DatasetService/*", status="UNAVAILABLE", times=None))
    assert [list_datasets(one.place("api-key")) for one in (folder, folder, other)] == ["UNAVAILABLE"] * 2 + [
        "OK"
    ]


def test_time_moves_as_the_case_says(target):
    folder = target.new_folder(Server(time="manual"), 1)
    before = shown(folder)["now"]
    folder.advance(3600)
    assert shown(folder)["now"][:10] >= before[:10]
    assert shown(folder)["now"] != before


def test_a_journal_tells_what_was_seen_in_its_folder_until_it_is_forgotten(target):
    folder = target.new_folder(Server(), 1)
    list_datasets(folder.place("api-key"))
    (entry,) = journal.read(folder.journal().splitlines()).entries
    assert (entry.method, entry.status, entry.folder) == ("DatasetService/List", "OK", folder.id)
    folder.forget()
    with pytest.raises(TargetError, match=f"folder {folder.id} not found"):
        folder.journal()


def test_a_mock_that_has_ended_is_said_to_be_gone():
    with MockTarget() as target:
        folder = target.new_folder(Server(), 1)
    with pytest.raises(TargetError, match=r"the mock does not answer: .*refused"):
        folder.journal()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('the port is taken')", "the mock does not start: the port is taken"),
        ("print('hello')", "the mock does not start: it says nothing"),
    ],
)
def test_a_mock_that_does_not_start_says_why(program, said):
    with pytest.raises(TargetError, match=said), MockTarget([sys.executable, "-c", program]):
        pass


def test_a_mock_has_to_be_installed():
    with pytest.raises(TargetError, match="no program nosuch"), MockTarget(["nosuch"]):
        pass
