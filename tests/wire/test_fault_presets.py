"""What clients meet under each preset: the official SDK where it shows it, raw calls where it does not."""

import grpc
import pytest
import requests

from aistudio_mock import MockServer
from aistudio_mock.domain.fault_presets import PRESETS
from tests.wire import steps
from tests.wire.sdk_parts import client as sdk_client
from tests.wire.sdk_parts import quiet
from tests.wire.stubs import Client

DESCRIBE, GET, LIST, TUNE = (
    *("DatasetService/Describe", "OperationService/Get"),
    *("DatasetService/List", "TuningService/Tune"),
)


@pytest.fixture(scope="module", name="mock")
def _mock(tmp_path_factory):
    with quiet(tmp_path_factory.mktemp("ca")), MockServer(time="manual") as mock:
        yield mock


@pytest.fixture(name="folder")
def _folder(mock):
    return mock.folder(seed=7)


@pytest.fixture(name="raw")
def _raw(mock, folder):
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        yield client


@pytest.fixture(name="sdk")
def _sdk(mock, folder):
    return sdk_client(mock, folder.id, folder.api_key)


def code_of(call, *args, **fields):
    try:
        call(*args, **fields)
    except grpc.RpcError as refusal:
        return refusal.code().name
    return "OK"


def flaky_network(folder, raw, sdk):
    url = steps.upload_url(raw, steps.draft(raw, folder), len(steps.GOOD))
    folder.faults.load("flaky-network")
    assert {code_of(raw.call, LIST, folder_id=folder.id) for _ in range(40)} == {"OK", "UNAVAILABLE"}
    met = set()
    for _ in range(120):
        try:
            met.add(steps.put(url, steps.GOOD).status_code)
        except requests.ConnectionError:
            met.add("cut")
    assert met == {200, 503, "cut"}
    assert folder.faults.unmatched() == []
    assert len(list(sdk.datasets.list())) <= 1  # it tries again by itself


def quota_exhausted(folder, raw, sdk):
    dataset_id = steps.validated(raw, folder)
    folder.faults.load("quota-exhausted")
    code, message = steps.refused(steps.draft, raw, folder)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert message.startswith("ai.datasetsCount.count gauge quota limit exceed")
    assert code_of(raw.call, TUNE, **steps.order(folder, dataset_id)) == "RESOURCE_EXHAUSTED"
    assert [one.id for one in sdk.datasets.list()] == [dataset_id], "what is there is there"


def slow_validation(folder, raw, sdk):
    folder.faults.load("slow-validation")
    _, operation_id = steps.validating(raw, folder)
    folder.clock.advance(hours=1)
    polled = [raw.call(GET, operation_id=operation_id) for _ in range(6)]
    assert [one.done for one in polled] == [False] * 5 + [True]


def lost_tune_reply(folder, raw, sdk):
    dataset_id = steps.validated(raw, folder)
    folder.faults.load("lost-tune-reply")
    assert code_of(raw.call, TUNE, **steps.order(folder, dataset_id)) == "UNAVAILABLE"
    (made,) = sdk.tuning.list()
    assert folder.state().tunings[0].operation_id == made.id or folder.state().tunings[0].id == made.id
    assert code_of(raw.call, TUNE, **steps.order(folder, dataset_id)) == "OK", "the next one is answered"


def expired_token(folder, raw, sdk):
    folder.faults.load("expired-token")
    codes = [code_of(raw.call, LIST, folder_id=folder.id) for _ in range(5)]
    assert codes == ["OK", "OK", "OK", "UNAUTHENTICATED", "UNAUTHENTICATED"]
    raw.metadata = (("authorization", f"Bearer {folder.iam_token()}"),)
    assert code_of(raw.call, LIST, folder_id=folder.id) == "OK"


def endless_pages(folder, raw, sdk):
    for name in ("one", "two", "three"):
        steps.draft(raw, folder, name=name)
    first = raw.call(LIST, folder_id=folder.id, page_size=1)
    folder.faults.load("endless-pages")
    again = raw.call(LIST, folder_id=folder.id, page_size=1, page_token=first.next_page_token)
    assert again.next_page_token == first.next_page_token


def newer_server(folder, raw, sdk):
    dataset_id = steps.draft(raw, folder)
    folder.faults.load("newer-server")
    dataset = raw.call(DESCRIBE, dataset_id=dataset_id).dataset
    assert dataset.status == 42
    assert b"\x92\x03\x03new" in dataset.SerializeToString(), "field 50, which no client knows"


MET = {
    "flaky-network": flaky_network,
    "quota-exhausted": quota_exhausted,
    "slow-validation": slow_validation,
    "lost-tune-reply": lost_tune_reply,
    "expired-token": expired_token,
    "endless-pages": endless_pages,
    "newer-server": newer_server,
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_client_meets_what_the_preset_says(folder, raw, sdk, name):
    MET[name](folder, raw, sdk)
