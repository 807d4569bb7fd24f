"""`run`: any program, with the service's real names leading to a server that lives as long as it does."""

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aistudio_mock.commands.console import Command, CommandError, Exit
from aistudio_mock.commands.launch import running
from aistudio_mock.commands.serve import add_server_arguments, config_of, fault_accounts, unset
from aistudio_mock.config import ServerConfig

if TYPE_CHECKING:
    from aistudio_mock.app import Server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the server, and the command with its own."""
    add_server_arguments(parser, ServerConfig(grpc_port=0, tls_port=0, http_port=0))
    parser.add_argument("--verbose", action="store_true", help="a line on stderr for each routed connection")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="-- COMMAND…", help="what to run")
    parser.usage = f"{parser.prog} [options] -- COMMAND…"
    parser.set_defaults(router=True, ready_file=None, log_level="warning")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; its exit code.

    Raises:
        ConfigError: an option has a value that cannot work.
        CommandError: no command is given or it cannot be started, or no server can run on this machine.
    """
    command = arguments.program
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        raise CommandError("no command; give one after --, as in: run -- python train.py", Exit.USAGE)
    config = config_of(arguments)
    _start_log(verbose=arguments.verbose)
    from aistudio_mock.commands.child import Child

    child = Child()
    with running(config) as server:
        code = child.run(command, _environment(server))
        for line in (_summary(server), *fault_accounts(server), *_seeded(config, server)):
            sys.stderr.write(f"aistudio-mock: {line}\n")
    return code


def _environment(server: "Server") -> dict[str, str]:
    ours = server.env()
    gone = unset(ours)
    return {name: value for name, value in os.environ.items() if name not in gone} | ours


def _start_log(*, verbose: bool) -> None:
    # The command speaks on stderr too: each line says who is speaking.
    logging.basicConfig(level=logging.WARNING, format="aistudio-mock: %(message)s")
    if verbose:
        logging.getLogger("aistudio_mock.router").setLevel(logging.INFO)


def _summary(server: "Server") -> str:
    totals, hosts = server.backend.folders.tally.totals, server.refused_hosts
    counts = (
        (totals.of("DatasetService/Create"), "dataset"),
        (totals.of("TuningService/Tune"), "tuning"),
        (totals.calls, "call"),
    )
    said = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts)
    kept = "".join(f"; kept from {host} ({count}x)" for host, count in sorted(hosts.items()))
    return f"{said}, {totals.refused} refused{kept}"


def _seeded(config: ServerConfig, server: "Server") -> Iterator[str]:
    """How to meet the same faults again, where chance has chosen them."""
    if config.seed is None and any(fault.chance < 1 for fault in config.faults):
        yield f"--seed {server.backend.folders.default.settings.seed} repeats these faults"


COMMAND = Command(
    example="aistudio-mock run -- python train.py",
    add_arguments=add_arguments,
    run=run,
)
