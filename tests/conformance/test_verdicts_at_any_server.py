"""A verdict is the same at any server as at a mock of the run's own, in a folder that others use as well.

Faults that only change answers, or refuse in the server's place, are the proxy's there.
"""

import json

import pytest

from aistudio_client import AIStudio
from aistudio_conformance.load import cases, rules
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.packs import PACKS
from aistudio_conformance.play import play
from aistudio_conformance.remote_target import RemoteTarget, suits
from aistudio_conformance.runner import judged
from tests.conformance.any_server import a_server, access
from tests.conformance.in_process import InProcess, judged_in_process

REFERENCE = "aistudio_conformance.adapters.reference"
SDK = "aistudio_conformance.adapters.official_sdk"
BROKEN = "aistudio_conformance.broken.clients:IgnoresTheStorage"
ROW = {"request": [{"role": "user", "text": "Is it red?"}], "response": "It is."}
BENT = ("DS-05", "ER-03", "ER-04", "FC-05", "OP-02", "RE-01", "TU-07")
"""Every kind of fault that the proxy knows, and refusals whose request is named."""

FREE = {"ER-02", "TM-06", "TU-05"}
"""What is asked for there is refused, by the service or in its place."""


@pytest.fixture(scope="module", name="servers")
def _servers(tmp_path_factory):
    """A mock of the run's own, and any server, in whose folder there is something already."""
    rows = tmp_path_factory.mktemp("rows") / "train.jsonl"
    rows.write_text(json.dumps(ROW), encoding="utf-8")
    with MockTarget() as mock, a_server("skip") as (ready, token):
        reached = {"api_key": ready["api_key"], "endpoint": ready["grpc"], "plaintext": True}
        with AIStudio(ready["folder_id"], **reached) as client:
            mine = client.datasets.upload(rows, name="mine", task_type="TextToTextGeneration")
            client.tunings.start(mine, base_model="yandexgpt-lite", name="mine")
        known = access(ready, token)
        with RemoteTarget(known) as there:
            yield mock, there, known


def outcomes(all_judged):
    return {
        (one.case.id, finding.check): finding.outcome
        for one in all_judged
        for finding in one.verdict.findings
    }


def assert_one_verdict(told, servers, chosen):
    mock, there, known = servers
    chosen = [case for case in chosen if not suits(case, known, may_cost=True)]
    client = InProcess(told)
    hello = client.hello()
    far = outcomes(judged(case, play(case, client, hello, there, seed=1), rules()) for case in chosen)
    near = outcomes(judged_in_process(told, mock, chosen=chosen))
    assert {case for case, _ in far} == {case.id for case in chosen}
    assert {place for place, _ in near.items() ^ far.items()} == set()
    return len(chosen)


@pytest.mark.parametrize("told", [REFERENCE, SDK, BROKEN])
def test_a_case_whose_faults_change_answers_is_judged_the_same(told, servers):
    assert assert_one_verdict(told, servers, [case for case in cases() if case.id in BENT]) == len(BENT)


def test_a_credential_is_told_from_another_kind_there_too(servers):
    wrong = "aistudio_conformance.broken.clients:TakesATokenForAKey"
    assert assert_one_verdict(wrong, servers, [case for case in cases() if case.id == "AU-01"]) == 1


@pytest.mark.all
@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("told", [REFERENCE, BROKEN])
def test_every_case_that_runs_there_is_judged_the_same(told, pack, servers):
    assert assert_one_verdict(told, servers, PACKS[pack]()) > len(PACKS[pack]()) / 2


def test_what_is_paid_for_is_told():
    paid = ("tuning.start", "model.")
    asks = {
        case.id: any(step.do.startswith(paid) for step in case.steps)
        for pack in PACKS.values()
        for case in pack()
        if case.costs == "nothing"
    }
    assert {case for case, is_paid in asks.items() if is_paid} == FREE
