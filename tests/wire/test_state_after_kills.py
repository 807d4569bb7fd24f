"""What was under way when a server was killed goes on in the next one, and ends as it was drawn."""

import json
import signal
import subprocess
from contextlib import contextmanager
from datetime import timedelta

import pytest
import requests

from aistudio_mock import RemoteServer
from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.instant import instant_of, moment
from aistudio_mock.domain.schedule import plan_validation
from aistudio_mock.runtime.chance import chance_for
from tests.wire import batch_parts, steps
from tests.wire.run_parts import ROOT, environment, serve_command
from tests.wire.stubs import Client

__all__ = ["environment"]  # a fixture
pytestmark = pytest.mark.all
SEED = 11
BIG = steps.GOOD * 4000
"""Scanning it takes longer than it takes to kill a server."""


@pytest.fixture(name="killed")
def _killed(environment, tmp_path):
    """A server that is killed on the way out: its folder and a client."""

    @contextmanager
    def killed(*options):
        usual = ("--json", "--log-level", "warning", "--seed", SEED, "--state", tmp_path / "state")
        command = serve_command(*usual, *options)
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
            try:
                ready = json.loads(process.stdout.readline())
                with RemoteServer(ready["http"]) as mock, Client(ready["grpc"]) as client:
                    yield mock.default_folder, client
            finally:
                process.kill()
        assert process.returncode == -signal.SIGKILL

    return killed


def test_a_scan_begins_again_and_ends_when_it_would_have(killed):
    with killed("--time=manual") as (folder, client):
        dataset_id, operation_id = steps.validating(client, folder, BIG)
        (begun,) = folder.state().operations
        assert not begun.done
    drawn = plan_validation(Durations.RECORDED, chance_for(SEED, operation_id), instant_of(begun.created_at))
    with killed("--time=manual") as (folder, client):
        folder.clock.advance(hours=1)
        (dataset,), (operation,) = folder.state().datasets, folder.state().operations
        assert (dataset.status, dataset.rows) == ("READY", len(BIG.splitlines()))
        assert dataset.history[-1].at == moment(drawn.converted)
        assert operation.modified_at == moment(drawn.done)
        url = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls[0].url
        assert requests.get(url, timeout=20).content[:4] == b"PAR1"
    with killed("--time=manual") as (folder, _):
        assert folder.state().datasets == [dataset]
        assert folder.state().operations == [operation]


def test_a_poll_waits_for_a_scan_that_began_in_an_earlier_life(killed):
    with killed() as (folder, client):
        _, operation_id = steps.validating(client, folder, BIG)
    with killed() as (folder, client):
        assert client.call("OperationService/Get", operation_id=operation_id).done
        now = folder.clock.now()
    with killed() as (folder, client):  # the skip is kept
        assert folder.clock.now() >= now
        assert folder.state().datasets[0].status == "READY"


def test_a_batch_run_begins_again(killed):
    many = batch_parts.requests(*[f"{number}?" for number in range(3000)])
    with killed("--time=manual") as (folder, client):
        client.call(batch_parts.START, **batch_parts.order(folder, batch_parts.source(client, folder, many)))
        now = folder.clock.now()
    with killed("--time=manual") as (folder, client):
        assert folder.clock.now() == now
        folder.clock.advance(hours=1)
        (batch,) = folder.state().batches
        assert batch.status == "COMPLETED"
        assert batch.finished_at - batch.created_at < timedelta(minutes=10)
        (result,) = [one for one in folder.state().datasets if one.id == batch.result_dataset_id]
        assert result.status == "READY"


def test_other_options_change_no_timeline_that_was_seen(killed):
    with killed("--time=manual") as (folder, client):
        steps.validating(client, folder, BIG)
    with killed("--time=60x", "--durations=instant") as (folder, client):
        (operation,) = folder.state().operations
        later = folder.clock.now() + timedelta(days=1)
        (after,) = folder.state(later).operations
        assert after.done
        assert after.created_at == operation.created_at
        assert [one.status for one in folder.state(later).datasets] == ["READY"]
