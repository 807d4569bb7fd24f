"""`explain`: what one check stands for, and what proves that it can fail."""

import argparse
import inspect
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import msgspec
import yaml

from aistudio_conformance import load
from aistudio_conformance.broken.servers import broken_servers
from aistudio_conformance.case import Case, Check, ServerCheck
from aistudio_conformance.commands.command import Command, CommandError
from aistudio_conformance.functions import FUNCTIONS
from aistudio_conformance.judge import SECRETS_RULE
from aistudio_conformance.known import every_shipped
from aistudio_conformance.ledger import Rule
from aistudio_conformance.monitors import MONITORS, SECRETS_PRINTED, Monitor
from aistudio_conformance.packs import every_case
from aistudio_conformance.results import Exit
from aistudio_conformance.server_functions import SERVER_FUNCTIONS
from aistudio_conformance.server_monitors import SERVER_MONITORS, ServerMonitor

_KINDS = ("calls", "never", "order", "reply", "fails")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which check."""
    parser.add_argument("check", metavar="CHECK", help="as reports name it, such as UP-01/size-announced")


def run(arguments: argparse.Namespace) -> int:
    """Tells all that is known of a check. Raises CommandError for one that does not exist."""
    checks, name = {**_of_cases(), **_of_monitors()}, arguments.check
    if name not in checks:
        near = get_close_matches(name, checks, 3, 0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "`aistudio-conformance list` names them all"
        raise CommandError(f"no check {name}; {hint}", Exit.USAGE)
    told = (*checks[name], *_broken_clients(name), *_broken_servers(name), *_known(name))
    sys.stdout.write("\n".join((name, *told)) + "\n")
    return Exit.GREEN


def _of_cases() -> Mapping[str, Iterator[str]]:
    """What is told of each check of a client and of a server, by its name."""
    cases = every_case()
    of_clients = {f"{case.id}/{one.id}": _check(case, one) for case in cases for one in case.checks}
    of_servers = {
        f"{case.id}/{one.id}": _server_check(case, one) for case in cases for one in case.server_checks
    }
    return {**of_clients, **of_servers}


def _of_monitors() -> Mapping[str, Iterator[str]]:
    """The same of monitors."""
    every: tuple[Monitor | ServerMonitor, ...] = (*MONITORS.values(), *SERVER_MONITORS.values())
    shown = {one.check: _monitor(one.rule, inspect.getdoc(one.look)) for one in every}
    printed = _monitor(SECRETS_RULE, "Nothing that the client prints or tells holds a secret.")
    return {**shown, f"monitor/{SECRETS_PRINTED}": printed}


def _check(case: Case, check: Check) -> Iterator[str]:
    yield from _rule(load.rules()[check.rule])
    yield f"case       {case.id}: {case.title}"
    yield f"step       {check.step}: {next(step.do for step in case.steps if step.id == check.step)}"
    plain = msgspec.to_builtins(check)
    kind = next((name for name in _KINDS if plain[name] is not None), "")
    yield from _looks_at(check.function and FUNCTIONS[check.function], {kind: plain.get(kind)})
    yield from _not_sole(check)


def _server_check(case: Case, check: ServerCheck) -> Iterator[str]:
    yield from _rule(load.rules()[check.rule])
    yield f"case       {case.id}: {case.title}"
    plain = msgspec.to_builtins(check)
    function = check.function and SERVER_FUNCTIONS[check.function]
    yield from _looks_at(function, {name: plain[name] for name in ("of", "expect", "equal")})
    yield from _not_sole(check)


def _monitor(rule: str, looks_at: str | None) -> Iterator[str]:
    yield from _rule(load.rules()[rule])
    yield "case       every one"
    yield f"looks at   {looks_at}"


def _looks_at(function: object, plain: Mapping[str, Any]) -> Iterator[str]:
    """What the docstring of its function says, or else what stands in the case."""
    if function:
        yield f"looks at   {inspect.getdoc(function)}"
        return
    text: str = yaml.safe_dump(_without_defaults(plain), sort_keys=False, allow_unicode=True)
    yield "looks at"
    yield from (f"           {line}" for line in text.splitlines())


def _not_sole(check: Check | ServerCheck) -> Iterator[str]:
    if check.not_sole:
        yield f"not sole   {check.not_sole}"


def _rule(rule: Rule) -> Iterator[str]:
    yield f"rule       {rule.id}"
    yield f"level      {rule.level}"
    yield f"           {rule.statement}"
    yield f"known by   {', '.join(rule.provenance)}"
    yield f"cited      {rule.cite}"


def _without_defaults(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_defaults(one) for name, one in value.items() if one not in (None, {}, [])}


def _broken_clients(check: str) -> Iterator[str]:
    try:
        broken = import_module("aistudio_conformance.broken.clients")
    except ImportError:
        return  # the client that they are made of needs packages that are not everywhere
    proofs = [(name, client) for name, (client, red) in broken.EVERY.items() if check in red]
    for number, (name, client) in enumerate(proofs):
        yield f"{'' if number else 'caught':<11}{name}: {inspect.getdoc(client)}"


def _broken_servers(check: str) -> Iterator[str]:
    proofs = [one for one in broken_servers().values() if check in one.red]
    for number, one in enumerate(proofs):
        yield f"{'' if number else 'caught':<11}{one.id}: {one.defect}"


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
