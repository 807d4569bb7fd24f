"""`serve` with faults: its fault port is there for clients, and when it stops each fault is accounted for."""

import json
import signal
import subprocess
import time

import grpc
import pytest
from yandex_ai_studio_sdk import AIStudio

from aistudio_mock import RemoteServer
from tests.wire.run_parts import environment, run, serve_command
from tests.wire.stubs import Client
from tests.wire.test_journal_file import posix

__all__ = ["environment", "run"]  # fixtures

LIST, DESCRIBE, COUNT = "DatasetService/List", "DatasetService/Describe", "TuningService/List"
FAULTS = [
    {"method": LIST, "goaway": "before"},
    {"method": LIST, "goaway": "after"},
    {"method": COUNT, "cut": "middle"},
    {"method": "ApiEndpointService/List", "drip": 500},
    {"method": DESCRIBE, "status": "ABORTED"},
    {"preset": "lost-tune-reply"},
]


@posix
def test_goaway_half_answers_and_drips_are_met_on_the_port_that_the_ready_line_names(environment, tmp_path):
    file = tmp_path / "faults.yaml"
    file.write_text(json.dumps(FAULTS), encoding="utf-8")
    command = serve_command("--json", "--faults", file, "--fault-port", "0", "--log-level", "error")
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as server:
        try:
            ready = json.loads(server.stdout.readline())
            assert ready["faults"] not in {ready["grpc"], ready["tls"]}
            meet_all(ready)
            server.send_signal(signal.SIGTERM)
            said = server.communicate(timeout=30)[1].splitlines()
        finally:
            server.kill()
    assert server.returncode == 0
    met, *never = said
    assert met == (
        "aistudio-mock: faults met: fault-1 (DatasetService/List goaway) 1 of 4, "
        "fault-2 (DatasetService/List goaway) 1 of 3, fault-3 (TuningService/List cut) 1 of 1, "
        "fault-4 (ApiEndpointService/List drip) 1 of 2"
    )
    assert never == [
        "aistudio-mock: fault never met: fault-5 (DatasetService/Describe ABORTED) (it was for 0 calls)",
        "aistudio-mock: fault never met: fault-6 (TuningService/Tune lost) (it was for 0 calls)",
    ]


@posix
def test_what_was_written_by_the_control_api_is_accounted_for_too(environment):
    with subprocess.Popen(
        serve_command("--json", "--faults", "lost-tune-reply"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        try:
            ready = json.loads(server.stdout.readline())
            mock = RemoteServer(ready["http"])
            folder, cleared = mock.default_folder, mock.folder()
            folder.faults.add(method=LIST, status="ABORTED")
            folder.faults.add(method=DESCRIBE, status="ABORTED")
            cleared.faults.add(method=DESCRIBE, status="ABORTED")
            cleared.faults.clear()
            with Client(ready["grpc"], f"Api-Key {ready['api_key']}") as client, pytest.raises(grpc.RpcError):
                client.call(LIST, folder_id=folder.id)
            server.send_signal(signal.SIGTERM)
            said = server.communicate(timeout=30)[1].splitlines()
        finally:
            server.kill()
    lost, refused = "fault-1 (TuningService/Tune lost)", "fault-3 (DatasetService/Describe ABORTED)"
    assert said == [
        f"aistudio-mock: fault never met: {lost} (it was for 0 calls)",
        f"aistudio-mock: fault never met in folder {folder.id}: {refused} (it was for 0 calls)",
    ]


def meet_all(ready):
    folder = {"folder_id": ready["folder_id"]}
    with Client(ready["faults"], f"Api-Key {ready['api_key']}") as client:
        assert len(client.call(LIST, **folder).datasets) == 0, "told to go away, it asks again"
        client.call(LIST, **folder)
        with pytest.raises(grpc.RpcError) as half:
            client.call(COUNT, **folder)
        assert half.value.code() is grpc.StatusCode.UNAVAILABLE
    # Another connection: a call that comes at once may still be sent by the one that was cut.
    with Client(ready["faults"], f"Api-Key {ready['api_key']}") as client:
        start = time.monotonic()
        size = len(client.call("ApiEndpointService/List").SerializeToString())
        assert time.monotonic() - start > size / 500 * 0.9
    sdk = AIStudio(
        folder_id=ready["folder_id"], auth=ready["api_key"], endpoint=ready["faults"], verify=False
    )
    assert list(sdk.datasets.list()) == []
