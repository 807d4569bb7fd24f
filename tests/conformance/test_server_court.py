"""Servers before the judge: a good one is all green, and a broken one turns exactly its checks red."""

import json

import pytest
from msgspec.structs import replace

from aistudio_conformance.broken.servers import broken_servers
from aistudio_conformance.cli import main
from aistudio_conformance.judge import judge_server
from aistudio_conformance.load import CaseError, case_from, cases, rules
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.model import Outcome
from aistudio_conformance.play import play
from aistudio_conformance.runner import judged
from aistudio_conformance.seen import Sight
from aistudio_conformance.server_monitors import tasks_in_microseconds
from aistudio_mock import MockServer
from tests.conformance.evidence import entry, journal
from tests.conformance.in_process import InProcess
from tests.conformance.reach import PLAINTEXT

LOOKING = {case.id: case for case in cases() if case.server_checks}


@pytest.fixture(scope="module", name="asks")
def _asks():
    """Runs cases with a client that keeps the contract; what the judge of servers says."""
    with MockTarget() as target:
        client = InProcess(PLAINTEXT)
        hello = client.hello()

        def ask(*chosen):
            return [
                judged(case, play(case, client, hello, target, seed=1), rules(), judge_server)
                for case in chosen
            ]

        yield ask


def red(judged):
    return {
        finding.check: f"{one.case.id}: {finding.outcome}: {finding.why}"
        for one in judged
        for finding in one.verdict.findings
        if finding.outcome not in {Outcome.PASS, Outcome.NOT_APPLICABLE}
    }


def without(check, case):
    return replace(
        case, server_checks=tuple(one for one in case.server_checks if f"{case.id}/{one.id}" != check)
    )


def test_a_good_server_is_all_green_and_every_check_saw_something(asks):
    seen = asks(*LOOKING.values())
    assert red(seen) == {}
    own = {f.outcome for one in seen for f in one.verdict.findings if not f.check.startswith("monitor/")}
    assert own == {Outcome.PASS}
    watched = {f.check for one in seen for f in one.verdict.findings if f.outcome is Outcome.PASS}
    assert len([check for check in watched if check.startswith("monitor/")]) == 8


@pytest.mark.parametrize("server", broken_servers().values(), ids=list(broken_servers()))
def test_a_broken_server_turns_exactly_its_checks_red(server, asks):
    seen = asks(*(server.disguised(LOOKING[case]) for case in sorted(server.cases)))
    found = red(seen)
    assert found.keys() == server.red, found
    for check in server.red - {one for one in server.red if one.startswith("monitor/")}:
        left = [
            replace(
                one,
                verdict=judge_server(without(check, one.case), one.played.report, one.journal, rules()),
            )
            for one in seen
        ]
        assert red(left).keys() == server.red - {check}, "a check that is gone must be missed"


def test_any_server_is_judged_and_a_bundle_again(monkeypatch, tmp_path, capfd):
    with MockServer(auth="strict", time="poll") as mock:
        folder = mock.folder()
        monkeypatch.setenv("YC_FOLDER_ID", folder.id)
        monkeypatch.setenv("YC_API_KEY", folder.api_key)
        folder.faults.add(method="DatasetService/Create", times=None, set={"dataset.status": "READY"})
        target = ["--target", mock.endpoint, "--plaintext", "--only", "UP-01", "--only", "DS-08"]
        code = main(["server", *target, "--bundle", str(tmp_path / "b"), "--jsonl", str(tmp_path / "1")])
    assert code == 1
    assert "FAIL  UP-01/s-draft" in capfd.readouterr().out
    assert main(["judge", str(tmp_path / "b"), "--jsonl", str(tmp_path / "2")]) == 1
    first, again = ((tmp_path / name).read_bytes() for name in "12")
    assert first == again
    assert {json.loads(line).get("rule") for line in first.splitlines()} >= {"server-create-draft"}


def test_our_own_mock_keeps_the_contract(capfd, tmp_path):
    assert main(["server", "--bundle", str(tmp_path / "b")]) == 0
    assert capfd.readouterr().out.splitlines()[-1].endswith("; all green")


def test_a_server_is_judged_only_in_cases_that_look_at_it(capfd):
    assert main(["server", "--only", "TM-01"]) == 2
    assert "none of these cases looks at a server" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("{id: s, rule: ids, of: {method: X}, expect: {a: 1}}", "rule ids is not in the ledger"),
        (
            "{id: s, rule: delete-once, of: {method: X}, expect: {a: 1}}",
            "rule delete-once is one of a client",
        ),
        ("{id: s, rule: server-ids, of: {method: X}}", "it needs expect or equal"),
        ("{id: s, rule: server-ids}", "exactly one of of, function"),
        ("{id: s, rule: server-ids, function: nothing}", "there is no function nothing"),
        ("{id: s, rule: server-ids, of: {method: X}, expect: {a: {like: 1}}}", "is no matcher"),
    ],
)
def test_a_check_of_servers_that_can_never_work_is_refused(check, told):
    text = f"{{id: X, title: t, covers: [], steps: [], checks: [], server_checks: [{check}]}}"
    with pytest.raises(CaseError, match=told):
        case_from(text.encode(), "X.yaml")


@pytest.mark.parametrize(
    ("fractions", "is_kept"),
    [
        ([".123456", ".316"], True),  # one that ends in zeros, which JSON leaves out
        ([".316"], True),
        ([".316", ".317"], False),
        ([".123456", ""], False),
    ],
)
def test_moments_have_six_digits_unless_zeros_at_the_end_are_chance(fractions, is_kept):
    tasks = [{"created_at": f"2026-11-29T00:51:11{fraction}Z"} for fraction in fractions]
    told = entry(1, "TuningService/List", responses=({"tuning_tasks": tasks},))
    seen = tasks_in_microseconds(journal(told))
    assert (seen.sight is Sight.KEPT) is is_kept
