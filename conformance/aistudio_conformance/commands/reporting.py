"""The end of a run and of a judgement: the list of known failures is applied, and reports are written."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from aistudio_conformance import known, load
from aistudio_conformance.commands.command import CommandError
from aistudio_conformance.judge import Rules
from aistudio_conformance.known import Compared, Known
from aistudio_conformance.packs import every_case
from aistudio_conformance.reports import jsonl, junit, terminal
from aistudio_conformance.results import Exit, Results, Run
from aistudio_conformance.runner import Judged


def listed(arguments: argparse.Namespace, run: Run) -> tuple[Known, ...]:
    """The list that the arguments name, else the suite's own for the client. CommandError if it is wrong."""
    path: Path | None = arguments.known_failing
    try:
        if path:
            entries = known.read(path.read_bytes(), str(path))
        else:
            entries = known.shipped(run.client.name) if run.court == "client" else ()
        return known.of_version(entries, run.client.version)
    except OSError as error:
        raise CommandError(f"--known-failing {path}: {error.strerror}", Exit.USAGE) from None
    except known.KnownError as problem:
        raise CommandError(str(problem), Exit.USAGE) from None


def compared(entries: tuple[Known, ...], judged: Iterable[Judged]) -> Compared:
    """The verdicts, held against the list."""
    return known.compare(entries, [one.verdict for one in judged], [case.id for case in every_case()])


def tell(arguments: argparse.Namespace, results: Results) -> None:
    """Writes the reports that are asked for, and shows the one for people."""
    rules = load.rules()
    if arguments.junit:
        _write(arguments.junit, junit.document(results, rules))
    if arguments.jsonl:
        _write(arguments.jsonl, b"".join(jsonl.lines(results)))
    if arguments.html or arguments.markdown or arguments.badge:
        _write_pages(arguments, results, rules)
    terminal.show(results, rules, terminal.console())


def tell_many(arguments: argparse.Namespace, results: Sequence[Results]) -> None:
    """Shows several runs one after the other, and writes the page that has them side by side."""
    from aistudio_conformance.reports import page

    if arguments.html:
        _write(arguments.html, page.html(results, load.rules()))
    for one in results:
        terminal.show(one, load.rules(), terminal.console())


def _write_pages(arguments: argparse.Namespace, results: Results, rules: Rules) -> None:
    from aistudio_conformance.reports import page

    if arguments.html:
        _write(arguments.html, page.html([results], rules))
    if arguments.markdown:
        _write(arguments.markdown, page.markdown(results, rules))
    if arguments.badge:
        _write(arguments.badge, page.badge(results))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}", Exit.USAGE) from None
