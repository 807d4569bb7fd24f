"""The probe finds what a server does: with the mock's defaults the defaults, with others the others."""

import json
import re
from contextlib import contextmanager
from pathlib import Path

import grpc
import msgspec
import pytest

from aistudio_client import AIStudio
from aistudio_conformance.cli import main
from aistudio_conformance.probe.evidence import Probing
from aistudio_conformance.probe.question import Question
from aistudio_conformance.probe.questions import NOT_ASKED, NOT_OPENED, QUESTIONS
from aistudio_conformance.probe.questions_datasets import when_it_is_ready
from aistudio_conformance.probe.redaction import Shown
from aistudio_conformance.remote_target import Access
from aistudio_mock import MockServer
from aistudio_protos.pool import message_class, method_of

ROWS = {
    row["id"]: row
    for row in msgspec.yaml.decode(Path("mockserver/aistudio_mock/behaviours.yaml").read_bytes())
}
CHANGED = {
    "cancel-finished": "refuse",
    "dataset-rows": "absent",
    "dataset-task-type-unknown": "accept",
    "dataset-update-empty-mask": "refuse",
    "tune-refusals": "async",
    "foreign-folder": "not-found",
    "multipart-finish-again": "accept",
    "multipart-finish-refusal": "internal",
    "multipart-length-signed": "yes",
    "multipart-part-size": "5-mib",
    "tune-name": "pattern",
    "tunings-last-page": "empty",
    "validate-without-upload": "invalid",
    "validation-first-row": "0",
}
ROW = {"request": [{"role": "user", "text": "Is it red?"}], "response": "It is."}
DATASETS = "/yandex.cloud.ai.dataset.v1.DatasetService/"


def call(mock, folder, path, **fields):
    method = method_of(path)
    request = message_class(method.input_type.full_name)(**fields)
    reply = message_class(method.output_type.full_name)
    metadata = (("authorization", f"Api-Key {folder.api_key}"),)
    with grpc.insecure_channel(mock.endpoint) as channel:
        return channel.unary_unary(path, None, reply.FromString)(
            request.SerializeToString(), metadata=metadata
        )


def created(mock, folder, name="a dataset of somebody's"):
    fields = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
    return call(mock, folder, f"{DATASETS}Create", folder_id=folder.id, name=name, **fields).dataset_id


def names(mock, folder):
    return [one.name for one in call(mock, folder, f"{DATASETS}List", folder_id=folder.id).datasets]


@contextmanager
def cloud(monkeypatch, time="skip", **settings):
    """A second mock plays the cloud, with strict credentials."""
    with MockServer(auth="strict", time=time, settings=settings, seed=1) as mock:
        folder = mock.folder()
        monkeypatch.setenv("YC_FOLDER_ID", folder.id)
        monkeypatch.setenv("YC_API_KEY", folder.api_key)
        monkeypatch.delenv("YC_IAM_TOKEN", raising=False)
        yield mock, folder


def tls(mock):
    return ("--target", mock.tls_endpoint, "--ca", mock.env["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"])


@pytest.fixture(name="probe")
def _probe(tmp_path):
    """Runs the command: its exit code, and the evidence."""

    def probe(*arguments):
        file = tmp_path / "evidence.json"
        code = main(["probe", *map(str, arguments), "--poll-interval", "0.01", "--output", str(file)])
        return code, json.loads(file.read_bytes()) if file.exists() else None

    return probe


def somebody_has_tuned(mock, folder):
    """A task that has come to its end, and its dataset."""
    known = {"api_key": folder.api_key, "endpoint": mock.endpoint, "plaintext": True, "progress": None}
    with AIStudio(folder.id, **known) as client:
        data = client.datasets.upload([ROW], name="a dataset of somebody's", task_type="TextToTextGeneration")
        client.tunings.wait(client.tunings.start(data, base_model="yandexgpt-lite"))


def means(evidence):
    return {row: one["means"] for row, one in evidence["behaviours"].items()}


def expected(**values):
    """What each behaviour is found to be by a server with these values."""
    found = {}
    for question in QUESTIONS:
        for row, possible in question.rows.items():
            found[row] = values.get(row, possible[0] if possible else "as stated")
    found["quota-refusals"] = "not told"  # there is none
    found["dataset-ready-before-done"] = "not told"  # nothing is between two looks at this clock
    if values.get("multipart-length-signed") == "yes":
        found["multipart-total-size"] = "not told"  # the storage takes no part of another length
    return found


