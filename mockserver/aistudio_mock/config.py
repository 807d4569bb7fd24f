"""What a server is started with: one frozen value, checked where it is made, with errors of one line."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NoReturn, get_args

from msgspec import Struct, field

from aistudio_mock.domain.clock import Rate
from aistudio_mock.domain.settings import choose

if TYPE_CHECKING:
    from pathlib import Path

    from aistudio_faults.faults import Fault

Durations = Literal["recorded", "documented", "instant"]
Auth = Literal["off", "any", "strict"]
LogLevel = Literal["debug", "info", "warning", "error"]
TimeKind = Literal["skip", "poll", "real", "manual"]

DEFAULT_FOLDER = "b1gaistudiomock00000"
"""The folder of calls that name none; the platform's shape of an id (service-behaviour b)."""

_LOOPBACK = "127.0.0.1"
_FASTEST = 1_000_000
# Patterns as text: compiled where they are used, which for most starts is nowhere.
_RATE = r"([0-9]+(?:\.[0-9]+)?)x"
_HOST = r"[0-9A-Za-z_]([0-9A-Za-z_.-]*[0-9A-Za-z_])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
_BEHAVIOUR = r"[a-z0-9]+(?:-[a-z0-9]+)*"


class ConfigError(ValueError):
    """An option has a value that cannot work. The message is one line and says what would."""


class TimeMode(Struct, frozen=True):
    """How a folder's clock runs: `rate` seconds a second (0 stands still), and whether polling moves it.

    `skip` and `poll` run at rate 1 and are moved by polls; `real` runs at `rate`; `manual` stands still.
    """

    kind: TimeKind
    rate: Rate = 1

    def __str__(self) -> str:
        """As it is written on the command line: `skip`, `10x`."""
        return self.kind if self.kind != "real" or self.rate == 1 else f"{float(self.rate):.12g}x"


_NAMED_MODES: Mapping[str, TimeMode] = {
    "skip": TimeMode("skip"),
    "poll": TimeMode("poll"),
    "real": TimeMode("real"),
    "manual": TimeMode("manual", 0),
}


class ServerConfig(Struct, frozen=True):
    """Every option of `serve`, under its name on the command line.

    Ports are 0 for any free one. `advertise` is the host that URLs, endpoint lists and the certificate name,
    when it is not `host`. `seed` rules chance only; None draws a new one. `settings` are behaviours by id,
    as `--set ID=VALUE` gives them.
    `ca_dir` keeps the CA, None for the user's cache directory. `router` adds the proxy that leads the
    service's real names here; `allow` are hosts that it lets through although it would refuse them, and with
    `metadata` the metadata address of a virtual machine leads here as well. `journal`
    is the file that every call is written to. `control_token` is what the control API asks for; None draws
    one where others than this machine reach `host`, and asks for none elsewhere. `faults` are what every
    folder has from the start.
    `load` are files of saved folders; the first one is the folder of calls that name none.
    `state` is the directory where everything is kept; None for memory.
    `fault_port` opens the port for faults that only a relay can do (ADR 10); None for no such port.

    Raises:
        ConfigError: a value is out of its range, or two ports are the same.
    """

    grpc_port: int = 8442
    tls_port: int = 8443
    http_port: int = 8444
    host: str = _LOOPBACK
    advertise: str | None = None
    ca_dir: "Path | None" = None
    time: TimeMode = _NAMED_MODES["skip"]
    durations: Durations = "recorded"
    edition: str = "2025-12"
    auth: Auth = "any"
    seed: int | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    log_level: LogLevel = "info"
    ready_file: "Path | None" = None
    journal: "Path | None" = None
    control_token: str | None = None
    load: "tuple[Path, ...]" = ()
    state: "Path | None" = None
    folder_id: str = DEFAULT_FOLDER
    router: bool = False
    allow: tuple[str, ...] = ()
    metadata: bool = False
    faults: "tuple[Fault, ...]" = ()
    fault_port: int | None = None

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            _check_choice(name, getattr(self, name), choices)
        _check_behaviours(self.edition, self.settings)
        _check_ports({"grpc": self.grpc_port, "tls": self.tls_port, "http": self.http_port})
        _check_host("host", self.host)
        if self.advertise is not None:
            _check_host("advertise", self.advertise)
        for host in self.allow:
            _check_host("allow", host)
        if not 1 <= len(self.folder_id) <= 50:  # noqa: PLR2004 - the contract's length (service-behaviour c.2)
            raise ConfigError(f"folder id {self.folder_id!r}: use 1 to 50 characters")


