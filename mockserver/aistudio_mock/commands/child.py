"""Another program as our child: signals reach it, its end is ours, and nothing of it stays behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType

from aistudio_mock.commands.console import CommandError, Exit

_BY_TERMINAL = ("SIGINT", "SIGQUIT")
"""What a terminal sends to every process in its foreground."""
_FORWARDED = (*_BY_TERMINAL, "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_SIGNALLED = 128


class Child:
    """One program. Made in the main thread, before the program starts: no signal is lost in between."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._shares_terminal = _is_in_foreground()
        for name in _FORWARDED if os.name == "posix" else ():
            signal.signal(getattr(signal, name), self._seen)

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
            self._process = subprocess.Popen(command, env=environment, process_group=group)  # noqa: S603
        except OSError as error:
            raise CommandError(_why_not(command[0], error), Exit.ENVIRONMENT) from error
        for number in self._early:
            self._send(number)
        try:
            code = self._process.wait()
        except KeyboardInterrupt:  # only where signals are not ours: Windows has told the child as well
            code = self._process.wait()
        finally:
            if group is not None:
                self._send(signal.SIGTERM)
        return code if code >= 0 else _SIGNALLED - code

    def _seen(self, number: int, _frame: FrameType | None) -> None:
        if self._shares_terminal and signal.Signals(number).name in _BY_TERMINAL:
            return  # it has reached the child as well
        if self._process is None:
            self._early.append(number)
        else:
            self._send(number)

    def _send(self, number: int) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, of a group of zombies
            if sys.platform == "win32" or self._shares_terminal:
                self._process.send_signal(number)
            else:
                os.killpg(self._process.pid, number)


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
