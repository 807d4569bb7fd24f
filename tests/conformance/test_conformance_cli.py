"""The command `aistudio-conformance`: what it says, what it leaves, and its exit codes."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from aistudio_conformance.cli import COMMANDS, main
from aistudio_conformance.protocol import ASKED
from tests.conformance.adapters import fake

BROKEN = "python:aistudio_conformance.broken.clients"
UPLOADS = ("--only", "UP-0*")


@pytest.fixture(name="run")
def _run(capfd):
    """Runs a command line in this process: its exit code, stdout and stderr."""

    def run(*arguments):
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as end:
            code = end.code
        told = capfd.readouterr()
        return code, told.out, told.err

    return run


def process(*arguments):
    """Runs a command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "aistudio_conformance", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def findings(path):
    return sorted(line for line in path.read_text().splitlines() if json.loads(line).get("check"))


def test_a_run_of_the_reference_client_is_green_and_leaves_every_report(run, tmp_path):
    code, out, err = run(
        *("run", "--client", "raw-stubs", *UPLOADS, "--bundle", tmp_path / "bundle"),
        *("--junit", tmp_path / "junit.xml", "--jsonl", tmp_path / "findings.jsonl"),
    )
    assert code == 0
    assert out.splitlines()[-1].endswith("; all green")
    assert f"aistudio-conformance judge {tmp_path}/bundle" in err
    assert b"<testsuites>" in (tmp_path / "junit.xml").read_bytes()
    assert findings(tmp_path / "findings.jsonl") == findings(tmp_path / "bundle" / "verdicts.jsonl")


def test_verdicts_are_equal_serial_parallel_and_judged_again(run, tmp_path):
    client = ("--client", f"{BROKEN}:RewritesLineEnds", *UPLOADS, "--seed", 5)
    told = [tmp_path / name for name in ("serial", "parallel", "again")]
    codes = [
        run("run", *client, "--jsonl", told[0], "--bundle", tmp_path / "b1")[0],
        run("run", *client, "--jsonl", told[1], "--bundle", tmp_path / "b2", "--parallel", 3)[0],
        run("judge", tmp_path / "b2", "--jsonl", told[2])[0],
    ]
    assert codes == [1, 1, 1]
    serial, parallel, again = map(findings, told)
    assert again == parallel
    assert without_entries(serial) == without_entries(parallel)


def without_entries(lines):
    return [{**json.loads(line), "entries": len(json.loads(line)["entries"])} for line in lines]


def test_a_red_check_says_how_it_is_run_alone_and_does_it(run, tmp_path):
    _, out, _ = run("run", "--client", f"{BROKEN}:RewritesLineEnds", *UPLOADS, "--bundle", tmp_path / "b1")
    (line,) = re.findall(r"alone: aistudio-conformance (.*)", out)
    code, again, _ = run(*shlex.split(line), "--bundle", tmp_path / "b2")
    assert code == 1
    assert "FAIL  UP-01/body-is-the-file" in out
    assert "FAIL  UP-01/body-is-the-file" in again
    assert "1 case:" in again


def test_what_is_known_to_fail_is_green_and_the_list_cannot_rot(run, tmp_path):
    known = tmp_path / "known.yaml"
    entry = "- {check: UP-01/body-is-the-file, outcome: fail, reason: r, citation: c}\n"
    known.write_text(entry)
    broken = ("run", "--client", f"{BROKEN}:RewritesLineEnds", "--only", "UP-01", "--bundle", tmp_path / "b1")
    code, out, _ = run(*broken, "--known-failing", known)
    assert (code, "1 known failing; all green" in out) == (0, True)
    known.write_text(entry + "- {check: UP-01/size-announced, outcome: fail, reason: r, citation: c}\n")
    code, out, _ = run("judge", tmp_path / "b1", "--known-failing", known)
    assert code == 1
    assert "KNOWN FAILING  UP-01/size-announced is listed as known failing and passes; take it off" in out


