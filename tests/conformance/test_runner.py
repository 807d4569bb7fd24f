"""Cases with clients: what is asked, what is kept, and what a broken client costs."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from aistudio_conformance.load import rules
from aistudio_conformance.model import Outcome
from aistudio_conformance.play import Played
from aistudio_conformance.runner import Runner, SmokeError, judged, shuffled
from tests.conformance.adapters import HEADER, KEY, FakeTarget, case, fake


def run(*cases, seed=1, parallel=1, target=None, **behaviours):
    """The cases with a fake client, by id."""
    with Runner(fake(**behaviours), target or FakeTarget(), rules(), seed, parallel) as runner:
        return {one.case.id: one for one in runner.run(cases)}


def outcome(judged, name="told"):
    return next(one.outcome for one in judged.verdict.findings if one.check.endswith(f"/{name}"))


def one_case(*verbs, target=None, timeout=20, more=None, **behaviours):
    (only,) = run(
        case("XX-01", *verbs, timeout=timeout, **(more or {})), target=target, **behaviours
    ).values()
    return only


def asked(judged):
    return [step.step for step in judged.played.report.steps]


def test_a_client_that_does_as_it_is_asked_is_green():
    only = one_case("dataset.list", "dataset.get")
    assert outcome(only) is Outcome.PASS
    assert asked(only) == ["dataset_list", "dataset_get"]
    assert (only.played.report.client.name, only.played.report.seed, only.played.report.trouble) == (
        "fake",
        1,
        "",
    )


@pytest.mark.parametrize(
    ("behaviour", "ended"),
    [("crash", "crashed (exit code 3)"), ("hang", "hung (no answer in 0.5 s)")],
)
def test_a_client_that_crashes_or_hangs_costs_one_case(behaviour, ended):
    bad = case("XX-02", "dataset.get", "dataset.list", timeout=0.5 if behaviour == "hang" else 20)
    good = [case(f"XX-0{number}", "dataset.list") for number in (1, 3, 4)]
    found = run(bad, *good, dataset_get=behaviour)
    assert {name: outcome(one) for name, one in found.items()} == {
        "XX-01": Outcome.PASS,
        "XX-02": Outcome.FAIL,
        "XX-03": Outcome.PASS,
        "XX-04": Outcome.PASS,
    }
    assert asked(found["XX-02"]) == ["dataset_get"], "nobody is left to ask"
    assert found["XX-02"].played.report.steps[0].ended == ended


@pytest.mark.parametrize("behaviour", ["garbage", "wrong-id", "two-kinds", "trouble", "wrong-shape"])
def test_the_trouble_of_an_adapter_is_not_the_clients(behaviour):
    found = run(case("XX-01", "dataset.get"), case("XX-02", "dataset.list"), dataset_get=behaviour)
    assert outcome(found["XX-01"]) is Outcome.HARNESS_ERROR
    assert outcome(found["XX-02"]) is Outcome.PASS


@pytest.mark.parametrize("ask", ["begin", "end"])
def test_a_client_that_crashes_outside_of_any_step_is_trouble(ask):
    only = one_case("dataset.list", **{ask: "crash"})
    assert outcome(only) is Outcome.HARNESS_ERROR
    assert only.played.report.trouble == "the client crashed (exit code 3)"


def test_after_a_failure_only_steps_that_say_so_are_asked_for():
    steps = [
        {"id": "first", "do": "dataset.get", "with": {"dataset_id": "x"}},
        {"id": "second", "do": "dataset.list"},
        {"id": "third", "do": "tuning.list", "after_error": True},
    ]
    only = one_case("dataset.get", dataset_get="error", more={"steps": steps, "checks": []})
    assert asked(only) == ["first", "third"]


def test_after_what_a_client_does_not_support_nothing_is_asked_for():
    only = one_case("dataset.get", "dataset.list", dataset_get="unsupported")
    assert asked(only) == ["dataset_get"]
    assert outcome(only) is Outcome.NOT_APPLICABLE


def test_a_verb_that_the_hello_does_not_name_is_not_asked_for():
    steps = [{"id": "first", "do": "model.complete", "with": {"model_uri": "x", "text": "y"}}]
    check = [{"id": "told", "rule": "dataset-name-unchanged", "step": "first", "reply": {"expect": {}}}]
    only = one_case("dataset.get", model_complete="crash", more={"steps": steps, "checks": check})
    assert outcome(only) is Outcome.NOT_APPLICABLE


def test_a_step_that_needs_what_the_client_did_not_tell_is_not_asked_for():
    steps = [
        {"id": "first", "do": "dataset.list"},
        {"id": "second", "do": "dataset.get", "with": {"dataset_id": "${first.nowhere}"}},
    ]
    only = one_case("dataset.list", more={"steps": steps, "checks": []})
    assert asked(only) == ["first"]
    assert only.played.report.trouble == ""


def test_the_script_of_the_server_is_carried_out_step_by_step():
    target = FakeTarget()
    server = {
        "time": "poll",
        "auth": "strict",
        "faults": [{"method": "*", "status": "INTERNAL", "message": "${nonce.m}"}],
    }
    steps = [
        {"id": "first", "do": "dataset.list"},
        {
            "id": "second",
            "do": "tuning.list",
            "before": {"advance": 60, "faults": [{"object": "PUT", "status": "SlowDown"}]},
        },
    ]
    only = one_case("dataset.list", target=target, more={"server": server, "steps": steps, "checks": []})
    (folder,) = target.folders
    message = only.played.report.variables["nonce"]["m"]
    assert folder.done == [
        ("fault", "INTERNAL", message),
        ("fault", "SlowDown", ""),
        ("advance", 60),
        "forgotten",
    ]
    assert (folder.server.time, folder.server.auth) == ("poll", "strict")


def test_the_client_never_sees_what_the_case_is_or_expects():
    only = one_case(
        "dataset.get",
        dataset_get="echo",
        more={
            "title": "a secret title",
            "files": {"flawed": {"rows": 1}},
            "steps": [
                {
                    "id": "hidden-step",
                    "do": "dataset.get",
                    "with": {"dataset_id": "${files.flawed.path}"},
                    "timeout": 9,
                }
            ],
            "checks": [
                {
                    "id": "hidden-check",
                    "rule": "dataset-name-unchanged",
                    "step": "hidden-step",
                    "reply": {"expect": {}},
                }
            ],
        },
    )
    (step,) = only.played.report.steps
    told = step.answer.error.message
    assert json.loads(told) == {"dataset_id": only.played.report.variables["files"]["flawed"]["path"]}
    assert not [word for word in ("XX-01", "secret", "flawed", "hidden") if word in told]


def test_the_files_of_a_case_are_gone_after_it():
    only = one_case("dataset.list", more={"files": {"train": {"rows": 1}}})
    assert not Path(only.played.report.variables["files"]["train"]["path"]).exists()


def test_a_secret_that_is_shown_is_named_and_kept_nowhere():
    only = one_case("dataset.get", dataset_get="leak")
    assert only.played.report.secrets_seen == (
        "the API key on stderr",
        "the API key in the answer to dataset.get",
    )
    assert outcome(only, "secrets-printed") is Outcome.FAIL
    assert KEY not in repr(only.played)
    assert "my key is [redacted]" in only.played.stderr


def test_stderr_belongs_to_the_case_in_which_it_was_printed():
    found = run(case("XX-01", "dataset.list"), case("XX-02", "tuning.list"), everything="grumble")
    told = {name: set(one.played.stderr.split()) - {"grumble", "begin", "end"} for name, one in found.items()}
    assert {"XX-01": told["XX-01"] - {"hello"}, "XX-02": told["XX-02"] - {"hello"}} == {
        "XX-01": {"dataset.list"},
        "XX-02": {"tuning.list"},
    }


def test_the_order_belongs_to_the_seed():
    cases = [case(f"XX-{number:02}", "dataset.list") for number in range(20)]
    assert shuffled(cases, 1) == shuffled(cases[::-1], 1)
    assert shuffled(cases, 1) != shuffled(cases, 2)
    assert sorted(one.id for one in shuffled(cases, 1)) == [one.id for one in cases]


def test_verdicts_are_the_same_serial_parallel_and_with_broken_neighbours():
    cases = [case(f"XX-{number:02}", "dataset.list") for number in range(6)]
    cases += [case(f"YY-{number:02}", "dataset.get") for number in range(3)]
    serial = run(*cases, dataset_get="crash")
    parallel = run(*cases[::-1], dataset_get="crash", parallel=3)
    assert {name: one.verdict for name, one in serial.items()} == {
        name: one.verdict for name, one in parallel.items()
    }


def test_another_seed_gives_the_case_other_values():
    wanted = {
        "steps": [{"id": "it", "do": "dataset.get", "with": {"dataset_id": "${nonce.a}"}}],
        "checks": [],
    }
    nonces = [
        run(case("XX-01", "dataset.get", **wanted), seed=seed)["XX-01"].played.report.variables["nonce"]["a"]
        for seed in (1, 1, 2)
    ]
    assert nonces[0] == nonces[1] != nonces[2]


class WithoutAJournal(FakeTarget):
    """A server whose journals are not to be read."""

    def __init__(self, lines):
        super().__init__()
        self.lines = lines

    def new_folder(self, server, seed):
        folder = super().new_folder(server, seed)
        folder.journal = lambda: self.lines
        return folder


@pytest.mark.parametrize(
    "lines", [b"", b"no journal\n", b'{"journal": 2}\n', b'{"journal": 1, "dropped": 3}\n']
)
def test_without_a_whole_journal_nothing_is_said_of_the_client(lines):
    only = one_case("dataset.list", target=WithoutAJournal(lines))
    assert outcome(only) is Outcome.HARNESS_ERROR


BUG = (
    b'{"number": 1, "folder": "b1g", "leg": "grpc", "method": "TuningService/Tune", "status": "INTERNAL", '
    b'"message": "bug in aistudio-mock: KeyError", '
    b'"received_at": {"real": "2026-01-01T00:00:00Z", "virtual": "2026-01-01T00:00:00Z"}, '
    b'"answered_at": {"real": "2026-01-01T00:00:00Z", "virtual": "2026-01-01T00:00:00Z"}}\n'
)


def test_a_bug_of_the_server_is_not_the_clients():
    only = one_case("dataset.list", target=WithoutAJournal(HEADER + BUG))
    assert outcome(only) is Outcome.HARNESS_ERROR
    assert {one.why for one in only.verdict.findings} == {
        "TuningService/Tune: bug in aistudio-mock: KeyError"
    }


def test_judging_again_what_was_kept_gives_the_same_verdict():
    for behaviour in ("well", "error", "crash", "trouble"):
        only = one_case("dataset.get", dataset_get=behaviour)
        assert judged(only.case, only.played, rules()) == only
    empty = judged(only.case, Played(replace(only.played.report, trouble="")), rules())
    assert empty.played.report.trouble == "the journal is empty; it begins with a line that tells its version"


@pytest.mark.parametrize(
    ("behaviours", "said"),
    [
        ({"hello": "crash"}, r"the client crashed \(exit code 3\)"),
        ({"hello": "garbage"}, "a line that is no answer, 'Loading model…'"),
        ({"hello": "no-verbs"}, "fake says hello without a single verb"),
        ({"begin": "error"}, "the client answered begin with an error: no"),
        ({"dataset_list": "trouble"}, "the adapter is in trouble with dataset.list: KeyError: 'x'"),
        ({"dataset_list": "crash"}, "the client crashed"),
        ({"end": "unsupported"}, "the client answered end with unsupported: nothing for it"),
    ],
)
def test_an_adapter_that_does_not_work_is_found_before_any_case(behaviours, said):
    with (
        Runner(fake(**behaviours), FakeTarget(), rules(), 1) as runner,
        pytest.raises(SmokeError, match=said),
    ):
        runner.smoke()


def test_what_a_broken_adapter_printed_last_is_told_without_secrets():
    behaviours = {"dataset_list": "leak", "tuning_list": "crash"}
    with Runner(fake(**behaviours), FakeTarget(), rules(), 1) as runner, pytest.raises(SmokeError) as broken:
        runner.smoke()
    assert str(broken.value) == "the client crashed (exit code 3); its stderr ends: my key is [redacted]"


def test_a_failure_or_a_missing_verb_is_no_obstacle_before_the_cases():
    with Runner(fake(dataset_list="error", tuning_list="unsupported"), FakeTarget(), rules(), 1) as runner:
        assert runner.smoke().name == "fake"


def test_a_program_that_is_not_there_is_said_to_be_missing():
    with (
        Runner(["nosuch"], FakeTarget(), rules(), 1) as runner,
        pytest.raises(SmokeError, match="no program nosuch"),
    ):
        runner.smoke()


def test_a_run_that_is_left_ends_its_clients_at_once():
    cases = [case("XX-01", "tuning.list"), *(case(f"XX-1{number}", "dataset.list") for number in range(4))]
    seed = next(number for number in range(100) if shuffled(cases, number)[0].id == "XX-01")
    runner = Runner(fake(dataset_list="hang"), FakeTarget(), rules(), seed)
    with pytest.raises(KeyboardInterrupt), runner:  # noqa: PT012 - it is raised where a user's would be
        assert next(runner.run(cases)).case.id == "XX-01", "all others hang until they are ended"
        raise KeyboardInterrupt
    assert not any(thread.is_alive() for thread in runner._threads)
