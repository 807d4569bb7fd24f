"""The pytest plugin where no test uses it: what a run of pytest costs more with it than without.

The child (`python -m bench.plugin`) runs pytest on one empty test for each line on stdin. Only its first run
is cold: later ones import the plugin anew, and nothing else.
"""

import io
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

from bench.harness import Goal, Report, Sample, Subject, interleave
from bench.processes import Child

REFERENCE, AGAIN, OURS = "pytest, one empty test", "pytest, one empty test again", "with the plugin, not used"
_PLUGIN = "aistudio_mock.pytest_plugin"


def run() -> Iterator[Report]:
    """One report: 40 runs of pytest of each kind, in one process."""
    with Child("-m", "bench.plugin", talks=True) as child:
        options = {REFERENCE: [], AGAIN: [], OURS: ["-p", _PLUGIN]}
        yield Report(
            "Plugin: pytest with the plugin installed, and no test that uses it",
            interleave([Subject(name, partial(_ask, child, each)) for name, each in options.items()]),
            REFERENCE,
            AGAIN,
            (Goal(OURS, "CPU ms", 5, "difference"),),
        )


def _ask(child: Child, options: list[str]) -> Sample:
    sample: Sample = child.ask({"options": options})
    return sample


def _answer() -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        test = Path(directory, "test_nothing.py")
        test.write_text("def test_nothing(): pass\n", encoding="utf-8")
        _sample(test, [])
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            print(json.dumps(_sample(test, json.loads(line)["options"])), flush=True)


def _sample(test: Path, options: list[str]) -> Sample:
    import pytest  # noqa: PLC0415 - in the child only

    for name in [name for name in sys.modules if name.partition(".")[0] == "aistudio_mock"]:
        del sys.modules[name]
    own = ["-q", "-p", "no:cacheprovider", "--disable-plugin-autoload", *options, str(test)]
    began, wall = time.process_time(), time.perf_counter()
    with redirect_stdout(io.StringIO()) as printed:
        code = pytest.main(own)
    sample = {"CPU ms": (time.process_time() - began) * 1000, "ms": (time.perf_counter() - wall) * 1000}
    if code:
        raise RuntimeError(f"pytest ended with {code}: {printed.getvalue()}")
    return sample


if __name__ == "__main__":
    _answer()