def test_a_client_that_crashes_costs_its_cases_and_the_run_ends_well(run, tmp_path):
    code, out, _ = run(
        *("run", *UPLOADS, "--bundle", tmp_path / "b"),
        *("--parallel", 2, "--", *fake(dataset_upload="crash")),
    )
    assert code == 1
    assert "upload: dataset.upload → crashed (exit code 3)" in out
    assert "alone: aistudio-conformance run --only UP-05 --seed" in out


def test_an_adapter_in_trouble_is_not_a_client_that_fails(run, tmp_path):
    command = fake(dataset_upload="trouble")
    code, out, _ = run("run", *UPLOADS, "--bundle", tmp_path / "b", "--", *command)
    assert code == 3
    assert "HARNESS ERROR  " in out
    assert "seen: step upload: the adapter is in trouble: KeyError: 'x'" in out


def test_an_adapter_that_does_not_work_at_all_is_said_before_any_case(run):
    code, out, err = run("run", "--", *fake(hello="garbage"))
    assert (code, out) == (3, "")
    assert err.startswith("aistudio-conformance: the adapter does not work, so no case was run: the client ")
    assert "answered hello with a line that is no answer, 'Loading model…'" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run"], 2, "no client; give --client NAME, reference, "),
        (["run", "--client"], 2, "no client; give --client NAME"),
        (["run", "--client", "curl"], 2, "no client curl; there are reference, "),
        (["run", "--client", "raw-stubs", "--", "true"], 2, "which is the client?"),
        (
            ["run", "--client", "raw-stubs", "--only", "UP-O1"],
            2,
            "--only UP-O1: no case has such an id; there are UP-",
        ),
        (["run", "--client", "raw-stubs", "--parallel", "0"], 2, "argument --parallel: 0: use 1 to 64"),
        (["run", "--client", "raw-stubs", "--seed", "x"], 2, "invalid int value"),
        (["run", "--", "nosuch"], 3, "no program nosuch; give one that your shell would find"),
        (["judge", "/nowhere"], 2, "/nowhere is no bundle: /nowhere/run.json: No such file"),
        (["judge"], 2, "the following arguments are required: BUNDLE"),
        (["judge", "x", "--", "y"], 2, "judge runs no program, and takes nothing after --"),
        (["list", "--only", "Q*"], 2, "--only Q*: no case has such an id"),
        (
            ["explain", "UP-01/size-announce"],
            2,
            "no check UP-01/size-announce; did you mean UP-01/size-announced",
        ),
        (["explain", "%"], 2, "no check %; `aistudio-conformance list` names them all"),
        (["observe"], 2, "no command; give one after --"),
        (["observe", "--", "nosuch"], 3, "no command nosuch"),
        (["adapter", "lint"], 2, "no client; give --client NAME"),
        (["adapter", "lint", "--", "nosuch"], 3, "no program nosuch"),
        (["adapter", "polish"], 2, "invalid choice: 'polish'"),
        ([], 2, "the following arguments are required: COMMAND"),
        (["--version"], 0, ""),
    ],
)
def test_what_cannot_work_is_said_on_one_line_with_what_would(run, arguments, code, said):
    ended, _, err = run(*arguments)
    assert ended == code
    assert said in err
    assert "Traceback" not in err
    assert err == "" or re.match("aistudio-(conformance|mock): ", err)


def test_a_list_of_known_failures_that_cannot_work_is_a_wrong_command_line(run, tmp_path):
    listed = ("run", "--only", "UP-01", "--known-failing", tmp_path / "known.yaml", "--", *fake())
    code, _, err = run(*listed)
    assert (code, "known.yaml: No such file or directory" in err) == (2, True)
    (tmp_path / "known.yaml").write_text("- {check: a}")
    code, _, err = run(*listed)
    assert (code, "known.yaml: Object missing required field" in err) == (2, True)


