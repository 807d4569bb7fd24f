"""`explain`: what one check stands for, and what proves that it can fail."""

import argparse
import inspect
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import msgspec
import yaml

from aistudio_conformance import load
from aistudio_conformance.case import Case, Check
from aistudio_conformance.commands.command import Command, CommandError
from aistudio_conformance.functions import FUNCTIONS
from aistudio_conformance.judge import SECRETS_RULE
from aistudio_conformance.known import every_shipped
from aistudio_conformance.ledger import Rule
from aistudio_conformance.monitors import MONITORS, SECRETS_PRINTED
from aistudio_conformance.packs import every_case
from aistudio_conformance.results import Exit

_KINDS = ("calls", "never", "order", "reply", "fails")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which check."""
    parser.add_argument("check", metavar="CHECK", help="as reports name it, such as UP-01/size-announced")


def run(arguments: argparse.Namespace) -> int:
    """Tells all that is known of a check. Raises CommandError for one that does not exist."""
    checks = {f"{case.id}/{check.id}": (case, check) for case in every_case() for check in case.checks}
    monitors = {f"monitor/{name}": name for name in (*MONITORS, SECRETS_PRINTED)}
    name = arguments.check
    if name in checks:
        told = _check(*checks[name])
    elif name in monitors:
        told = _monitor(monitors[name])
    else:
        near = get_close_matches(name, [*checks, *monitors], 3, 0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "`aistudio-conformance list` names them all"
        raise CommandError(f"no check {name}; {hint}", Exit.USAGE)
    sys.stdout.write("\n".join((name, *told, *_mutants(name), *_known(name))) + "\n")
    return Exit.GREEN


def _check(case: Case, check: Check) -> Iterator[str]:
    yield from _rule(load.rules()[check.rule])
    yield f"case       {case.id}: {case.title}"
    yield f"step       {check.step}: {next(step.do for step in case.steps if step.id == check.step)}"
    if check.function:
        yield f"looks at   {inspect.getdoc(FUNCTIONS[check.function])}"
    else:
        yield "looks at"
        yield from (f"           {line}" for line in _look(check))
    if check.not_sole:
        yield f"not sole   {check.not_sole}"


def _monitor(name: str) -> Iterator[str]:
    monitor = MONITORS.get(name)
    yield from _rule(load.rules()[monitor.rule if monitor else SECRETS_RULE])
    yield "case       every one"
    shown = (
        inspect.getdoc(monitor.look) if monitor else "Nothing that the client prints or tells holds a secret."
    )
    yield f"looks at   {shown}"


def _rule(rule: Rule) -> Iterator[str]:
    yield f"rule       {rule.id}"
    yield f"level      {rule.level}"
    yield f"           {rule.statement}"
    yield f"known by   {', '.join(rule.provenance)}"
    yield f"cited      {rule.cite}"


def _look(check: Check) -> list[str]:
    plain: dict[str, Any] = msgspec.to_builtins(check)
    kind = next(name for name in _KINDS if plain[name] is not None)
    text: str = yaml.safe_dump({kind: _without_defaults(plain[kind])}, sort_keys=False, allow_unicode=True)
    return text.splitlines()


def _without_defaults(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_defaults(one) for name, one in value.items() if one not in (None, {}, [])}


def _mutants(check: str) -> Iterator[str]:
    try:
        broken = import_module("aistudio_conformance.broken.clients")
    except ImportError:
        return  # the client that they are made of needs packages that are not everywhere
    proofs = [(name, client) for name, (client, red) in broken.EVERY.items() if check in red]
    for number, (name, client) in enumerate(proofs):
        yield f"{'' if number else 'caught':<11}{name}: {inspect.getdoc(client)}"


def _known(check: str) -> Iterator[str]:
    """Which shipped clients are known to break it, and how."""
    for client, entries in every_shipped().items():
        for entry in (one for one in entries if one.check == check):
            cases = f" in {', '.join(entry.cases)}" if entry.cases else ""
            versions = f" {', '.join(entry.versions)}" if entry.versions else ""
            yield f"known      {client}{versions}{cases}: {entry.reason}"
            yield f"           {entry.citation}"


COMMAND = Command(
    name="explain",
    summary="tell what a check stands for, who says so, and what it looks at",
    example="aistudio-conformance explain UP-01/size-announced",
    add_arguments=add_arguments,
    run=run,
)
