"""Child processes that end with everything they started."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from aistudio_conformance.printed import Printed

Child = subprocess.Popen[bytes]


class NotStarted(Exception):
    """There is no such program, or it cannot be run. The message is one line."""


def start(command: Sequence[str], environment: Mapping[str, str] | None) -> tuple[Child, Printed]:
    """A child with pipes, in a group of its own: a Ctrl-C for us does not reach it. Raises NotStarted."""
    printed = Printed()
    try:
        return _start(command, environment, printed.file), printed
    except NotStarted:
        printed.remove()
        raise
    finally:
        os.close(printed.file)


def _start(command: Sequence[str], environment: Mapping[str, str] | None, stderr: int) -> Child:
    try:
        return subprocess.Popen(  # noqa: S603 - the command is what the user asks for
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            process_group=0 if os.name == "posix" else None,
        )
    except FileNotFoundError:
        raise NotStarted(f"no program {command[0]}; give one that your shell would find") from None
    except OSError as error:
        raise NotStarted(f"{command[0]} cannot be started ({error.strerror}); is it a program?") from None


def stop(child: Child, grace: float) -> int | None:
    """Waits for its end, `grace` seconds at most; then nothing of its group is left.

    Its exit code; None if it had to be killed.
    """
    if child.returncode is not None:
        return child.returncode
    with suppress(subprocess.TimeoutExpired):
        child.wait(grace)
    code = child.returncode
    _kill_group(child)
    child.wait()
    return code


def kill(child: Child) -> None:
    """Ends it and all that it started, at once."""
    if child.returncode is None:  # else its id may be somebody else's by now
        _kill_group(child)


def _kill_group(child: Child) -> None:
    with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, of a group of zombies
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