def test_a_bundle_of_another_suite_is_judged_as_far_as_it_goes(run, tmp_path):
    bundle = tmp_path / "bundle"
    run("run", "--client", "raw-stubs", "--only", "UP-01", "--only", "UP-09", "--bundle", bundle)
    for name in ("run.json", "cases/UP-01/report.json"):
        text = (bundle / name).read_text()
        (bundle / name).write_text(text.replace('"UP-01"', '"ZZ-99"'))
    (bundle / "cases" / "UP-01").rename(bundle / "cases" / "ZZ-99")
    code, out, _ = run("judge", bundle)
    assert code == 3
    assert "UNKNOWN  this suite has no case ZZ-99; it was not judged" in out
    assert re.search("UP-09 +An empty file", out)


def test_a_bundle_that_was_cut_off_is_not_green(run, tmp_path):
    bundle = tmp_path / "bundle"
    run("run", "--client", "raw-stubs", "--only", "UP-01", "--only", "UP-09", "--bundle", bundle)
    (bundle / "cases" / "UP-01").rename(tmp_path / "gone")
    code, out, _ = run("judge", bundle)
    assert (code, "DID NOT RUN  UP-01" in out) == (3, True)


@pytest.mark.parametrize("how", ["interrupt", "terminate"])
def test_an_interrupted_run_ends_its_children_and_says_what_ran(tmp_path, how):
    ended = process("run", *UPLOADS, "--bundle", tmp_path / "b", "--", *fake(dataset_upload=how))
    assert ended.returncode == 130
    assert "interrupted after 0 of " in ended.stderr
    assert "DID NOT RUN  UP-01, UP-04, UP-05, UP-06, UP-07, UP-09" in ended.stdout
    assert (tmp_path / "b" / "verdicts.jsonl").exists()
    assert "Traceback" not in ended.stderr


def test_a_run_that_is_interrupted_at_the_start_says_so():
    ended = process("run", "--", *fake(hello="interrupt"))
    assert ended.returncode == 130
    assert ended.stderr == "aistudio-conformance: interrupted\n"


def test_the_cases_and_their_checks_are_listed(run):
    code, out, _ = run("list")
    assert code == 0
    assert (
        "UP-01  A small file reaches the storage as it is, and only it\n  MUST    UP-01/created-once" in out
    )
    assert "  monitor/secrets-printed\n" in out
    assert out.endswith("  monitor/both-creators  (of a server)\n")
    assert "monitor" not in run("list", "--only", "TU-*")[1]


def test_a_pack_is_listed_alone_and_run_by_its_name_or_by_its_cases(run):
    code, out, _ = run("list", "--pack", "forward")
    assert code == 0
    assert (
        "NEW-tuning-get-value-tuning_task.status  A tuning is shown: a new value of tuning_task.status\n"
        in out
    )
    assert "UP-01" not in out
    assert "NEW-" not in run("list")[1]
    for chosen in (("--pack", "forward"), ()):
        client = ("--client", f"{BROKEN}:KnowsEveryValue", "--only", "NEW-dataset-list-*")
        code, out, _ = run("run", *client, *chosen)
        assert code == 1
        assert "3 cases" in out
        assert "FAIL  NEW-dataset-list-value-datasets.status/survived" in out
    assert run("list", "--pack", "core", "--only", "NEW-*")[0] == 2


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (
            "NEW-dataset-delete-fields/survived",
            ["MUST", "KnowsEveryField", "Refuses_NEW_dataset_delete_fields"],
        ),
        (
            "UP-01/size-announced",
            ["MUST", "sb c.4; cs UP-01", "request.size_bytes", "ProbesForTheUrl: It asks"],
        ),
        ("UP-01/url-used-as-given", ["MUST", "Every PUT goes to an upload URL that was given"]),
        ("monitor/nothing-left-behind", ["SHOULD", "every one", "LeavesTheDraft: It forgets"]),
        (
            "monitor/secrets-printed",
            ["MUST", "PrintsItsKey", "yandex-ai-studio-sdk in AU-06, UP-05, UP-06: "],
        ),
        ("UP-01/s-echo", ["UP-01: ", "DatasetService/Create", "caught     renames-silently: "]),
        ("UP-05/s-url", ["An upload URL names the folder and the dataset"]),
        ("monitor/done-stays-done", ["every one", "What is done does not change any more."]),
    ],
)
def test_a_check_is_explained_with_its_rule_what_it_looks_at_and_what_proves_it(run, check, told):
    code, out, _ = run("explain", check)
    assert code == 0
    assert out.startswith(f"{check}\n")
    assert [words for words in told if words not in out] == []


