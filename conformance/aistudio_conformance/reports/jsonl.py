"""Findings as JSON Lines: a header, a line for each finding, a footer without which it was cut off."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from aistudio_conformance.results import Line, Results

VERSION = 1


def lines(results: Results) -> Iterator[bytes]:
    """The report, line by line."""
    run = results.run
    yield _line(
        {
            "findings": VERSION,
            "suite": run.suite,
            "client": run.client,
            "target": run.target,
            "seed": run.seed,
        }
    )
    yield from (_line(_finding(line)) for line in results.lines)
    yield _line(
        {
            "end": True,
            "findings": sum(1 for _ in results.lines),
            "counts": results.counts,
            "missing": results.missing,
            "known_failing_problems": results.compared.problems,
            "exit": results.exit.value,
        }
    )


def _finding(line: Line) -> Mapping[str, Any]:
    finding, known = line.finding, line.known
    told = {"case": line.judged.case.id, **msgspec.structs.asdict(finding)}
    return told | ({"known_failing": known.reason, "known_citation": known.citation} if known else {})


def _line(document: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(document) + b"\n"
