"""`list`: the cases and their checks."""

import argparse
import sys

from aistudio_conformance import load
from aistudio_conformance.commands.command import Command, add_selection, selected
from aistudio_conformance.monitors import MONITORS, SECRETS_PRINTED
from aistudio_conformance.results import Exit
from aistudio_conformance.server_monitors import SERVER_MONITORS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which cases."""
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    """A line for each case and each of its checks. Raises CommandError."""
    rules = load.rules()
    for case in selected(arguments):
        sys.stdout.write(f"{case.id}  {case.title}\n")
        for check in case.checks:
            sys.stdout.write(f"  {rules[check.rule].level:<6}  {case.id}/{check.id}\n")
        for one in case.server_checks:
            sys.stdout.write(f"  {rules[one.rule].level:<6}  {case.id}/{one.id}  (of a server)\n")
    if not (arguments.only or arguments.pack):
        sys.stdout.write("In every case:\n")
        for name in (*MONITORS, SECRETS_PRINTED):
            sys.stdout.write(f"  monitor/{name}\n")
        for name in SERVER_MONITORS:
            sys.stdout.write(f"  monitor/{name}  (of a server)\n")
    return Exit.GREEN


COMMAND = Command(
    name="list",
    summary="list the cases and their checks",
    example="aistudio-conformance list --only 'TU-*'",
    add_arguments=add_arguments,
    run=run,
)
