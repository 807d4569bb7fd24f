"""`aistudio-client`: what it prints, for people and for programs, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aistudio_client.cli import main
from aistudio_formats.examples import EXAMPLES
from tests.wire.client.parts import ROWS


@pytest.fixture
def run(mock, folder, monkeypatch, capsys):
    monkeypatch.setenv("YC_FOLDER_ID", folder.id)
    monkeypatch.setenv("YC_API_KEY", folder.api_key)
    monkeypatch.setenv("YC_API_ENDPOINT", mock.endpoint)

    def command(*arguments, plaintext=True):
        code = main([*arguments, *(["--plaintext"] if plaintext else [])])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


@pytest.fixture
def told(run):
    """What a command that succeeds prints as JSON."""

    def command(*arguments):
        code, out, err = run(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    return command


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return str(path)


def test_from_a_file_to_an_answer(told, train, tmp_path):
    dataset = told("datasets", "upload", train, "--name", "mine", "--label", "a=b")
    assert (dataset["status"], dataset["labels"], dataset["task_type"]) == (
        "READY",
        {"a": "b"},
        "TextToTextGeneration",
    )
    assert [one["id"] for one in told("datasets", "list", "--status", "READY")] == [dataset["id"]]
    tuning = told("tunings", "start", dataset["id"], "--wait", "--name", "first")
    assert told("tunings", "show", tuning["id"]) == told("tunings", "wait", tuning["id"]) == tuning
    assert told("models", "complete", tuning["model_uri"], "q1")["text"] == "a1"
    curves = told("tunings", "metrics", tuning["id"], "--out", str(tmp_path / "logs"))
    assert any("loss" in name for name in curves)
    assert any((tmp_path / "logs").rglob("*tfevents*"))
    (saved,) = told("datasets", "download", dataset["id"], str(tmp_path))
    assert Path(saved).stat().st_size == dataset["size_bytes"]
    assert told("datasets", "delete", dataset["id"]) == [dataset["id"]]
    assert told("datasets", "list") == []


def test_people_read_tables(run, train):
    code, out, _ = run("datasets", "upload", train, "--name", "mine")
    assert code == 0
    assert "READY" in out
    _, out, _ = run("datasets", "list")
    assert out.split()[:3] == ["id", "name", "status"]
    assert "\x1b" not in out


def test_an_answer_is_streamed(run, told, train):
    dataset = told("datasets", "upload", train)
    uri = told("tunings", "start", dataset["id"], "--wait")["model_uri"]
    assert run("models", "complete", uri, "q1", "--stream") == (0, "a1\n", "")


def test_classifiers_and_embeddings_answer(told, tmp_path):
    for task_type, verb, field in (
        ("TextClassificationMulticlass", "classify", "labels"),
        ("TextEmbeddingsPair", "embed", "vector"),
    ):
        path = tmp_path / f"{task_type}.jsonl"
        path.write_text(EXAMPLES[task_type], encoding="utf-8")
        dataset = told("datasets", "upload", str(path), "--task-type", task_type)
        uri = told("tunings", "start", dataset["id"], "--wait")["model_uri"]
        assert told("models", verb, uri, "a text")[field]


def test_a_file_is_checked_without_a_service(run, train, tmp_path):
    assert run("datasets", "validate", train, plaintext=False)[0] == 0
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"response": "a"}\n', encoding="utf-8")
    check = ("datasets", "validate", str(bad), "--task-type", "TextToTextGeneration")
    code, _, err = run(*check, plaintext=False)
    assert code == 1
    assert "row 1" in err
    code, out, _ = run(*check, "--json", plaintext=False)
    assert (code, json.loads(out)["errors"][0]["rows"]) == (1, [1])


def test_exit_codes_tell_whose_trouble_it_is(run, folder, train):
    assert run("datasets", "show", "fds00000000000000000")[0] == 1
    assert run("datasets", "upload", "nowhere.jsonl", "--task-type", "TextToTextGeneration")[0] == 2
    folder.faults.add(method="DatasetService/List", status="UNAUTHENTICATED")
    assert run("datasets", "list")[0] == 3
    with pytest.raises(SystemExit) as ended:
        run("datasets", "paint")
    assert ended.value.code == 2


def test_a_cancelled_tuning_is_a_failure(run, told, train):
    dataset = told("datasets", "upload", train)
    tuning = told("tunings", "start", dataset["id"])
    assert run("tunings", "metrics", tuning["id"])[:2] == (1, "there are no metrics yet\n")
    told("tunings", "cancel", tuning["id"])
    code, _, err = run("tunings", "wait", tuning["id"])
    assert (code, "was cancelled" in err) == (1, True)
    assert [one["status"] for one in told("tunings", "list", "--status", "CANCELED")] == ["CANCELED"]


def test_shells_are_told_how_to_complete():
    done = subprocess.run(
        [sys.executable, "-m", "aistudio_client", "--print-completion", "bash"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "datasets" in done.stdout
