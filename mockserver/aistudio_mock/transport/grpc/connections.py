"""The sockets of gRPC's connections, which grpcio does not give away: found by who is at their other end."""

import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote

_MAPPED = "::ffff:"
"""How a socket for both versions of IP writes an address of the older one."""

_DESCRIPTORS = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"


def cut(peer: str) -> bool:
    """Shuts the connection down whose caller is `peer`, as grpcio writes it; whether there was one.

    Never on Windows, where a process cannot look at its own sockets.
    """
    host, _, port = unquote(peer).partition(":")[2].rpartition(":")
    wanted = host.strip("[]"), int(port)
    for connection in _connections():
        with connection, suppress(OSError):
            found, number = connection.getpeername()[:2]
            if (found.removeprefix(_MAPPED), number) == wanted:
                connection.shutdown(socket.SHUT_RDWR)
                return True
    return False


def _connections() -> Iterator[socket.socket]:
    """Every socket of this process, as a duplicate that whoever takes it closes."""
    for name in os.listdir(_DESCRIPTORS) if os.name == "posix" else ():  # noqa: PTH208 - numbers, no paths
        descriptor = int(name)
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                found = socket.socket(fileno=os.dup(descriptor))
                if found.family in {socket.AF_INET, socket.AF_INET6}:
                    yield found
                else:
                    found.close()
