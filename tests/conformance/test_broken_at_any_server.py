"""The bank of broken servers in front of any server, whose answers the proxy changes: it knows nothing of it.

It is another `aistudio-mock serve`, of which the suite has its address, a folder and credentials, no more.
"""

import pytest

from aistudio_conformance.broken.servers import broken_servers
from aistudio_conformance.cli import main
from aistudio_conformance.judge import judge_server
from aistudio_conformance.load import cases, rules
from aistudio_conformance.play import play
from aistudio_conformance.recording.bending import beyond_answers
from aistudio_conformance.remote_target import RemoteTarget
from aistudio_conformance.runner import judged
from tests.conformance.any_server import a_server, access
from tests.conformance.in_process import InProcess
from tests.conformance.reach import PLAINTEXT
from tests.conformance.test_server_court import red

LOOKING = {case.id: case for case in cases() if case.server_checks}
BANK = broken_servers()
ANYWHERE = {name: one for name, one in BANK.items() if not one.needs_the_mock}


def asking(time):
    """Runs cases with a client that keeps the contract; what the judge of servers says."""
    client = InProcess(PLAINTEXT)
    hello = client.hello()
    with a_server(time) as (ready, token), RemoteTarget(access(ready, token)) as target:
        yield lambda case: judged(case, play(case, client, hello, target, seed=1), rules(), judge_server)


@pytest.fixture(scope="module", name="ask")
def _ask():
    """At a server whose time goes as the case wants it; nothing else of the case is told to a server."""
    waiting, polled = asking("skip"), asking("poll")
    by_time = {"skip": next(waiting), "poll": next(polled)}
    yield lambda case: by_time[case.server.time](case)
    for one in (waiting, polled):
        assert next(one, None) is None


def test_forty_and_more_need_nothing_of_the_server_but_its_answers():
    assert len(ANYWHERE) >= 40
    silent = [
        one for one in ANYWHERE.values() if all(LOOKING[case].relies_on == ("journal",) for case in one.cases)
    ]
    assert len(silent) >= 40, "nor do their cases: neither its clock, nor settings"


@pytest.mark.parametrize("case", {case: None for one in ANYWHERE.values() for case in sorted(one.cases)})
def test_without_a_defect_it_is_all_green(case, ask):
    assert red([ask(LOOKING[case])]) == {}


@pytest.mark.parametrize("server", ANYWHERE.values(), ids=list(ANYWHERE))
def test_a_server_whose_answers_are_changed_on_their_way_turns_exactly_its_checks_red(server, ask):
    found = red([ask(server.disguised(LOOKING[case])) for case in sorted(server.cases)])
    assert found.keys() == server.red, found


@pytest.mark.parametrize(
    "server", [one for one in BANK.values() if one.needs_the_mock], ids=lambda one: one.id
)
def test_one_that_needs_the_mock_could_not_be_made_of_answers(server):
    asked = [fault for case in server.cases for fault in server.disguised(LOOKING[case]).server.faults]
    assert server.auth or any(beyond_answers(fault) for fault in asked)


@pytest.fixture(name="told")
def _told(monkeypatch, capfd, tmp_path):
    """Runs `server` against such a server: exit code and stdout."""

    def tell(*arguments):
        with a_server("skip") as (ready, _):
            monkeypatch.setenv("YC_FOLDER_ID", ready["folder_id"])
            monkeypatch.setenv("YC_API_KEY", ready["api_key"])
            target = ("--target", ready["tls"], "--ca", ready["ca"])
            code = main(["server", *target, "--bundle", str(tmp_path / "b"), *arguments])
        return code, capfd.readouterr().out

    return tell


def test_a_broken_one_is_put_in_the_place_of_any_server(told):
    code, out = told("--broken", "renames-silently")
    assert code == 1
    assert [line for line in out.splitlines() if line.startswith("FAIL")] == ["FAIL  UP-01/s-echo"]
    alone = next(line for line in out.splitlines() if "alone: " in line)
    assert "aistudio-conformance server --only UP-01 --seed" in alone
    assert "--ca" in alone
    assert "--broken renames-silently --client reference" in alone


def test_a_broken_server_that_there_is_not_is_a_wrong_command_line(capfd):
    assert main(["server", "--broken", "renames-silent"]) == 2
    assert "did you mean renames-silently" in capfd.readouterr().err


def test_what_only_the_server_could_do_is_refused():
    with a_server("skip") as (ready, token), RemoteTarget(access(ready, token)) as target:
        case = LOOKING["UP-05"]
        client = InProcess(PLAINTEXT)
        played = play(case, client, client.hello(), target, seed=1)
    assert (
        "takes no fault for PUT: object: that needs the server itself, not its answers"
        in played.report.trouble
    )
