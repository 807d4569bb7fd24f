"""Faults that a server is started with: presets and files, the same twice, and each accounted for."""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from aistudio_faults.faults import FaultError
from aistudio_mock import MockServer
from aistudio_mock.config import ConfigError
from aistudio_mock.domain.fault_presets import PRESETS
from tests.wire.run_parts import environment, run  # noqa: F401 - fixtures
from tests.wire.stubs import Client

LIST = "DatasetService/List"

PROGRAM = """
import os, grpc
from tests.wire.stubs import Client
folder = os.environ["YC_FOLDER_ID"]
with Client(os.environ["AISTUDIO_MOCK_GRPC"], "Api-Key " + os.environ["YC_API_KEY"]) as client:
    for _ in range(40):
        try:
            client.call("DatasetService/List", folder_id=folder)
            print("OK")
        except grpc.RpcError as refusal:
            print(refusal.code().name)
"""


def statuses(client, folder, count=1):
    """The status codes that so many calls end with."""
    import grpc

    met = []
    for _ in range(count):
        try:
            client.call(LIST, folder_id=folder.id)
            met.append("OK")
        except grpc.RpcError as refusal:
            met.append(refusal.code().name)
    return met


@pytest.fixture(name="file")
def _file(tmp_path):
    """Writes a file of faults; its name."""

    def write(text):
        path = tmp_path / "faults.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_stranger_s_program_meets_the_same_faults_in_the_same_order_twice(run, tmp_path):  # noqa: F811
    def met(seed, number):
        journal = tmp_path / f"{number}.jsonl"
        done = run(
            *("--faults", "flaky-network", "--seed", seed, "--journal", journal, "--"),
            *(sys.executable, "-c", PROGRAM),
        )
        assert done.returncode == 0, done.stderr
        _, *entries = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
        return done.stdout.split(), [entry["fault"] for entry in entries], done.stderr

    printed, faults, told = met(7, 1)
    assert {"OK", "UNAVAILABLE"} == set(printed)
    assert {"fault-1", "fault-3", None} <= set(faults)
    assert met(7, 2) == (printed, faults, told)
    assert met(8, 3)[1] != faults
    assert "faults met: fault-1 (* chance UNAVAILABLE) " in told
    assert "fault never met: fault-4 (* chance SlowDown) (it was for 0 calls)" in told
    assert "--seed" not in told


def test_with_threads_as_many_calls_meet_each_fault_whichever_calls_those_are():
    """A fault draws by the number of the call that comes to it; threads change whose call that is."""

    def met(seed):
        with MockServer(faults=["flaky-network"], seed=seed) as mock:
            folder = mock.default_folder
            with (
                Client(mock.endpoint, f"Api-Key {folder.api_key}") as client,
                ThreadPoolExecutor(8) as callers,
            ):
                codes = callers.map(lambda _: statuses(client, folder)[0], range(80))
                return Counter(codes), [(one.id, one.seen, one.hits) for one in folder.faults.list()]

    once, again, other = met(7), met(7), met(8)
    assert once == again != other
    assert once[0].keys() == {"OK", "UNAVAILABLE"}


def test_what_chance_did_can_be_had_again(run):  # noqa: F811
    done = run("--faults", "flaky-network", "--", sys.executable, "-c", "")
    (line,) = [line for line in done.stderr.splitlines() if "--seed" in line]
    assert line.endswith("repeats these faults")


def test_a_file_says_what_every_folder_has_from_the_start_and_after_a_reset(file):
    name = file(f"- method: {LIST}\n  status: ABORTED\n- {{method: '*/List', status: INTERNAL, after: 1}}\n")
    with MockServer(faults=[name]) as mock:
        for folder in (mock.folder(), mock.default_folder):
            with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
                assert statuses(client, folder, 4) == ["ABORTED", "OK", "INTERNAL", "OK"]
                folder.reset()
                assert statuses(client, folder, 2) == ["ABORTED", "OK"]
                folder.faults.clear()
                assert statuses(client, folder, 2) == ["OK", "OK"]


def test_what_became_of_them_is_added_up_over_folders_that_are_gone_too(file):
    with MockServer(
        faults=[file(f"- {{method: {LIST}, status: ABORTED, times: 2}}\n- {{object: PUT, latency: 1}}")]
    ) as mock:
        gone, stays = mock.folder(), mock.folder()
        for folder in (gone, stays):
            with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
                statuses(client, folder, 3)
        gone.delete()
        accounts = mock._server.backend.folders.accounts()
        assert [(one.id, one.seen, one.hits) for one in accounts] == [("fault-1", 6, 4), ("fault-2", 0, 0)]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_loaded_into_one_folder(name):
    with MockServer() as mock:
        folder = mock.folder()
        loaded = folder.faults.load(name)
        assert len(loaded) == len(PRESETS[name].faults) == len(folder.faults.list())
        assert mock.folder().faults.list() == []


def test_a_validation_is_slow_and_a_tuning_is_not(tmp_path):
    from tests.wire.steps import order, validated, validating

    with MockServer() as mock:
        folder = mock.folder()
        with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
            dataset_id = validated(client, folder)
            folder.faults.load("slow-validation")
            _, validation = validating(client, folder)
            tuning = client.call("TuningService/Tune", **order(folder, dataset_id)).id
            assert client.call("OperationService/Get", operation_id=tuning).done
            polled = [client.call("OperationService/Get", operation_id=validation) for _ in range(6)]
            assert [one.done for one in polled] == [False] * 5 + [True]
            assert [one.HasField("response") for one in polled] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {method: TuningService/Tune, status: UNAVAILABEL}", "faults.yaml, fault 1: no status"),
        ("- {method: '*', latency: 1}\n- {method: Tuning/Tune, status: ABORTED}", "fault 2: no method fits"),
        ("method: x", "write a list of faults"),
        ("- just text", "fault 1: write fields"),
        ("- {method: [", "is no YAML"),
        ("\x00", "is no YAML"),
    ],
)
def test_a_file_that_can_never_work_is_refused_with_its_place(file, text, says):
    with pytest.raises(ConfigError) as refused:
        MockServer(faults=[file(text)])
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    with MockServer() as mock, pytest.raises(FaultError):
        mock.folder().faults.load(file(text))


def test_a_name_that_is_neither_preset_nor_file_is_refused_with_those_that_are():
    with pytest.raises(
        ConfigError, match="flaky-netwrk: No such file or directory; name a file, or one of flaky-network"
    ):
        MockServer(faults=["flaky-netwrk"])
