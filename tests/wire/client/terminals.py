"""Programs on a pseudo-terminal, as a person starts them, and a place that keeps them waiting."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Self

ON_ITS_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A program that has a terminal of its own: what it shows is in `shown`."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._master, slave = os.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_ITS_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**env, "TERM": "xterm", "COLUMNS": "120", "LINES": "24"},
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def until(self, text: str) -> None:
        """Reads what is shown until there is `text`. AssertionError when the program ends before."""
        while text not in self.shown:
            assert self._read(), self.shown

    def ctrl_c(self) -> None:
        """As a person presses it: the terminal sends SIGINT to everything that runs there."""
        os.write(self._master, b"\x03")

    def ended(self) -> int:
        """The exit code; all that was shown is in `shown`."""
        while self._read():
            pass
        return self.process.wait()

    def _read(self) -> bool:
        try:
            got = os.read(self._master, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.shown += got.decode(errors="replace")
        return bool(got)


class Hole:
    """A place that takes connections and bytes, and never answers."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._taken: list[socket.socket] = []
        host, port = self._listening.getsockname()
        self.url = f"http://{host}:{port}/bucket/key?X-Amz-Signature=secret"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (*self._taken, self._listening):
            one.close()

    def request(self) -> bytes:
        """The head of the next request, once all of it is there, its body too."""
        connection, _ = self._listening.accept()
        self._taken.append(connection)
        stream = connection.makefile("rb")
        head = b"".join(iter(stream.readline, b"\r\n"))
        stream.read(int(re.search(rb"(?i)content-length: *(\d+)", head)[1]))
        return head
