"""What was said, on the wire and by the client, as lines for people."""

from collections.abc import Iterable, Iterator

import msgspec

from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.model import Report, StepReport

_LONGEST = 160
_ENDS = 4
"""Entries shown from either end of a long conversation."""


def told(journal: Journal, numbers: Iterable[int]) -> Iterator[str]:
    """The entries of those numbers, a line each; of many, the first and the last."""
    wanted = frozenset(numbers)
    lines = [_told(entry) for entry in journal.entries if entry.number in wanted]
    left_out = len(lines) - 2 * _ENDS
    if left_out <= 1:
        yield from lines
        return
    yield from (*lines[:_ENDS], f"… {left_out} more …", *lines[-_ENDS:])


def answers(report: Report) -> Iterator[str]:
    """What the client told in each step, a line each."""
    return (f"{step.step}: {step.do} → {_short(_answer(step))}" for step in report.steps)


def _answer(step: StepReport) -> str:
    answer = step.answer
    if answer is None:
        return step.ended
    if answer.error is not None:
        return f"{answer.error.code or 'failed'}: {answer.error.message}"
    return f"trouble: {answer.trouble}" if answer.trouble else answer.unsupported or f"{answer.ok}"


def _told(entry: Entry) -> str:
    end = " ".join(filter(None, (entry.status, entry.error_code, entry.message)))
    return f"#{entry.number} {entry.method} {_short(_asked(entry))} → {_short(end)}"


def _asked(entry: Entry) -> str:
    if entry.leg == "storage":
        size = f", {entry.body.bytes} bytes" if entry.body else ""
        return f"{entry.url or entry.path}{size}"
    return msgspec.json.encode(entry.request or {}).decode()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
