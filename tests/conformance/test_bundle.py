"""What was seen in a run, on disk: written as the run goes, read again whole, and without secrets."""

import json

import pytest
from msgspec.structs import replace

from aistudio_conformance import bundle
from aistudio_conformance.bundle import BundleError
from aistudio_conformance.known import Compared
from aistudio_conformance.load import rules
from aistudio_conformance.protocol import Hello
from aistudio_conformance.results import Results, Run
from aistudio_conformance.runner import Runner, judged
from tests.conformance.adapters import KEY, FakeTarget, case, fake

CASES = (case("XX-01", "dataset.list"), case("XX-02", "dataset.get", files={"train": {"rows": 1}}))
RUN = Run(
    suite="1",
    client=Hello(name="fake", verbs=["dataset.get"]),
    target={"kind": "none"},
    seed=1,
    cases=("XX-01", "XX-02"),
    started_at="2026-01-01T00:00:00+00:00",
)


@pytest.fixture
def seen():
    with Runner(fake(dataset_get="leak"), FakeTarget(), rules(), 1) as runner:
        return sorted(runner.run(CASES), key=lambda one: one.case.id)


@pytest.fixture
def written(tmp_path, seen):
    """A finished bundle."""
    writer = bundle.Writer(tmp_path / "new" / "bundle", RUN)
    for one in seen:
        writer.add(one.played)
    writer.finish(Results(replace(RUN, ended_at="later"), tuple(seen), Compared()), f"the server's key {KEY}")
    return tmp_path / "new" / "bundle"


def test_it_is_read_as_it_was_written(written, seen):
    read = bundle.read(written)
    assert read.run == replace(RUN, ended_at="later")
    assert read.cases == tuple(one.played for one in seen)


def test_judged_again_from_disk_the_verdicts_are_the_same(written, seen):
    cases = {one.id: one for one in CASES}
    again = [judged(cases[one.report.case], one, rules()).verdict for one in bundle.read(written).cases]
    assert again == [one.verdict for one in seen]


def test_it_holds_these_files_and_no_secret(written):
    files = {path.relative_to(written).as_posix(): path for path in written.rglob("*") if path.is_file()}
    in_cases = {
        f"cases/{case}/{name}"
        for case in RUN.cases
        for name in ("report.json", "journal.jsonl", "stderr.txt")
    }
    assert files.keys() == in_cases | {"run.json", "verdicts.jsonl", "server.txt"}
    assert [name for name, path in files.items() if KEY.encode() in path.read_bytes()] == []
    assert "my key is [redacted]" in files["cases/XX-02/stderr.txt"].read_text()


def test_its_verdicts_end_with_a_line_that_counts_them(written):
    header, *findings, footer = map(json.loads, (written / "verdicts.jsonl").read_text().splitlines())
    assert (header["findings"], header["client"]["name"]) == (1, "fake")
    assert (footer["end"], footer["findings"]) == (True, len(findings))


def test_a_run_that_was_ended_early_leaves_what_there_is(tmp_path, seen):
    bundle.Writer(tmp_path, RUN).add(seen[1].played)
    assert [one.report.case for one in bundle.read(tmp_path).cases] == ["XX-02"]


def test_a_directory_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("important")
    with pytest.raises(BundleError, match="is not empty; name a new directory for the bundle"):
        bundle.Writer(tmp_path, RUN)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written: Not a directory"):
        bundle.Writer(tmp_path / "file" / "bundle", RUN)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing.txt", b"", "is no bundle: .*run.json: No such file"),
        ("run.json", b"{", "is no bundle: Input data was truncated"),
        ("run.json", b"{}", "is no bundle: Object missing required field"),
    ],
)
def test_what_is_no_bundle_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BundleError, match=said):
        bundle.read(tmp_path)


def test_a_bundle_of_another_version_is_refused(written):
    text = (written / "run.json").read_text()
    (written / "run.json").write_text(text.replace('"bundle": 1', '"bundle": 2'))
    with pytest.raises(BundleError, match="is a bundle of version 2; this suite reads 1"):
        bundle.read(written)


def test_a_case_with_a_part_missing_is_no_bundle(written):
    (written / "cases" / "XX-01" / "journal.jsonl").unlink()
    with pytest.raises(BundleError, match=r"journal.jsonl: No such file"):
        bundle.read(written)