@pytest.mark.parametrize("changed", [{}, CHANGED], ids=["defaults", "changed"])
def test_what_a_server_does_is_found_and_nothing_is_left(monkeypatch, probe, changed):
    with cloud(monkeypatch, **changed) as (mock, folder):
        somebody_has_tuned(mock, folder)
        foreign = created(mock, mock.folder())
        code, evidence = probe(*tls(mock), "--foreign-dataset", foreign)
        left, key = names(mock, folder), folder.api_key
    assert (code, evidence["complete"], evidence["left"]) == (0, True, 0)
    assert [one.get("problem") for one in evidence["questions"]] == [None] * len(QUESTIONS)
    assert means(evidence) == expected(**changed)
    assert left == ["a dataset of somebody's"]
    text = json.dumps(evidence)
    for secret in (key, folder.id, foreign, "a dataset of somebody's"):
        assert secret not in text
    assert not re.search(r"Signature(=|%3D)(?!\[redacted\])", text)
    assert "X-Amz-Signature=[redacted]" in text
    assert set(re.findall(r"\b(?:fds|ftn|aje|b1g)[0-9a-v]{17}\b", text)) == set()


@pytest.mark.parametrize(
    ("under_way", "means"),
    [
        ([(2, False), (3, True)], "at-conversion"),
        ([(2, False), (2, True), (2, True), (2, True)], "at-done"),
        ([(2, False), (2, True), (2, True)], "not told"),
        ([], "not told"),
    ],
)
def test_only_what_was_seen_for_certain_tells_when_a_dataset_is_ready(under_way, means):
    assert when_it_is_ready(under_way) == means


@pytest.mark.all
@pytest.mark.parametrize("value", ["at-conversion", "at-done"])
def test_where_time_passes_it_is_seen_when_a_dataset_is_ready(monkeypatch, probe, value):
    with cloud(monkeypatch, time="50x", **{"dataset-ready-before-done": value}) as (mock, _):
        _, evidence = probe(*tls(mock), "--only", "good-file")
    assert means(evidence)["dataset-ready-before-done"] == value


@pytest.fixture(name="access", scope="module")
def _access():
    """An account of a server that all tests here share."""
    with MockServer(auth="strict") as mock:
        folder = mock.folder()
        yield (
            mock,
            folder,
            Access(address=mock.endpoint, folder_id=folder.id, api_key=folder.api_key, plaintext=True),
        )


def question(name, ask):
    return Question(id=name, asks="?", open="", sends=(), rows={}, ask=ask)


def test_a_question_that_fails_is_an_answer_and_ctrl_c_deletes_what_was_made(access):
    mock, folder, account = access
    made = []

    def interrupted(account):
        made.append(account.create())
        raise KeyboardInterrupt

    def confused(account):
        made.append(account.create())
        raise ValueError(f"{folder.id} is odd")

    asked = [
        question("confused", confused),
        question("interrupted", interrupted),
        question("never", confused),
    ]
    probing = Probing(account)
    with pytest.raises(KeyboardInterrupt):
        probing.ask(asked, lambda _: None, lambda _: None)
    evidence = json.loads(probing.document())
    assert [one["problem"] for one in evidence["questions"]] == [
        "could not be asked: ValueError: <folder> is odd"
    ]
    assert evidence["complete"] is False
    assert len(made) == 2
    assert names(mock, folder) == []


def test_what_cannot_be_deleted_is_named_and_is_trouble(monkeypatch, capfd, probe):
    with cloud(monkeypatch) as (mock, folder):
        folder.faults.add(method="DatasetService/Delete", status="PERMISSION_DENIED", times=9)
        code, evidence = probe(*tls(mock), "--only", "wrong-etag")
        (left,) = call(mock, folder, f"{DATASETS}List", folder_id=folder.id).datasets
    assert (code, evidence["left"]) == (3, 1)
    assert f"{left.dataset_id} could not be deleted" in capfd.readouterr().err


def test_a_limit_on_calls_answers_no_question(access):
    _, folder, account = access
    folder.faults.add(method="DatasetService/Update", status="RESOURCE_EXHAUSTED", message="too many")
    probing = Probing(account)
    only = [one for one in QUESTIONS if one.id == "update-wrong-mask"]
    probing.ask(only, lambda _: None, lambda _: None)
    folder.reset()
    assert probing.asked[0].means == {}
    assert (
        probing.asked[0].problem
        == "could not be asked: DatasetService/Update is RESOURCE_EXHAUSTED: too many"
    )


