"""Faults by every door: Python, a file, the command line, the control API, all with one model."""

import json

import pytest
import requests

from aistudio_faults.faults import FaultError
from aistudio_mock import MockServer, RemoteServer
from aistudio_mock.cli import main
from aistudio_mock.domain.fault_presets import PRESETS

LISTED = [
    {"method": "TuningService/Tune", "status": "ABORTED", "retry_after": 1.5, "times": None},
    {"preset": "flaky-network"},
    {"object": "GET */*.jsonl", "headers": {"ETag": '"0"'}, "chance": 0.5},
    {"method": "*/List", "unknown_fields": {"": {"50": "new"}}, "clear": ["next_page_token"]},
]
BAD = [LISTED[0], {"method": "TuningService/Tune", "status": "ABORTD"}]


@pytest.fixture(scope="module", name="mock")
def _mock():
    with MockServer() as mock:
        yield mock


@pytest.fixture(name="file")
def _file(tmp_path):
    def write(listed):
        path = tmp_path / "faults.yaml"
        path.write_text(json.dumps(listed), encoding="utf-8")  # JSON is YAML
        return str(path)

    return write


def by_python(mock, folder, listed, file):
    return folder.faults.load(listed)


def by_file(mock, folder, listed, file):
    return folder.faults.load(file(listed))


def by_url(mock, folder, listed, file):
    with RemoteServer(mock.http_url) as remote:
        there = remote.default_folder
        there.faults._folder_id = folder.id
        there.faults.load(listed)


def by_ctl(mock, folder, listed, file):
    words = ("--url", mock.http_url, "--folder", folder.id, "faults", "load", file(listed))
    if main(["ctl", *words]):
        raise FaultError


def by_http(mock, folder, listed, file):
    url = f"{mock.http_url}/_mock/v1/folders/{folder.id}/faults:load"
    answer = requests.post(url, json={"faults": listed}, timeout=20)
    if answer.status_code == 400:
        raise FaultError(answer.json()["message"])
    assert answer.status_code == 200


DOORS = [by_python, by_file, by_url, by_ctl, by_http]


def shown(folder):
    return [(fault.id, fault.fields) for fault in folder.faults.list()]


@pytest.mark.parametrize("door", DOORS)
def test_a_list_with_a_preset_in_it_is_the_same_by_every_door(mock, folder, file, door):
    expected = [LISTED[0], *PRESETS["flaky-network"].faults, *LISTED[2:]]
    door(mock, folder, LISTED, file)
    assert shown(folder) == [(f"fault-{n}", {**one}) for n, one in enumerate(expected, 1)]


def test_a_server_that_is_started_with_the_file_has_the_same(mock, folder, file):
    by_python(mock, folder, LISTED, file)
    with MockServer(faults=[file(LISTED)]) as started:
        assert shown(started.folder()) == shown(folder)


@pytest.mark.parametrize("door", DOORS)
def test_where_one_can_never_work_none_is_added(mock, folder, file, door, capsys):
    with pytest.raises(FaultError) as refused:
        door(mock, folder, BAD, file)
    said = str(refused.value) + capsys.readouterr().err
    assert "fault 2: no status 'ABORTD' on this leg; did you mean ABORTED?" in said
    assert folder.faults.list() == []


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"preset": "flaky-netwrk"}, "fault 1: no preset 'flaky-netwrk'; did you mean flaky-network?"),
        ({"preset": "flaky-network", "times": 1}, "fault 1: a preset is whole"),
        ({"preset": ["x"]}, "fault 1: no preset"),
        ("flaky-network", "fault 1: write fields"),
        (None, "fault 1: write fields"),
    ],
)
def test_what_is_no_fault_is_refused_with_its_place(mock, folder, file, item, says):
    for door in (by_python, by_http):
        with pytest.raises(FaultError) as refused:
            door(mock, folder, [item], file)
        assert says in str(refused.value)


def test_the_control_api_tells_the_presets(mock):
    told = requests.get(f"{mock.http_url}/_mock/v1/presets", timeout=20).json()["presets"]
    assert {one["name"]: one["what"] for one in told} == {name: one.what for name, one in PRESETS.items()}
    for one in told:
        given, named = mock.folder(), mock.folder()
        given.faults.load(one["faults"])
        named.faults.load(one["name"])
        assert shown(given) == shown(named)
