"""Validation and conversion of datasets, beside the bare loops that they are made of.

The floor of a scan is the three lines that anybody would write: for each line of the file, decode it into the
row model. The floor of a conversion is pyarrow reading JSON and writing Parquet. The child
(`python -m bench.validation`) does one of them for each line on stdin.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice, product
from pathlib import Path

import msgspec

from aistudio_formats import classes, job, parquet
from aistudio_formats.models import MODELS, model_of
from aistudio_formats.rows import Row
from aistudio_formats.validation import scan
from aistudio_formats.worker_client import FRUGAL
from bench.harness import Goal, Report, Sample, Subject, interleave
from bench.processes import Child

OURS, BARE, AGAIN = "ours, all guards", "bare loop", "bare loop again"
_SIZE = 16 << 20
_BIG = 128 << 20
"""Bytes of a file whose conversion is judged: the dozen milliseconds that any file takes are little of it."""

_LARGE = 1 << 30
_PEAK_MIB = 150e6 / (1 << 20)
_BUDGET = 40.0
"""Seconds for a kind of file."""

_SCAN_SLOWEST, _CONVERT_SLOWEST = 1 / 0.85, 1 / 0.9
_SENTENCE = (
    "Расскажите, пожалуйста, как оформить возврат: заказ пришёл не тот, а в приложении нет кнопки. "
    "И ещё вопрос про доставку в другой город - сколько она стоит и когда ждать посылку, если "
    "заказать сегодня вечером? "
)


def run() -> Iterator[Report]:
    """A report for each kind of file and step, then one of memory."""
    with (
        tempfile.TemporaryDirectory(dir=_memory()) as folder,
        Child("-m", "bench.validation", talks=True) as child,
        Child("-m", "bench.validation", talks=True, variables=FRUGAL) as worker,
    ):
        for name, (task_type, row) in FILES.items():
            path = written(Path(folder, "file"), row, _SIZE)
            yield _compared(child, child, f"Scan: {name}", "scan", path, task_type, _SCAN_SLOWEST)
        for name, size in product(("chats of 1.2 KB a line", "chats of 170 B a line"), (_SIZE, _BIG)):
            task_type, row = FILES[name]
            path = written(Path(folder, "file"), row, size)
            slowest = _CONVERT_SLOWEST if size == _BIG else None
            title = f"To Parquet: {name}, {size >> 20} MiB"
            yield _compared(child, worker, title, "convert", path, task_type, slowest)
        yield _of_memory(folder)


def _compared(
    child: Child, worker: Child, title: str, step: str, path: Path, task_type: str, slowest: float | None
) -> Report:
    def ask(who: str) -> Sample:
        asked = worker if who == "ours" else child
        sample: Sample = asked.ask({"step": step, "who": who, "path": str(path), "task_type": task_type})
        return sample

    kinds = {BARE: "bare", AGAIN: "bare", OURS: "ours"}
    subjects = [Subject(name, partial(ask, who)) for name, who in kinds.items()]
    slices = interleave(subjects, budget=_BUDGET)
    # A scan has one thread; a conversion has several, and there the time on the clock is what counts.
    goals = (Goal(OURS, "CPU ms" if step == "scan" else "wall ms", slowest),) if slowest else ()
    notes = (f"{path.stat().st_size / 1e6:.1f} MB",)
    return Report(title, slices, BARE, AGAIN, goals, notes)


def _of_memory(folder: str) -> Report:
    """The peak of a process of its own for each step over 1 GiB."""
    task_type, row = FILES["chats of 1.2 KB a line"]
    path = written(Path(folder, "file"), row, _LARGE)
    peaks: dict[str, list[Sample]] = {}
    for name, step in {"scan": "scan", "scan again": "scan", "scan and convert": "job"}.items():
        with Child("-m", "bench.validation", talks=True, variables=FRUGAL) as child:
            child.ask({"step": step, "who": "ours", "path": str(path), "task_type": task_type})
            peaks[name] = [{"peak MiB": _peak(child.pid)}]
    goals = tuple(Goal(name, "peak MiB", _PEAK_MIB, "median") for name in ("scan", "scan and convert"))
    return Report("Memory: 1 GiB of chats", peaks, "scan", "scan again", goals)


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def _memory() -> str | None:
    """Where files lie in memory, so that nobody's disk is measured."""
    shared = Path("/dev/shm")
    return str(shared) if os.access(shared, os.W_OK) else None


