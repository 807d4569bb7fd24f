"""`serve`: everything in one process, until Ctrl-C or SIGTERM."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aistudio_mock.commands.console import Command, CommandError, Exit, bold, dim, green, path, say, version
from aistudio_mock.commands.launch import running
from aistudio_mock.config import CHOICES, ServerConfig, parse_faults, parse_settings, parse_time
from aistudio_mock.environment import CONTROL_TOKEN, UNSET

if TYPE_CHECKING:
    from pathlib import Path

    from aistudio_mock.app import Ready, Server

_UNSET_BY_ROUTER = ("YC_API_ENDPOINT", "no_grpc_proxy", "NO_GRPC_PROXY")
"""Ways past the router."""

_DEFAULTS = ServerConfig()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every option that this version honours."""
    add_server_arguments(parser, _DEFAULTS)
    parser.add_argument(
        "--router",
        action="store_true",
        help="open a proxy that leads the service's real names here, and say the variables for it",
    )
    _add_output(parser.add_argument_group("output"))


def add_server_arguments(parser: argparse.ArgumentParser, defaults: ServerConfig) -> None:
    """What any command that starts a server lets people choose."""
    _add_addresses(parser.add_argument_group("addresses"), defaults)
    _add_access(parser.add_argument_group("access"))
    _add_behaviour(parser.add_argument_group("behaviour"))
    _add_files(parser.add_argument_group("files"))


def _add_addresses(group: argparse._ArgumentGroup, defaults: ServerConfig) -> None:
    _add_ports(group, defaults)
    group.add_argument(
        "--host",
        default=defaults.host,
        help=f"address to listen on (default {defaults.host}, this machine only)",
    )
    group.add_argument(
        "--advertise",
        metavar="HOST",
        help="what URLs, endpoint lists and the certificate say, when clients are on other machines",
    )


def _add_ports(group: argparse._ArgumentGroup, defaults: ServerConfig) -> None:
    for name, what in (
        ("grpc", "gRPC, plaintext"),
        ("tls", "gRPC, TLS"),
        ("http", "presigned storage and REST"),
    ):
        default = getattr(defaults, f"{name}_port")
        group.add_argument(
            f"--{name}-port",
            type=int,
            default=default,
            metavar="PORT",
            help=f"{what} (default {default}; 0 = any free port)",
        )
    group.add_argument(
        "--fault-port",
        type=int,
        metavar="PORT",
        help="also open a gRPC port, plaintext, for faults that need one: GOAWAY, half an answer, a drip",
    )


def _add_access(group: argparse._ArgumentGroup) -> None:
    _add_choice(group, "auth", "which credentials are taken: no check, any non-empty, those issued here")
    group.add_argument(
        "--control-token",
        default=os.environ.get(CONTROL_TOKEN),
        metavar="TOKEN",
        help=f"what the control API asks for (default ${CONTROL_TOKEN}; else none where only this machine "
        "reaches --host, and a new one elsewhere)",
    )
    group.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="HOST",
        help="a host of the real cloud that the router lets through; may be repeated",
    )
    group.add_argument(
        "--metadata",
        action="store_true",
        help="the router leads the metadata address of a virtual machine here: tokens without credentials",
    )


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--ca-dir",
        type=path,
        metavar="DIR",
        help="where the CA and the certificate are kept (default: the user's cache directory)",
    )
    group.add_argument(
        "--load",
        action="append",
        default=[],
        type=path,
        metavar="FILE",
        help="a folder that was saved (ctl save); the first one is the folder of calls that name none",
    )
    group.add_argument(
        "--state",
        type=lambda text: None if text == "memory" else path(text),
        metavar="memory|DIR",
        help="keep everything in this directory, be the process killed at any moment (default memory)",
    )
    group.add_argument(
        "--journal",
        type=path,
        metavar="FILE",
        help="write every call there as it is answered: JSON Lines, without secrets",
    )


def _add_behaviour(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--time",
        default=str(_DEFAULTS.time),
        metavar="MODE",
        help="skip: polling finishes an operation (default); poll: one phase a poll; "
        "real, or 10x, 0.5x: as fast as that; manual: stands still",
    )
    _add_choice(group, "durations", "how long operations take in virtual time")
    group.add_argument(
        "--edition",
        default=_DEFAULTS.edition,
        metavar="YYYY-MM",
        help=f"observed deployment to imitate where they differ (default {_DEFAULTS.edition})",
    )
    group.add_argument("--seed", type=int, metavar="N", help="repeat the same chance in every run")
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ID=VALUE",
        help="choose one behaviour of behaviours.yaml; may be repeated",
    )
    group.add_argument(
        "--faults",
        action="append",
        default=[],
        metavar="FILE|PRESET",
        help="what goes wrong: a YAML file, or a preset such as flaky-network; may be repeated",
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--json", action="store_true", help="print one ready line of JSON instead of the banner"
    )
    group.add_argument(
        "--ready-file", type=path, metavar="FILE", help="write the ready line there while serving"
    )
    _add_choice(group, "log_level", "what goes to stderr")