LEAVES_A_DRAFT = """
import os, sys, grpc
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import CreateDatasetRequest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub

key = (("authorization", "Api-Key " + os.environ["YC_API_KEY"]),)
with grpc.insecure_channel(os.environ["AISTUDIO_MOCK_GRPC"]) as channel:
    wanted = {"name": "x", "task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
    request = CreateDatasetRequest(folder_id=os.environ["YC_FOLDER_ID"], **wanted)
    DatasetServiceStub(channel).Create(request, metadata=key)
sys.exit(int(sys.argv[1]))
"""


def test_a_program_is_observed_as_it_is_and_its_traffic_judged(run, tmp_path):
    journal = tmp_path / "journal.jsonl"
    code, out, err = run("observe", "--journal", journal, "--", sys.executable, "-c", LEAVES_A_DRAFT, 7)
    assert (code, out) == (1, "")
    assert "WARN  monitor/nothing-left-behind" in err
    assert "#1 DatasetService/Create" in err
    assert b"DatasetService/Create" in journal.read_bytes()


@pytest.mark.parametrize(("own", "told"), [(7, 7), (0, 1)])
def test_a_program_that_was_not_seen_is_not_green(run, own, told):
    code, out, err = run("observe", "--", sys.executable, "-c", f"print('hello'); raise SystemExit({own})")
    assert (code, out) == (told, "hello\n")
    assert "nothing was seen on the wire; does the program talk to the service at all?" in err


def test_a_good_adapter_has_no_problems(run):
    code, out, _ = run("adapter", "lint", "--client", "raw-stubs")
    assert code == 0
    assert out.splitlines()[-1] == "no problems"
    assert all(f"\n{verb} " in out for verb in ASKED)


@pytest.mark.parametrize(
    ("behaviours", "problem"),
    [
        ({"hello": "crash"}, "the client crashed (exit code 3); what follows was not tried"),
        ({"hello": "no-verbs"}, "no verbs are named, so that nothing is ever asked for"),
        (
            {"dataset_get": "unsupported"},
            "the hello claims it, and the answer is unsupported: nothing for it",
        ),
        ({"dataset_get": "error"}, "it should work here, and the client told of a failure: no"),
        (
            {"dataset_get": "wrong-shape"},
            "the answer to dataset.get is no Dataset: Expected `str`, got `int`",
        ),
        ({"dataset_list": "more"}, "nobody reads these fields of the answer: colour"),
        ({"dataset_list": "garbage"}, "a line that is no answer, 'Loading model…'"),
        ({"tuning_list": "leak"}, "the API key is printed there"),
        ({"EOF": "4"}, "exit code 4, not 0, after the end of its input"),
    ],
)
def test_what_is_wrong_with_an_adapter_is_said(run, behaviours, problem):
    code, out, _ = run("adapter", "lint", "--", *fake(**{"no_such-verb": "unsupported", **behaviours}))
    assert code == 1
    assert f"PROBLEM: {problem}" in " ".join(out.split()) or problem in out


def test_an_adapter_has_to_know_what_it_does_not_know(run):
    code, out, _ = run("adapter", "lint", "--", *fake())
    assert (code, out.count("PROBLEM")) == (1, 1)
    assert "a verb that the adapter does not know has to be answered as unsupported" in out


@pytest.mark.parametrize("command", [one.name for one in COMMANDS])
def test_every_command_has_help_with_an_example(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"example:\n  aistudio-conformance {command}" in out
    assert "exit codes: 0 all green" in out
