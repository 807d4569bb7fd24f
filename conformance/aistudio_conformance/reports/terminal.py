"""What a run came to, for people at a terminal; without colours anywhere else."""

import re
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aistudio_conformance.journal import Journal
from aistudio_conformance.judge import Rules
from aistudio_conformance.model import Finding, Outcome
from aistudio_conformance.reports import conversation
from aistudio_conformance.results import Exit, Line, Results, Shade, worst, worth_telling
from aistudio_conformance.runner import Judged

_COLOURS = {Shade.GREEN: "green", Shade.RED: "red", Shade.TROUBLE: "magenta", Shade.NOT_COUNTED: "dim"}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLUMNS = 110
"""Where there is no terminal to ask."""


def console(*, stderr: bool = False) -> Console:
    """A console that colours on a terminal only, and takes every text as it is."""
    own = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    return (
        own
        if own.is_terminal
        else Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=_COLUMNS)
    )


def show(results: Results, rules: Rules, out: Console) -> None:
    """The whole report."""
    run = results.run
    client = " ".join(filter(None, (run.client.name, run.client.version)))
    target = ", ".join(run.target.values())
    _say(out, f"{client} against {target}: {_cases(len(run.cases))}, seed {run.seed}", "bold")
    out.print(_table(results))
    shown: dict[str, str] = {}
    for judged in results.judged:
        own = [line for line in results.lines if line.judged is judged]
        _show_case(judged, [*worth_telling(own)], shown, rules, results, out)
    for lines in results.red:
        if len(lines) > 1:
            _say(out, f"red in {len(lines)} cases: {lines[0].finding.check}", "red")
    for finding, known in results.known:
        rule = rules[finding.rule]
        _say(out, f"known failing  {finding.check}, {rule.level} {rule.id}: {known.reason}", "dim")
    for problem in results.compared.problems:
        _say(out, f"KNOWN FAILING  {problem}", "red")
    for case in results.unknown:
        _say(out, f"UNKNOWN  this suite has no case {case}; it was not judged", "magenta")
    if results.missing:
        _say(out, f"DID NOT RUN  {', '.join(results.missing)}", "magenta")
    _say(out, _summary(results), "bold green" if results.exit is Exit.GREEN else "bold red")


def show_finding(finding: Finding, journal: Journal, rules: Rules, out: Console) -> None:
    """One finding: the rule, who says so, what was seen, and the calls that show it."""
    rule = rules[finding.rule]
    _say(out, f"{finding.outcome.upper()}  {finding.check}", _COLOURS[_shade(finding)])
    _say(out, f"    {rule.level}  {rule.statement}")
    _say(out, f"    {', '.join(rule.provenance)}: {rule.cite}", "dim")
    _say(out, f"    seen: {finding.why}")
    for entry in conversation.told(journal, finding.entries):
        _say(out, f"      {entry}", "dim")


def _show_case(
    judged: Judged, lines: list[Line], shown: dict[str, str], rules: Rules, results: Results, out: Console
) -> None:
    """What is not green in a case. `shown` is where each check was told in full: monitors come in many."""
    if not lines:
        return
    out.print()
    for line in lines:
        finding, first = line.finding, shown.setdefault(line.finding.check, judged.case.id)
        if first == judged.case.id:
            show_finding(finding, judged.journal, rules, out)
        else:
            told = f"{finding.outcome.upper()}  {finding.check}, as in {first}: {finding.why}"
            _say(out, told, _COLOURS[_shade(finding)])
    for told in conversation.answers(judged.played.report):
        _say(out, f"  {told}", "dim")
    if results.rerun:
        _say(out, f"  alone: {results.alone(judged.case.id)}")


def _table(results: Results) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("case", no_wrap=True, min_width=max(map(len, results.run.cases), default=0))
    table.add_column("what happens", ratio=3)
    table.add_column("checks", justify="right", no_wrap=True)
    table.add_column("outcome", ratio=2)
    lines = [*results.lines]
    for judged in results.judged:
        own = [line for line in lines if line.judged is judged]
        table.add_row(judged.case.id, judged.case.title, str(len(own)), _outcome(judged, own))
    return table


def _outcome(judged: Judged, lines: list[Line]) -> Text:
    counted = Counter(
        ("known failing" if one.known else one.finding.outcome.value, one.shade) for one in lines
    )
    said = ", ".join(f"{count} {name}" for (name, _), count in counted.items())
    return Text(said or f"{judged.case.id} has no check", style=_COLOURS[worst(lines)])


def _shade(finding: Finding) -> Shade:
    return Shade.TROUBLE if finding.outcome is Outcome.HARNESS_ERROR else Shade.RED


def _summary(results: Results) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in results.counts.items() if count)
    end = {
        Exit.GREEN: "all green",
        Exit.RED: "not green",
        Exit.HARNESS: "the adapter, the suite or the server is in trouble",
    }[results.exit]
    return f"{_cases(len(results.judged))}: {counts or 'nothing was shown'}; {end}"


def _cases(number: int) -> str:
    return f"{number} case{'' if number == 1 else 's'}"


def _say(out: Console, text: str, style: str = "") -> None:
    # What clients tell is not trusted to leave a terminal as it was.
    out.print(Text(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text), style=style), soft_wrap=True)
