"""Releases of a client that is a Python package: each in an environment of its own, kept for the next run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from platformdirs import user_cache_path

_HOST_NEEDS = ("msgspec",)
_PATIENCE = 600.0
_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc|\.dev|\.post)\d+)?")


class ReleaseError(Exception):
    """There is no such release, or it cannot be installed. The message is one line."""


def python_with(distribution: str, version: str) -> Path:
    """A Python that has this release, made from the package index unless it is there already.

    Raises:
        ReleaseError: it cannot be made.
    """
    if not _VERSION.fullmatch(version):
        raise ReleaseError(f"{version!r} is no version; write one such as 0.21.0")
    kind = f"{distribution}-{version}-py{sys.version_info.major}.{sys.version_info.minor}"
    place = user_cache_path("aistudio-conformance") / kind
    if not _program(place).exists():
        _make(place, f"{distribution}=={version}")
    return _program(place)


def _make(place: Path, wanted: str) -> None:
    """The whole environment or nothing: another run may be making the same one."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise ReleaseError(f"{place.parent} cannot be written: {error.strerror}") from None
    try:
        _run(sys.executable, "-m", "venv", str(draft))
        _run(str(_program(draft)), "-m", "pip", "install", "--quiet", wanted, *_HOST_NEEDS)
        try:
            draft.rename(place)
        except OSError:
            if not _program(place).exists():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _run(*command: str) -> None:
    """Raises ReleaseError."""
    try:
        done = subprocess.run(  # noqa: S603 - this Python and its pip
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise ReleaseError(f"{' '.join(command[1:])}: not done after {_PATIENCE:g} s") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [
            done.stderr.strip()
        ]
        raise ReleaseError(f"{' '.join(command[3:])}: {said[0].removeprefix('ERROR: ')}")


def _program(place: Path) -> Path:
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
