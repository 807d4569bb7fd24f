"""A case that a person does by hand: told step by step, and judged like any other."""

import re
import subprocess
import sys

import grpc
import pytest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import CreateDatasetRequest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub

from aistudio_conformance.cli import main


@pytest.fixture(name="served")
def _served():
    """DS-03 being served: the process, and all that it said before it asked for the first time."""
    command = [sys.executable, "-u", "-m", "aistudio_conformance", "serve", "--case", "DS-03"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        said = ""
        while "> done?" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        yield process, said
        process.kill()


def create(said):
    """What the case asks for, by hand."""
    place = {name: re.search(rf"{name} +(\S+)", said)[1] for name in ("gRPC", "folder")}
    asked = dict(re.findall(r'"(name|task_type)":"([^"]*)"', said))
    key = re.search(r"api-key (\S+)", said)[1]
    with grpc.insecure_channel(place["gRPC"]) as channel:
        request = CreateDatasetRequest(
            folder_id=place["folder"],
            name=asked["name"],
            task_type=asked["task_type"],
            upload_format="jsonlines",
        )
        DatasetServiceStub(channel).Create(
            request, metadata=(("authorization", f"Api-Key {key}"),), timeout=20
        )


def test_what_was_done_and_told_is_judged(served):
    process, said = served
    with pytest.raises(grpc.RpcError, match="Validation error"):
        create(said)
    told, _ = process.communicate("error the name is too long\n", timeout=60)
    assert process.returncode == 0, told
    assert "all green" in told


def test_a_defect_is_red_and_nonsense_is_asked_for_again(served):
    process, said = served
    with pytest.raises(grpc.RpcError):
        create(said)
    told, _ = process.communicate("nonsense\n{}\n", timeout=60)
    assert process.returncode == 1
    assert "once more" in told
    assert "FAIL  DS-03/refusal-told" in told


@pytest.mark.parametrize(("case", "told"), [("XX", "no case has such an id"), ("UP-*", "one case at a time")])
def test_it_takes_one_case_that_exists(capfd, case, told):
    assert main(["serve", "--case", case]) == 2
    assert told in capfd.readouterr().err