def written(path: Path, row: Callable[[int], dict[str, object]], size: int) -> Path:
    """A file of about so many bytes: a few thousand different rows, over and over."""
    lines = [(json.dumps(row(n), ensure_ascii=False) + "\n").encode() for n in range(3000)]
    with path.open("wb") as file:
        for line in islice(cycle(lines), size * len(lines) // sum(map(len, lines))):
            file.write(line)
    return path


def _text(number: int, size: int) -> str:
    start = number * 7 % len(_SENTENCE)
    return (_SENTENCE[start:] + _SENTENCE * 8)[:size].strip() + f" {number}"


def _long(number: int) -> dict[str, object]:
    roles = {"system": 160, "user": 200}
    request = [{"role": role, "text": _text(number, size)} for role, size in roles.items()]
    return {"request": request, "response": _text(number + 1, 240)}


def _short(number: int) -> dict[str, object]:
    return {"request": [{"role": "user", "text": _text(number, 24)}], "response": _text(number, 24)}


def _classified(number: int) -> dict[str, object]:
    names = ("радость", "грусть", "гнев", "страх", "удивление")
    return {"text": _text(number, 100)} | {name: int(index == number % 5) for index, name in enumerate(names)}


def _pair(number: int) -> dict[str, object]:
    return {"anchor": _text(number, 60), "positive": _text(number + 3, 60)}


FILES: dict[str, tuple[str, Callable[[int], dict[str, object]]]] = {
    "chats of 1.2 KB a line": ("TextToTextGeneration", _long),
    "chats of 170 B a line": ("TextToTextGeneration", _short),
    "five exclusive classes": ("TextClassificationMulticlass", _classified),
    "pairs": ("TextEmbeddingsPair", _pair),
}


def _model(path: str, task_type: str) -> type[Row]:
    model = model_of(task_type) or MODELS["Generation"]
    if not issubclass(model, classes.ClassRow):
        return model
    with Path(path).open("rb") as file:
        return classes.model_of(file.readline(), model)


def _scan_bare(path: str, task_type: str) -> None:
    decode = msgspec.json.Decoder(_model(path, task_type)).decode
    with Path(path).open("rb") as file:
        for line in file:
            decode(line)


def _scan_ours(path: str, task_type: str) -> None:
    with Path(path).open("rb") as file:
        assert scan(file, task_type).is_valid


def _convert_bare(path: str, task_type: str) -> None:
    from pyarrow import Table, json as arrow_json, parquet as arrow_parquet  # noqa: I001, PLC0415

    schema = parquet.schema_of(_model(path, task_type), 0).remove_metadata()
    reader = arrow_json.open_json(path, parse_options=arrow_json.ParseOptions(explicit_schema=schema))
    with arrow_parquet.ParquetWriter(f"{path}.parquet", schema) as writer:
        waiting = []
        for batch in reader:
            waiting.append(batch)
            if sum(each.nbytes for each in waiting) >= parquet.ROW_GROUP:
                writer.write_table(Table.from_batches(waiting))
                waiting = []
        if waiting:
            writer.write_table(Table.from_batches(waiting))


def _convert_ours(path: str, task_type: str) -> None:
    with Path(path).open("rb") as file:
        rows = sum(1 for _ in file)
    began = time.perf_counter(), time.process_time()
    parquet.convert(path, f"{path}.parquet", task_type, rows=rows, longest_line=4096)
    _timed.append((time.perf_counter() - began[0], time.process_time() - began[1]))


def _job_ours(path: str, task_type: str) -> None:
    assert job.run(path, f"{path}.parquet", task_type).is_valid


_timed: list[tuple[float, float]] = []
"""What a step measured itself, because it had to prepare something first."""

_STEPS: dict[tuple[str, str], Callable[[str, str], None]] = {
    ("scan", "bare"): _scan_bare,
    ("scan", "ours"): _scan_ours,
    ("convert", "bare"): _convert_bare,
    ("convert", "ours"): _convert_ours,
    ("job", "ours"): _job_ours,
}


def _answer(question: dict[str, str]) -> Sample:
    _timed.clear()
    began = time.perf_counter(), time.process_time()
    _STEPS[question["step"], question["who"]](question["path"], question["task_type"])
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    if _timed:
        ((wall, cpu),) = _timed
    return {"CPU ms": cpu * 1000, "wall ms": wall * 1000}


def main() -> None:
    """Ready, then one answer for each question."""
    print("{}", flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
