"""Starting a server in this process, with what can go wrong said in one line."""

import errno
import gc
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aistudio_mock.commands.console import CommandError, Exit
from aistudio_mock.config import ServerConfig

if TYPE_CHECKING:
    from aistudio_mock.app import Server


@contextmanager
def running(config: ServerConfig, shutdown: Callable[[], None] | None = None) -> Iterator["Server"]:
    """A started server, stopped on the way out. `shutdown` is what the control API's shutdown calls.

    Raises:
        CommandError: a port is in use, the host is not this machine's, or the certificates cannot be kept.
    """
    _claim_ports(config)
    with _nothing_collected():
        from aistudio_mock.app import Server
        from aistudio_mock.runtime.certificates import CertificateError

        server = Server(config, shutdown)
        try:
            server.start()
        except (CertificateError, OSError) as error:
            raise CommandError(f"the server cannot start: {error}", Exit.ENVIRONMENT) from error
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What is made in here lives as long as the process: looking for garbage in it is 8 % of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _claim_ports(config: ServerConfig) -> None:
    """Refuse a port in use before anything heavy is loaded, by the option that names it."""
    ports = {
        "--grpc-port": config.grpc_port,
        "--tls-port": config.tls_port,
        "--http-port": config.http_port,
    }
    for option, port in ports.items():
        try:
            _bind(config.host, port)
        except OSError as error:
            raise CommandError(_explain(error, option, config.host, port), Exit.ENVIRONMENT) from error


def _bind(host: str, port: int) -> None:
    # As bytes: text would be encoded as an international name, which imports what that takes.
    family, kind, protocol, _, address = socket.getaddrinfo(
        host.encode(), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        if (
            os.name == "posix"
        ):  # a server that has just ended is no obstacle; on Windows this would share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _explain(error: OSError, option: str, host: str, port: int) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for all of them"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use, maybe by an aistudio-mock; stop that or use {option} 0 for a free one"
    return f"port {port} cannot be opened ({error.strerror}); use {option} 0 for a free one"