def test_credentials_that_are_not_taken_are_told_before_any_question(monkeypatch, capfd, probe):
    with cloud(monkeypatch) as (mock, _):
        monkeypatch.setenv("YC_API_KEY", "AQVN" + "x" * 36)
        code, evidence = probe("--target", mock.endpoint, "--plaintext")
    assert (code, evidence) == (3, None)
    assert "the account cannot be asked: DatasetService/List is UNAUTHENTICATED" in capfd.readouterr().err


def test_a_dry_run_needs_no_account_and_tells_what_would_be_sent(monkeypatch, capfd):
    monkeypatch.delenv("YC_FOLDER_ID", raising=False)
    monkeypatch.delenv("YC_API_KEY", raising=False)
    assert main(["probe", "--dry-run", "--only", "wrong-etag"]) == 0
    out = capfd.readouterr().out
    assert "sends    Create · StartMultipartUploadDraft · FinishMultipartUploadDraft · Delete" in out
    assert "decides  multipart-finish-refusal: by-kind or internal" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "nothing"], "--only nothing: no question has such an id; there are credentials,"),
        (["--target", "mock"], "--target mock: use real, or HOST:PORT"),
        (
            ["--output", "/nowhere/evidence.json"],
            "--output /nowhere/evidence.json: there is no such directory",
        ),
        (["--poll-interval", "0"], "--poll-interval: use more than 0"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(monkeypatch, capfd, arguments, told):
    monkeypatch.setenv("YC_FOLDER_ID", "b1g")
    monkeypatch.setenv("YC_API_KEY", "k")
    assert main(["probe", *arguments]) == 2
    assert told in capfd.readouterr().err


@pytest.mark.parametrize(
    ("asked", "row", "value"),
    [
        ("tune-of-a-draft", "tune-refusals", "sync"),
        ("tune-of-a-draft", "tune-refusals", "async"),
        ("short-part", "multipart-total-size", "free"),
    ],
)
def test_what_other_values_hide_is_found_too(monkeypatch, probe, asked, row, value):
    with cloud(monkeypatch, **{row: value}) as (mock, _):
        _, evidence = probe(*tls(mock), "--only", asked)
    assert means(evidence) == {row: value}


def test_all_that_is_assumed_and_can_be_chosen_is_asked_or_says_why_not():
    chosen = {name for name, row in ROWS.items() if row["evidence"] == "assumed" and "values" in row}
    asked = {row for question in QUESTIONS for row in question.rows}
    assert chosen - asked == NOT_ASKED.keys()


def test_every_part_of_what_nobody_knows_is_asked_or_says_why_not():
    asked = {int(number) for question in QUESTIONS for number in question.open.split(", ")}
    assert sorted([*asked, *NOT_OPENED]) == [*range(1, 21)]


def test_a_quota_is_found_by_what_it_refuses(monkeypatch, probe):
    with cloud(monkeypatch, quotas="dataset-bytes:1000000") as (mock, _):
        _, evidence = probe(*tls(mock), "--only", "too-large")
    assert means(evidence) == {"quota-refusals": "as stated"}


@pytest.mark.parametrize("row", sorted({row for one in QUESTIONS for row in one.rows}))
def test_a_question_decides_behaviours_that_exist_between_all_their_values(row):
    for asked in QUESTIONS:
        assert list(asked.rows.get(row, ROWS[row].get("values", ()))) == list(ROWS[row].get("values", ()))


def test_one_id_has_one_placeholder_and_no_secret_is_shown():
    shown = Shown("b1gfolder", {"s3cr3t": "the API key"}, lambda _: "https://storage")
    said = {
        "name": "fds0123456789abcdefg of b1gfolder",
        "again": "fds0123456789abcdefg, not fdsaaaaaaaaaaaaaaaaa",
        "url": "http://127.0.0.1:1/b1gfolder/x?uploadId=u&X-Amz-Credential=YCAJE%2F20260101&X-Amz-Signature=00ff",
        "created_by": "somebody",
        "next_page_token": "c29tZWJvZHk=",
        "datasets": [{"name": "private", "status": "READY"}],
        "message": "wrong key s3cr3t",
    }
    assert shown.document(said) == {
        "name": "<fds-1> of <folder>",
        "again": "<fds-1>, not <fds-2>",
        "url": "https://storage/<folder>/x?uploadId=[redacted]&X-Amz-Credential=[redacted]%2F20260101"
        "&X-Amz-Signature=[redacted]",
        "created_by": "<user-1>",
        "next_page_token": "<12 characters>",
        "datasets": [["name", "status"]],
        "message": "wrong key [redacted]",
    }
