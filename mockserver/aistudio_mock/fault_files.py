"""Faults that a server is started with: presets by name, and files in YAML or JSON."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aistudio_mock.backend.fault_check import require_possible
from aistudio_mock.domain import fault_rules
from aistudio_mock.domain.fault_presets import PRESETS
from aistudio_mock.domain.faults import Fault, FaultError


def faults_of(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults of presets and files, in order.

    Raises:
        FaultError: there is no such preset or file, or a fault in it can never work; names the place.
    """
    return tuple(fault for name in names for fault in _checked(name))


def written_in(name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What one preset or file says, each fault with its place. Raises FaultError."""
    if name in PRESETS:
        for number, fields in enumerate(PRESETS[name].faults, 1):
            yield f"preset {name}, fault {number}", fields
        return
    listed = _listed(name)
    if not isinstance(listed, list):
        raise FaultError(f"{name}: write a list of faults, each beginning with a dash: - method: …")
    for number, fields in enumerate(listed, 1):
        place = f"{name}, fault {number}"
        if not isinstance(fields, Mapping):
            raise FaultError(f"{place}: write fields, such as method and status; not {fields!r}")
        yield place, fields


def _checked(name: str) -> Iterator[Fault]:
    for place, fields in written_in(name):
        try:
            fault = fault_rules.read(fields)
            require_possible(fault)
        except FaultError as problem:
            raise FaultError(f"{place}: {problem}") from None
        yield fault


def _listed(name: str) -> Any:
    import yaml  # noqa: PLC0415 - only a file needs it

    try:
        return yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except OSError as problem:
        known = ", ".join(PRESETS)
        raise FaultError(f"{name}: {problem.strerror}; name a file, or one of {known}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise FaultError(f"{name} is no YAML: {' '.join(str(problem).split())}") from None