def _add_choice(group: argparse._ArgumentGroup, field: str, what: str) -> None:
    default = getattr(_DEFAULTS, field)
    group.add_argument(
        f"--{field.replace('_', '-')}",
        default=default,
        metavar="|".join(CHOICES[field]),
        help=f"{what} (default {default})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop.

    Raises:
        ConfigError: an option has a value that cannot work.
        CommandError: the server cannot start on this machine.
    """
    config = config_of(arguments)
    _start_log(config.log_level)
    from aistudio_mock.commands.signals import StopSignals

    signals = StopSignals()
    with running(config, signals.stop) as server, _ready_file(config.ready_file, server.ready):
        for line in [_ready_line(server.ready)] if arguments.json else _banner(config, server):
            say(line)
        signals.wait()
        accounts = list(fault_accounts(server))
    for line in accounts:
        sys.stderr.write(f"aistudio-mock: {line}\n")
    return Exit.OK


def config_of(arguments: argparse.Namespace) -> ServerConfig:
    """The configuration that the arguments ask for. Raises ConfigError."""
    return ServerConfig(
        grpc_port=arguments.grpc_port,
        tls_port=arguments.tls_port,
        http_port=arguments.http_port,
        host=arguments.host,
        advertise=arguments.advertise,
        ca_dir=arguments.ca_dir,
        time=parse_time(arguments.time),
        durations=arguments.durations,
        edition=arguments.edition,
        auth=arguments.auth,
        seed=arguments.seed,
        settings=parse_settings(arguments.set),
        log_level=arguments.log_level,
        ready_file=arguments.ready_file,
        journal=arguments.journal,
        control_token=arguments.control_token or None,
        load=tuple(arguments.load),
        state=arguments.state,
        router=arguments.router,
        allow=tuple(arguments.allow),
        metadata=arguments.metadata,
        faults=parse_faults(arguments.faults),
        fault_port=arguments.fault_port,
    )


def fault_accounts(server: "Server") -> Iterator[str]:
    """What became of the faults that the server was started with, and which of any no call has met."""
    standings = server.backend.folders.accounts()
    met = [one for one in standings if one.hits]
    if met:
        yield f"faults met: {', '.join(f'{one.short} {one.hits} of {one.seen}' for one in met)}"
    for one in standings:
        if not one.hits:
            yield f"fault never met: {one.short} (it was for {one.seen} calls)"
    for folder in server.backend.folders:
        for one in folder.faults.added:
            if not one.hits:
                yield f"fault never met in folder {folder.id}: {one.short} (it was for {one.seen} calls)"


def _start_log(level: str) -> None:
    import logging

    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _ready_line(ready: "Ready") -> str:
    import json

    line = {
        "grpc": ready.grpc,
        "tls": ready.tls,
        "http": ready.http,
        "ca": str(ready.ca),
        "folder_id": ready.folder_id,
        "api_key": ready.api_key,
        "pid": ready.pid,
    }
    line |= {
        name: value
        for name in ("faults", "router", "control_token", "state")
        if (value := getattr(ready, name))
    }
    return json.dumps(line)


@contextmanager
def _ready_file(file: "Path | None", ready: "Ready") -> Iterator[None]:
    """`file` holds the ready line, whole from the first moment on, while the server serves."""
    if file is None:
        yield
        return
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_text(_ready_line(ready) + "\n", encoding="utf-8")
        new.replace(file)
    except OSError as error:
        raise CommandError(
            f"--ready-file {file} cannot be written ({error.strerror}); name one in a directory that exists",
            Exit.ENVIRONMENT,
        ) from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _banner(config: ServerConfig, server: "Server") -> Iterator[str]:
    ready = server.ready
    yield f"{bold(f'aistudio-mock {version()}')} is {green('ready')}"
    yield dim(
        f"time {config.time}, durations {config.durations}, edition {config.edition}, auth {config.auth}"
    )
    yield ""
    for name, value in (
        ("gRPC, plaintext", ready.grpc),
        ("gRPC, TLS", ready.tls),
        ("HTTP", ready.http),
        ("page", f"{ready.http}/_mock/"),
        ("CA", ready.ca),
        ("folder", ready.folder_id),
        ("API key", ready.api_key),
        ("control token", ready.control_token),
        ("state", ready.state),
    ):
        if value is not None:
            yield f"  {name:<17}{value}"
    yield ""
    yield dim("Paste this into the shell of a program to redirect it here:")
    yield from shell_lines(server.env())
    yield ""
    yield dim("Ctrl-C stops the server.")


def unset(variables: Mapping[str, str]) -> tuple[str, ...]:
    """What must go where `variables` are set: credentials of the real cloud, other ways than the router."""
    return UNSET if "YC_API_ENDPOINT" in variables else UNSET + _UNSET_BY_ROUTER


def shell_lines(variables: Mapping[str, str]) -> Iterator[str]:
    """Commands that set `variables` and remove what `unset` says, for a POSIX shell, or for PowerShell."""
    import shlex

    if sys.platform == "win32":
        for name, value in variables.items():
            yield f'$env:{name} = "{value}"'
        yield f"Remove-Item -ErrorAction Ignore {', '.join(f'Env:{name}' for name in unset(variables))}"
        return
    for name, value in variables.items():
        yield f"export {name}={shlex.quote(value)}"
    yield f"unset {' '.join(unset(variables))}"


COMMAND = Command(
    example="aistudio-mock serve --time 60x --grpc-port 0 --tls-port 0 --http-port 0",
    add_arguments=add_arguments,
    run=run,
)
