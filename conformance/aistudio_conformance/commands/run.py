"""`run`: every case with one client, against a mock of the run's own or any other server."""

import argparse
import secrets
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from msgspec.structs import replace
from rich.progress import Progress

from aistudio_conformance import bundle, clients, load
from aistudio_conformance.case import Case
from aistudio_conformance.commands import reporting, targets
from aistudio_conformance.commands.command import (
    Command,
    CommandError,
    add_level,
    add_reports,
    add_selection,
    counted,
    selected,
)
from aistudio_conformance.judge import COURTS
from aistudio_conformance.known import Known
from aistudio_conformance.protocol import Hello
from aistudio_conformance.reports import terminal
from aistudio_conformance.results import Exit, Results, Run
from aistudio_conformance.runner import Judged, Runner, SmokeError
from aistudio_conformance.target import Target, TargetError

_MOST_AT_ONCE = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which client, which cases, how, and where the reports go."""
    parser.add_argument(
        "--client",
        nargs="?",
        metavar="NAME",
        help=f"{', '.join(clients.SHIPPED)}, or python:MODULE[:FACTORY]; any other program goes behind --",
    )
    add_running(parser)


def add_running(parser: argparse.ArgumentParser) -> None:
    """Against what, which cases, how, and where the reports go."""
    targets.add_target(parser)
    add_selection(parser)
    add_level(parser)
    parser.add_argument("--seed", type=int, metavar="N", help="repeat the chance of another run")
    parser.add_argument(
        "--parallel",
        type=_parallel,
        default=1,
        metavar="N",
        help="children of the client at a time (default 1)",
    )
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="DIR",
        help="keep all that was seen there (default: a new temporary directory)",
    )
    add_reports(parser)


def run(arguments: argparse.Namespace) -> int:
    """Runs the cases and tells what came of them.

    Raises:
        CommandError: nothing was run.
    """
    load.require_rules_of_monitors()
    try:
        command = clients.command(arguments.client, arguments.program)
    except clients.ClientError as problem:
        raise CommandError(str(problem), Exit.USAGE) from None
    return conduct(arguments, command, selected(arguments))


def conduct(
    arguments: argparse.Namespace,
    command: Sequence[str],
    cases: Sequence[Case],
    court: Literal["client", "server"] = "client",
) -> int:
    """Runs those cases with that client, and judges the one side or the other. Raises CommandError."""
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    try:
        with _stoppable():
            return _run(arguments, command, cases, seed, court)
    except TargetError as trouble:
        raise CommandError(str(trouble), Exit.HARNESS) from None
    except SmokeError as problem:
        raise CommandError(
            f"the adapter does not work, so no case was run: {problem}", Exit.HARNESS
        ) from None
    except bundle.BundleError as problem:
        raise CommandError(str(problem), Exit.USAGE) from None


def _run(
    arguments: argparse.Namespace,
    command: Sequence[str],
    cases: Sequence[Case],
    seed: int,
    court: Literal["client", "server"],
) -> int:
    server, access = targets.chosen(arguments)
    cases, left_out = targets.runnable(cases, access, may_cost=arguments.may_cost)
    for line in left_out:
        _note(line)
    with (
        server as target,
        Runner(command, target, load.rules(), seed, arguments.parallel, COURTS[court]) as runner,
    ):
        hello = runner.smoke()
        begun = _begun(hello, target, cases, seed, court)
        known = reporting.listed(arguments, begun)
        folder = arguments.bundle or Path(mkdtemp(prefix="aistudio-conformance-"))
        writer = bundle.Writer(folder, begun)
        judged = _until_interrupted(runner, cases, writer)
        log = target.log()
    results = _results(replace(begun, ended_at=_now()), judged, known, _rerun(arguments))
    writer.finish(results, log)
    return _told(arguments, replace(results, rules=counted(arguments.level)), folder)


def _until_interrupted(runner: Runner, cases: Sequence[Case], writer: bundle.Writer) -> list[Judged]:
    """What has been judged, and is in the bundle, when all is done or Ctrl-C was pressed."""
    judged: list[Judged] = []
    try:
        for one in _shown(runner.run(cases), len(cases)):
            writer.add(one.played)
            judged.append(one)
    except KeyboardInterrupt:
        runner.stop()
    return judged


def _told(arguments: argparse.Namespace, results: Results, folder: Path) -> int:
    """The exit code, once everything is told."""
    reporting.tell(arguments, results)
    where = shlex.quote(str(folder))
    _note(f"all that was seen is in {where}; to judge it again: aistudio-conformance judge {where}")
    if not results.missing:
        return results.exit
    _note(f"interrupted after {len(results.judged)} of {len(results.run.cases)} cases")
    return Exit.INTERRUPTED


def _begun(
    hello: Hello, target: Target, cases: Sequence[Case], seed: int, court: Literal["client", "server"]
) -> Run:
    return Run(
        suite=version("aistudio-mock"),
        client=hello,
        target=target.description,
        seed=seed,
        cases=tuple(case.id for case in cases),
        started_at=_now(),
        court=court,
    )


def _results(run: Run, judged: Sequence[Judged], known: tuple[Known, ...], rerun: str) -> Results:
    in_order = tuple(sorted(judged, key=lambda one: one.case.id))
    return Results(run, in_order, reporting.compared(known, in_order), rerun)


def _rerun(arguments: argparse.Namespace) -> str:
    words = targets.rerun(arguments)
    words += ["--broken", arguments.broken] if getattr(arguments, "broken", None) else []
    words += ["--", *arguments.program] if arguments.program else ["--client", arguments.client]
    return shlex.join(words)


def _shown(judged: Iterator[Judged], total: int) -> Iterator[Judged]:
    """The same, with a bar on a terminal."""
    out = terminal.console(stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task("cases", total=total)
        for one in judged:
            progress.update(task, advance=1, description=one.case.id)
            yield one


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: with its children, and with a report."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parallel(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= _MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"{text}: use 1 to {_MOST_AT_ONCE}")
    return number


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")  # noqa: TID251 - when a run was, in its bundle


def _note(line: str) -> None:
    terminal.console(stderr=True).print(line, soft_wrap=True)


COMMAND = Command(
    name="run",
    summary="run the cases with a client and judge it",
    example="aistudio-conformance run --client raw-stubs --only 'UP-*'\n"
    "  aistudio-conformance run --client official-sdk --level must --html report.html\n"
    "  aistudio-conformance run --client reference --pack forward --parallel 2\n"
    "  aistudio-conformance run -- ./my-adapter --verbose",
    add_arguments=add_arguments,
    run=run,
    takes_program=True,
)