CHOICES: Mapping[str, tuple[str, ...]] = {
    "durations": get_args(Durations),
    "auth": get_args(Auth),
    "log_level": get_args(LogLevel),
}
"""The fields that take one of a few words, and the words."""


def parse_time(text: str) -> TimeMode:
    """`skip`, `poll`, `real`, `manual`, or a rate such as `10x` or `0.5x`: above 0, up to a million.

    Raises:
        ConfigError: the text is none of these.
    """
    if text in _NAMED_MODES:
        return _NAMED_MODES[text]
    match = re.fullmatch(_RATE, text)
    rate = _exactly(match[1]) if match else 0
    if not 0 < rate <= _FASTEST:
        _refuse("time", text, f"skip, poll, real, manual, or a rate such as 10x or 0.5x (up to {_FASTEST}x)")
    return TimeMode("real", rate)


def _exactly(digits: str) -> Rate:
    if digits.isdecimal():
        return int(digits)
    from fractions import Fraction  # noqa: PLC0415 - 3 ms, for those who need it

    return Fraction(digits)


def parse_settings(items: list[str]) -> Mapping[str, str]:
    """`ID=VALUE` items as a mapping; whether there is such a behaviour, `ServerConfig` says.

    Raises:
        ConfigError: an item has no `=`, its id is not in kebab-case, or an id is given twice.
    """
    settings: dict[str, str] = {}
    for item in items:
        behaviour, equals, value = item.partition("=")
        if not equals or not re.fullmatch(_BEHAVIOUR, behaviour):
            _refuse("set", item, "ID=VALUE, with an id from behaviours.yaml, in kebab-case")
        if behaviour in settings:
            raise ConfigError(f"--set {behaviour} is given twice; give it once")
        settings[behaviour] = value
    return MappingProxyType(settings)


def parse_faults(names: list[str]) -> "tuple[Fault, ...]":
    """The faults of presets by name, and of files.

    Raises:
        ConfigError: there is no such preset or file, or a fault in it can never work.
    """
    if not names:
        return ()
    from aistudio_faults.faults import FaultError  # noqa: PLC0415 - not on the start path
    from aistudio_mock.fault_files import faults_of  # noqa: PLC0415 - imports the contract

    try:
        return faults_of(names)
    except FaultError as problem:
        raise ConfigError(f"--faults {problem}") from None


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        _refuse(name, value, " or ".join((", ".join(choices[:-1]), choices[-1])))


def _check_behaviours(edition: str, settings: Mapping[str, str]) -> None:
    try:
        choose(edition, settings)
    except ValueError as error:
        raise ConfigError(f"--{error}") from error


def _check_ports(ports: Mapping[str, int]) -> None:
    for name, port in ports.items():
        if not 0 <= port <= 65535:  # noqa: PLR2004 - TCP's own range
            _refuse(f"{name}_port", str(port), "0 for any free port, or 1 to 65535")
    fixed = [port for port in ports.values() if port]
    if len(set(fixed)) < len(fixed):
        same = next(port for port in fixed if fixed.count(port) > 1)
        raise ConfigError(
            f"port {same} is given twice; gRPC, TLS and HTTP need a port each (0 for any free one)"
        )


def _check_host(name: str, host: str) -> None:
    if host != _LOOPBACK and not re.fullmatch(_HOST, host):
        _refuse(name, host, "a host name or an IP address, without scheme and port")


def _refuse(option: str, value: str, would_work: str) -> NoReturn:
    raise ConfigError(f"--{option.replace('_', '-')} {value!r}: use {would_work}")
