"""The two places where jobs run, and how the worker process begins, dies, and ends."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from aistudio_formats import examples, worker, worker_client
from aistudio_formats.worker_client import JobFailed, Scanner, WorkerDied

TEXT = "TextToTextGeneration"
WAIT = 60

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a job is held still with a named pipe")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    examples.write(path)
    return path


@pytest.fixture
def scanner() -> Iterator[Scanner]:
    """A scanner that finds every file big."""
    with Scanner(small=-1) as it:
        yield it


def worker_of(scanner: Scanner) -> "subprocess.Popen[str]":
    assert scanner._worker
    return scanner._worker


@pytest.mark.parametrize("small", [-1, 1 << 20])
def test_both_places_give_the_report_and_the_size_and_md5_of_what_is_stored(source: Path, small: int) -> None:
    target = source.with_name("stored")
    with Scanner(small) as scanner:
        outcome = scanner.submit(source, target, TEXT).result(WAIT)
    data = target.read_bytes()
    assert outcome.report.valid_rows == outcome.report.total_rows == 14
    assert outcome.converted is not None
    assert outcome.converted.size_bytes == len(data)
    assert outcome.converted.md5 == hashlib.md5(data).hexdigest()


def test_pyarrow_has_the_allocator_that_the_worker_asks_for() -> None:
    asked = worker_client.FRUGAL["ARROW_DEFAULT_MEMORY_POOL"]
    program = "import pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    env = os.environ | worker_client.FRUGAL
    result = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    assert (result.stdout, result.stderr) == (f"{asked}\n", "")


@pytest.mark.parametrize("small", [-1, 1 << 20])
def test_both_places_report_errors_alike(source: Path, small: int) -> None:
    source.write_bytes(b"{}\n")
    with Scanner(small) as scanner:
        outcome = scanner.submit(source, source.with_name("stored"), TEXT, 0).result(WAIT)
    assert outcome.converted is None
    assert outcome.report.errors[0].row_numbers == (0,)


@pytest.mark.parametrize("small", [-1, 1 << 20])
def test_a_path_that_cannot_be_read_fails_the_job_by_name(source: Path, small: int) -> None:
    with Scanner(small) as scanner:
        job = scanner.submit(source.with_name("absent"), source.with_name("stored"), TEXT)
        with pytest.raises(JobFailed, match=r"FileNotFoundError.*absent"):
            job.result(WAIT)


def test_a_failed_job_in_the_worker_leaves_it_running_for_the_next(scanner: Scanner, source: Path) -> None:
    target = source.with_name("stored")
    bad = scanner.submit(source, source / "no" / "such" / "folder", TEXT)
    with pytest.raises(JobFailed, match="NotADirectoryError"):
        bad.result(WAIT)
    first = worker_of(scanner).pid
    assert scanner.submit(source, target, TEXT).result(WAIT).report.is_valid
    assert worker_of(scanner).pid == first


def test_the_worker_is_not_started_for_small_files(source: Path) -> None:
    with Scanner() as scanner:
        scanner.submit(source, source.with_name("stored"), TEXT).result(WAIT)
        assert scanner._worker is None


def test_a_worker_killed_while_idle_is_replaced_unnoticed(scanner: Scanner, source: Path) -> None:
    scanner.submit(source, source.with_name("a"), TEXT).result(WAIT)
    old = worker_of(scanner)
    old.kill()
    old.wait()
    assert scanner.submit(source, source.with_name("b"), TEXT).result(WAIT).report.is_valid
    assert worker_of(scanner).pid != old.pid


@needs_fifo
def test_a_worker_killed_in_a_job_fails_that_job_and_the_next_gets_a_new_one(
    scanner: Scanner, source: Path
) -> None:
    scanner.submit(source, source.with_name("a"), TEXT).result(WAIT)
    old = worker_of(scanner)
    pipe = source.with_name("pipe")
    os.mkfifo(pipe)
    stuck = scanner.submit(pipe, source.with_name("b"), TEXT)
    after = scanner.submit(source, source.with_name("c"), TEXT)
    with pipe.open("wb"):  # returns once the worker has the other end open: it is in the job
        os.kill(old.pid, signal.SIGKILL)
        with pytest.raises(
            WorkerDied, match=r"worker died \(exit code -9\) while scanning .*pipe; submit it again"
        ):
            stuck.result(WAIT)
    assert after.result(WAIT).report.is_valid
    assert worker_of(scanner).pid != old.pid


@needs_fifo
def test_close_ends_a_stuck_job_and_cancels_the_rest_and_leaves_no_process(source: Path) -> None:
    scanner = Scanner(small=-1)
    pipe = source.with_name("pipe")
    os.mkfifo(pipe)
    stuck = scanner.submit(pipe, source.with_name("a"), TEXT)
    waiting = scanner.submit(source, source.with_name("b"), TEXT)
    with pipe.open("wb"):
        child = worker_of(scanner)
        scanner.close()
    with pytest.raises(WorkerDied, match="the scanner was closed"):
        stuck.result(WAIT)
    with pytest.raises(CancelledError):
        waiting.result(WAIT)
    assert child.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_close_twice_and_close_unused_are_nothing_and_later_jobs_are_refused(source: Path) -> None:
    scanner = Scanner()
    scanner.close()
    scanner.close()
    with pytest.raises(RuntimeError, match="closed"):
        scanner.submit(source, source.with_name("stored"), TEXT)


def test_a_job_that_reaches_its_thread_after_close_begins_no_process(source: Path) -> None:
    scanner = Scanner(small=-1)
    scanner.close()
    with pytest.raises(WorkerDied, match="before the job began"):
        scanner._do_there({"id": 1, "source": str(source)})
    assert scanner._worker is None


def test_the_worker_ends_when_its_input_does() -> None:
    child = worker_client._start()
    with child:
        assert child.stdin
        child.stdin.close()
        assert child.wait(WAIT) == 0


@needs_fifo
def test_the_worker_ends_in_the_middle_of_a_job_when_its_input_does(source: Path) -> None:
    pipe = source.with_name("pipe")
    os.mkfifo(pipe)
    child = worker_client._start()
    with child:
        assert child.stdin
        request = {
            "id": 1,
            "source": str(pipe),
            "target": str(source) + "2",
            "task_type": TEXT,
            "first_row": 1,
        }
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()
        with pipe.open("wb"):  # returns once the worker has the other end open: it is in the job
            child.stdin.close()
            assert child.wait(WAIT) == 0


def test_the_worker_ends_quietly_when_nobody_reads_its_answers(source: Path) -> None:
    child = worker_client._start()
    with child:
        assert child.stdin
        assert child.stdout
        child.stdout.close()
        request = {
            "id": 1,
            "source": str(source),
            "target": str(source) + "2",
            "task_type": TEXT,
            "first_row": 1,
        }
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()
        assert child.wait(WAIT) == 0


def test_the_worker_does_not_care_about_the_parents_folder_or_python_settings(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source.parent / "json.py").write_text("raise SystemExit('the wrong json')")
    monkeypatch.chdir(source.parent)
    monkeypatch.setenv("PYTHONMALLOC", "no such allocator")
    with Scanner(small=-1) as scanner:
        assert scanner.submit("upload", "stored", TEXT).result(WAIT).report.is_valid
    assert (source.parent / "stored").exists()


def test_an_answer_carries_the_id_of_its_request(source: Path) -> None:
    request = {
        "id": 42,
        "source": str(source),
        "target": str(source) + "2",
        "task_type": TEXT,
        "first_row": 1,
    }
    assert worker.answer(request)["id"] == 42
    assert worker.answer(request | {"source": "/absent"})["id"] == 42


def test_importing_the_client_is_light() -> None:
    code = (
        "import sys, aistudio_formats.worker_client, aistudio_formats.worker, aistudio_formats.task_types; "
    )
    code += "print(sorted({'pyarrow', 'numpy', 'asyncio'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_importing_the_job_does_not_import_pyarrow() -> None:
    code = "import sys, aistudio_formats.job; print('pyarrow' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
