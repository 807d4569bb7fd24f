"""A verdict for people: the errors as a table in the order of the rows, what is only advised, the tokens.

Plain text: a table of three columns, of which the last one needs no width, is no reason for a dependency.
"""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from aistudio_formats.models import model_of
from aistudio_mock.commands.console import bold, dim, green
from aistudio_mock.commands.language import Words
from aistudio_mock.commands.validate_result import NotConverted, Problem, Spot, Verdict
from aistudio_mock.commands.validate_tokens import Tokens
from aistudio_mock.commands.validate_verdict import listed

_OF_A_KIND = 5
"""Rows shown of one kind of error; of all kinds together there are not many."""

_NUMBER = 11
"""Characters of a big number."""


def lines(found: Verdict | NotConverted, words: Words) -> Iterator[str]:
    """What is printed."""
    return _refusal(found, words) if isinstance(found, NotConverted) else _verdict(found, words)


def _refusal(found: NotConverted, words: Words) -> Iterator[str]:
    yield words("{file} is not converted:", file=found.file)
    for each in found.refusals:
        text = "line {line}, column {column}" + (" (element {n})" if each.element else "")
        place = words(text, line=each.line, column=each.column, n=each.element)
        yield f"  {place}: {each.message}"


def _verdict(verdict: Verdict, words: Words) -> Iterator[str]:
    yield _headline(verdict, words)
    if verdict.guessed and verdict.processed_rows:
        text = "task type {type}, by the first {rows}; --task-type says otherwise"
        rows = words.count(verdict.guessed.rows, "row")
        yield dim("  " + words(text, type=verdict.task_type, rows=rows))
    of_file = [problem for problem in verdict.errors if not problem.spots]
    if of_rows := [problem for problem in verdict.errors if problem.spots]:
        yield from _table_of(of_rows, verdict.task_type, words)
    for problem in of_file:
        yield f"\n  {problem.message}"
        if problem.error == "mock.file.json_array":
            file = Path(verdict.file)
            out = file.with_name(f"{file.stem}.converted.jsonl")
            command = shlex.join(["aistudio-mock", "validate", str(file), "--convert", str(out)])
            yield "  " + words("`{command}` turns it into JSON Lines", command=command)
    if verdict.warnings:
        yield "\n" + words("documented, but not enforced by the service:")
        yield from (f"  {notice.message}" for notice in verdict.warnings)
    if verdict.tokens:
        yield from _tokens(verdict.tokens, verdict.valid_rows, words)


def _headline(verdict: Verdict, words: Words) -> str:
    rows = words.count(verdict.total_rows if not verdict.is_valid else verdict.valid_rows, "row")
    if verdict.is_valid:
        note = "" if verdict.is_checked else words("; rows of this task type are counted, not checked")
        return words("{file}: {verdict}, {rows}", file=verdict.file, verdict=green("READY"), rows=rows) + note
    text = "{file}: {verdict}, {n} of {rows} are right" if verdict.processed_rows else "{file}: {verdict}"
    return words(
        text,
        file=verdict.file,
        verdict=bold("INVALID"),
        n=verdict.valid_rows,
        rows=rows,
    )


def _table_of(problems: list[Problem], task_type: str, words: Words) -> Iterator[str]:
    spots = sorted(
        (spot for problem in problems for spot in problem.spots[:_OF_A_KIND]), key=lambda spot: spot.row
    )
    head, wrong = (words("row"), words("column")), words("what is wrong")
    widths = [max(map(len, column)) for column in zip(head, *map(_place, spots), strict=True)]
    yield "\n  " + bold(f"{_right(head, widths)}  {wrong}")
    for spot in spots:
        yield f"  {_right(_place(spot), widths)}  {spot.message}"
        if spot.excerpt:
            yield " " * (sum(widths) + 6) + dim(spot.excerpt)
    yield from ("  " + _more(problem, words) for problem in problems if problem.rows > _OF_A_KIND)
    if model := model_of(task_type):
        rules = (words.said(rule) for rule in model.rules.split("; "))
        yield "\n" + dim("  " + words("a row is {shape}", shape="; ".join([model.shape, *rules])))


def _place(spot: Spot) -> tuple[str, str]:
    return str(spot.row), str(spot.column or "-")


def _right(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))


def _more(problem: Problem, words: Words) -> str:
    left = problem.rows - _OF_A_KIND
    numbers = tuple(spot.row for spot in problem.spots[_OF_A_KIND:])
    return words(
        "and {rows} more with {error}: {list}",
        rows=words.count(left, "row"),
        error=problem.error,
        list=listed(numbers, left, words),
    )


def _tokens(tokens: Tokens, rows: int, words: Words) -> Iterator[str]:
    title = words("tokens, estimated (the service's tokenizer is not public)")
    if tokens.sampled_rows < rows:
        title += words("; totals from the first {rows}", rows=words.count(tokens.sampled_rows, "row"))
    yield f"\n{title}"
    heads = [head.rjust(_NUMBER) for head in map(words, ("total", "average", "longest", "documented limit"))]
    names = [words.said(part.part) for part in tokens.parts]
    width = max(map(len, names))
    yield dim(f"  {'':{width}}  {'  '.join(heads)}")
    for name, part in zip(names, tokens.parts, strict=True):
        numbers = map(_number, (part.total, round(part.average), part.longest, part.limit))
        yield f"  {name:{width}}  {_right(numbers, map(len, heads))}"


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}".replace(",", " ")
