"""The worker: dataset jobs as JSON lines on standard input, answers as JSON lines on standard output.

    {"id": 1, "source": PATH, "target": PATH, "task_type": NAME, "first_row": 1}
    {"id": 1, "outcome": {"report": …, "converted": {"size_bytes": …, "md5": …}}}
    {"id": 1, "error": "FileNotFoundError: …"}

It ends when its input does, in the middle of a job too, so it does not outlive its parent. Imports no big
library before the first job.
"""

import json
import os
import sys
import threading
from collections.abc import Mapping
from queue import SimpleQueue
from typing import Any

from aistudio_formats import report


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Do one job. A job that cannot be done is an answer too: `error` says why."""
    from aistudio_formats import job  # noqa: PLC0415  heavy

    names = ("source", "target", "task_type", "first_row")
    try:
        outcome = job.outcome(**{name: request[name] for name in names})
    except Exception as error:  # noqa: BLE001  the edge of the process: one job must not end the others
        return {"id": request["id"], "error": f"{type(error).__name__}: {error}"}
    return {"id": request["id"], "outcome": report.to_json(outcome)}


def main() -> None:
    """Answer every line of standard input, in order, until it ends."""
    lines = SimpleQueue[str]()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    while True:
        try:
            print(json.dumps(answer(json.loads(lines.get()))), flush=True)  # noqa: T201  this is the wire
        except BrokenPipeError:
            os._exit(0)  # the parent is gone; a normal exit would complain about the same pipe


def _listen(lines: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)  # nobody is left to read the answer to the job that is being done


if __name__ == "__main__":
    main()
