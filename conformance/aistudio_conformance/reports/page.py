"""A run, or several beside each other, as one self-contained HTML page, a summary in Markdown, or a badge."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape
from msgspec import Struct

from aistudio_conformance.judge import Rules
from aistudio_conformance.known import Known
from aistudio_conformance.ledger import Rule
from aistudio_conformance.model import Finding
from aistudio_conformance.reports import conversation, story
from aistudio_conformance.results import Exit, Line, Results, Shade, worst, worth_telling
from aistudio_conformance.runner import Judged

_CLASSES = {Shade.GREEN: "green", Shade.RED: "red", Shade.TROUBLE: "trouble", Shade.NOT_COUNTED: "none"}
_MARKS = {Shade.GREEN: "✓", Shade.RED: "✗", Shade.TROUBLE: "!", Shade.NOT_COUNTED: "–"}
_VERDICTS = {Exit.GREEN: "all green", Exit.RED: "not green", Exit.HARNESS: "in trouble"}
_COLOURS = {Exit.GREEN: "#1a7f37", Exit.RED: "#cf222e", Exit.HARNESS: "#8250df"}
_LETTER = 6.6
"""Pixels that a letter of the badge takes, about."""


class Cell(Struct, frozen=True):
    """How one client did in one case."""

    shade: str
    mark: str
    short: str = ""
    told: str = "did not run"
    anchor: str = ""


def html(results: Sequence[Results], rules: Rules) -> bytes:
    """The page: client by case, and a story for everything that is not green."""
    shown = _template("page.html.j2").render(
        runs=[_run(one, number, rules) for number, one in enumerate(results)], matrix=[*_matrix(results)]
    )
    return shown.encode()


def markdown(results: Results, rules: Rules) -> bytes:
    """The summary of one run, as CI systems show it."""
    shown = _template("summary.md.j2").render(run=_run(results, 0, rules), matrix=[*_matrix([results])])
    return shown.encode()


def badge(results: Results) -> bytes:
    """One run in a line of SVG: green checks of those that count."""
    green, counted = _score(results.lines)
    told = f"{green} of {counted}" if results.exit is not Exit.HARNESS else "in trouble"
    left = round(len("conformance") * _LETTER) + 12
    width = left + round(len(told) * _LETTER) + 12
    colour = _COLOURS[results.exit]
    return _template("badge.svg.j2").render(told=told, left=left, width=width, colour=colour).encode()


def _run(results: Results, number: int, rules: Rules) -> Mapping[str, Any]:
    run = results.run
    counts = ", ".join(f"{count} {name}" for name, count in results.counts.items() if count)
    missing = [f"{case} did not run" for case in results.missing]
    unknown = [f"this suite has no case {case}; it was not judged" for case in results.unknown]
    return {
        "name": f"{run.client.name} {run.client.version}".strip(),
        "verdict": _VERDICTS[results.exit],
        "shade": {Exit.GREEN: "green", Exit.RED: "red"}.get(results.exit, "trouble"),
        "counts": counts or "nothing was shown",
        "target": ", ".join(run.target.values()),
        "seed": run.seed,
        "suite": run.suite,
        "started_at": run.started_at,
        "problems": [*results.compared.problems, *missing, *unknown],
        "red": [_red(lines, number, rules) for lines in results.red],
        "stories": [*_stories(results, number, rules)],
        "known": [_known(finding, entry, rules) for finding, entry in results.known],
    }


def _matrix(results: Sequence[Results]) -> Iterator[Mapping[str, Any]]:
    cases = {judged.case.id: judged.case.title for one in results for judged in one.judged}
    for case, title in sorted(cases.items()):
        cells = [_cell(one, number, case) for number, one in enumerate(results)]
        yield {"case": case, "title": title, "cells": cells}


def _cell(results: Results, number: int, case: str) -> Cell:
    judged = next((one for one in results.judged if one.case.id == case), None)
    if judged is None:
        return Cell(_CLASSES[Shade.NOT_COUNTED], "")
    lines = _lines(results, judged)
    shade = worst(lines)
    green, counted = _score(lines)
    told = dict.fromkeys("known failing" if line.known else line.finding.outcome.value for line in lines)
    anchor = _anchor(number, case) if shade in {Shade.RED, Shade.TROUBLE} else ""
    return Cell(_CLASSES[shade], _MARKS[shade], f"{green}/{counted}", ", ".join(told), anchor)


def _stories(results: Results, number: int, rules: Rules) -> Iterator[Mapping[str, Any]]:
    for judged in results.judged:
        shown = [*worth_telling(_lines(results, judged))]
        if shown:
            case, journal = judged.case, judged.journal
            reference = story.conversations().get(case.id, ())
            yield {
                "anchor": _anchor(number, case.id),
                "case": case.id,
                "title": case.title,
                "shade": _CLASSES[shown[0].shade],
                "findings": [_finding(line, rules) for line in shown],
                "answers": [*conversation.answers(judged.played.report)],
                "rows": story.side_by_side(reference, story.conversation(journal)),
                "rerun": results.alone(case.id),
            }


def _finding(line: Line, rules: Rules) -> Mapping[str, Any]:
    finding = line.finding
    return {
        **_rule(rules[finding.rule]),
        "check": finding.check,
        "outcome": finding.outcome.value,
        "shade": _CLASSES[line.shade],
        "why": finding.why,
        "entries": [*conversation.told(line.judged.journal, finding.entries)],
    }


def _known(finding: Finding, entry: Known, rules: Rules) -> Mapping[str, str]:
    told = {"outcome": finding.outcome.value, "check": finding.check}
    return told | _rule(rules[finding.rule]) | {"reason": entry.reason, "citation": entry.citation}


def _red(lines: Sequence[Line], number: int, rules: Rules) -> Mapping[str, Any]:
    finding = lines[0].finding
    cases = [line.judged.case.id for line in lines]
    where = [{"case": case, "anchor": _anchor(number, case)} for case in cases]
    told = {"check": finding.check, "outcome": finding.outcome.value, "where": where}
    return told | _rule(rules[finding.rule])


def _rule(rule: Rule) -> dict[str, str]:
    source = f"{', '.join(rule.provenance)}: {rule.cite}"
    return {"rule": rule.id, "level": rule.level, "statement": rule.statement, "source": source}


def _lines(results: Results, judged: Judged) -> list[Line]:
    return [line for line in results.lines if line.judged is judged]


def _score(lines: Iterator[Line] | Sequence[Line]) -> tuple[int, int]:
    counted = [line.shade for line in lines if line.shade is not Shade.NOT_COUNTED]
    return counted.count(Shade.GREEN), len(counted)


def _anchor(number: int, case: str) -> str:
    return f"run{number}-{case}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("aistudio_conformance.reports"),
        autoescape=select_autoescape(disabled_extensions=("md.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["cell"] = _markdown_cell
    return made


def _template(name: str) -> Template:
    return _environment().get_template(name)


def _markdown_cell(text: str) -> str:
    """Text that stays in one cell of a table and makes no markup: what a client tells is not trusted."""
    line = " ".join(text.split())
    marks: Callable[[str], str] = lambda one: f"\\{one}" if one in "|`*_[]<>#&\\" else one  # noqa: E731
    return "".join(map(marks, line))
