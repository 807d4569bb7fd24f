"""The notebook extension: a mock in the kernel, and the kernel redirected to it."""

import atexit
import os
import sys
from collections.abc import Callable
from typing import Any

from aistudio_mock import environment
from aistudio_mock.environment import Redirection

_RESTART = "Restart the kernel and make `%load_ext aistudio_mock` its first cell."

_running: list[Callable[[], None]] = []
"""How to stop what was loaded; at most one, because a kernel has one environment."""


def load(_shell: Any) -> None:
    """Starts a mock and sets the kernel's environment, so that clients made from here on reach it."""
    if _running:
        _say("aistudio-mock runs in this kernel already.")
        return
    had_grpc = "grpc" in sys.modules
    from aistudio_mock.mock import MockServer  # noqa: PLC0415 - imports grpc

    server = MockServer()
    server.__enter__()
    redirection = Redirection(dict.fromkeys(environment.UNSET) | server.env)
    process = os.getpid()

    def stop() -> None:
        if os.getpid() == process:  # a child that was forked leaves the server to its parent
            redirection.undo()
            server.__exit__(None, None, None)

    _running.append(stop)
    atexit.register(unload, _shell)
    folder = server.default_folder
    _say(f"aistudio-mock is ready: this kernel talks to {server.tls_endpoint}, folder {folder.id}.")
    if had_grpc and not environment.grpc_trusts(server.tls_endpoint):
        _say(f"But it is too late for this kernel: {environment.TOO_LATE}. {_RESTART}")


def unload(_shell: Any) -> None:
    """Stops the mock and gives the kernel its environment back."""
    while _running:
        _running.pop()()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
