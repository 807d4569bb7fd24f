"""`aistudio-mock examples`: what it writes is what it says, and `validate` agrees."""

import json
import re
import subprocess
import sys

import pytest

from aistudio_formats.task_types import TASK_TYPES
from aistudio_mock.cli import main

VALIDATED = sorted(name for name, each in TASK_TYPES.items() if each.is_validated)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*arguments):
        return main([*map(str, arguments)]), *capsys.readouterr()

    return run


def test_every_type_that_is_validated_gets_a_file(run, tmp_path):
    assert run("examples")[0] == 0
    assert sorted(path.stem for path in (tmp_path / "data").iterdir()) == VALIDATED


@pytest.mark.parametrize("task_type", VALIDATED)
def test_every_broken_row_is_found_where_the_list_says(task_type, run):
    code, said, _ = run("examples", "d", "--task-type", task_type, "--rows", 60, "--defects", 40, "--json")
    right, broken = json.loads(said)["files"]
    assert code == 0
    assert (right["rows"], right["broken"], broken["rows"], len(broken["broken"])) == (60, [], 60, 40)
    assert run("validate", right["file"], "--task-type", task_type)[0] == 0
    code, said, _ = run("validate", broken["file"], "--task-type", task_type, "--json")
    assert code == 1
    found = [(spot["row"], error["error"]) for error in json.loads(said)["errors"] for spot in error["spots"]]
    assert sorted(found) == [(each["row"], each["error"]) for each in broken["broken"]]


def test_a_person_reads_the_list_below_the_command_that_checks_the_file(run):
    _, said, _ = run("examples", "d", "--task-type", "TextEmbeddingsPair", "--defects", 2)
    commands = [line for line in said.splitlines() if not line.startswith("#")]
    assert commands == [
        f"aistudio-mock validate d/TextEmbeddingsPair{end}.jsonl --task-type TextEmbeddingsPair"
        for end in ("", "-broken")
    ]
    listed = [line for line in said.splitlines() if line.startswith("#")]
    assert len(listed) == 2
    assert all(re.fullmatch(r"#  row +\d  mock\.row\.\w+", line) for line in listed)


def test_the_right_file_and_the_broken_one_differ_in_the_broken_rows_only(run, tmp_path):
    _, said, _ = run(
        "examples", "d", "--task-type", "TextToTextGeneration", "--rows", 50, "--defects", 9, "--json"
    )
    right, broken = (
        (tmp_path / each["file"]).read_bytes().split(b"\n") for each in json.loads(said)["files"]
    )
    differ = [number for number, pair in enumerate(zip(right, broken, strict=True), 1) if pair[0] != pair[1]]
    assert differ == [each["row"] for each in json.loads(said)["files"][1]["broken"]]


def test_the_same_seed_writes_the_same_and_another_one_not(run, tmp_path):
    def written(*arguments):
        run("examples", "d", "--force", "--task-type", "TextEmbeddingsPair", "--rows", 5, *arguments)
        return (tmp_path / "d" / "TextEmbeddingsPair.jsonl").read_text(encoding="utf-8")

    assert written("--seed", 1) == written("--seed", 1)
    assert written("--seed", 1) != written("--seed", 2)
    assert written("--lang", "en").isascii()
    assert not written("--lang", "ru").isascii()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--task-type", "Poetry"], "no example rows of 'Poetry'; use one of TextToTextGeneration, "),
        (
            ["--defects", "14"],
            "TextToTextGeneration has 14 rows, and the first stays right; use --rows 15 or",
        ),
        (["--task-type", "TextEmbeddingsPair", "--rows", "3", "--defects", "3"], "use --rows 4 or more"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_nothing_is_written(arguments, complaint, run, tmp_path):
    code, said, told = run("examples", *arguments)
    assert (code, said) == (2, "")
    assert complaint in told
    assert told.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_of_rows_is_1_or_more(number, run, capsys):
    with pytest.raises(SystemExit) as ended:
        run("examples", f"--rows={number}")
    assert ended.value.code == 2
    assert f"'{number}' is no number of rows; use 1 or more" in capsys.readouterr().err


def test_without_faker_made_up_rows_are_refused_and_those_by_hand_are_written(tmp_path):
    program = """if True:
        import sys
        sys.modules["faker"] = None  # as if it were not installed
        from aistudio_mock.cli import main
        sys.exit(main(["examples", *sys.argv[1:]]))
    """

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    refused = run("--rows", "5")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr == (
        "aistudio-mock: --rows needs Faker: pip install 'aistudio-mock[examples]'; "
        "a few rows are there without --rows\n"
    )
    assert list(tmp_path.iterdir()) == []
    assert run("--task-type", "TextToTextGeneration", "--defects", "3").returncode == 0
