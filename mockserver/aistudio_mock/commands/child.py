"""Another program as our child: signals reach it, its end is ours, and nothing of it stays behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType

from aistudio_mock.commands.console import CommandError, Exit


def _known(*names: str) -> tuple[signal.Signals, ...]:
    return tuple(signal.Signals[name] for name in names if hasattr(signal, name))


_BY_TERMINAL = _known("SIGINT", "SIGQUIT")
"""What a terminal sends to every process in its foreground."""
_FORWARDED = _BY_TERMINAL + _known("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_WATCHED = _FORWARDED + _known("SIGCHLD")
_SIGNALLED = 128


class Child:
    """One program. Made in the main thread, before the program starts: no signal is lost in between.

    Signals come by a socket: with threads about, the one that waits for the program may not notice them.
    """

    def __init__(self) -> None:
        self._shares_terminal = _is_in_foreground()
        self._signals, self._writer = socket.socketpair()
        if sys.platform != "win32":
            self._writer.settimeout(0)
            signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
            for number in _WATCHED:
                signal.signal(number, _seen)

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Runs it to its end; its exit code, or 128 and the number of the signal that killed it.

        In the foreground of a terminal it stays in our process group, so that it can read the keyboard and
        Ctrl-C reaches it; elsewhere it gets a group of its own, whose rest ends with it.

        Raises:
            CommandError: there is no such program, or it cannot be started.
        """
        # An own group would be in the background of a terminal, where nobody may read the keyboard.
        group = None if self._shares_terminal or os.name != "posix" else 0
        try:
            process = subprocess.Popen(command, env=environment, process_group=group)  # noqa: S603
        except OSError as error:
            raise CommandError(_why_not(command[0], error), Exit.ENVIRONMENT) from error
        try:
            code = self._wait(process)
        finally:
            if group is not None:
                self._send(process, signal.SIGTERM)
            _let_go()
        return code if code >= 0 else _SIGNALLED - code

    if sys.platform == "win32":

        def _wait(self, process: "subprocess.Popen[bytes]") -> int:
            while True:
                try:
                    return process.wait()
                except KeyboardInterrupt:
                    continue  # it has reached the child as well

    else:

        def _wait(self, process: "subprocess.Popen[bytes]") -> int:
            while (code := process.poll()) is None:
                number = self._signals.recv(1)[0]
                has_it = self._shares_terminal and number in _BY_TERMINAL
                if number in _FORWARDED and not has_it:
                    self._send(process, number)
            return code

    def _send(self, process: "subprocess.Popen[bytes]", number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, of a group of zombies
            if sys.platform == "win32" or self._shares_terminal:
                process.send_signal(number)
            else:
                os.killpg(process.pid, number)


def _seen(_number: int, _frame: FrameType | None) -> None:
    """Nothing: the byte in the socket is the message."""


def _let_go() -> None:
    """From here on a signal ends this process, as ever."""
    if sys.platform != "win32":
        signal.set_wakeup_fd(-1)
        for number in _WATCHED:
            signal.signal(number, signal.SIG_DFL)


def _is_in_foreground() -> bool:
    """Whether a terminal sends us its Ctrl-C."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _why_not(program: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"no command {program}; give one that your shell would find, after --"
    return f"{program} cannot be started ({error.strerror}); is it a program?"
