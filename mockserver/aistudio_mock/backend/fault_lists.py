"""Lists of faults, as files and the control API write them: each item is a fault, or names a preset."""

from collections.abc import Iterator, Mapping
from typing import Any

from aistudio_faults.faults import Fault, FaultError
from aistudio_mock.backend.fault_check import require_possible
from aistudio_mock.domain import fault_rules
from aistudio_mock.domain.fault_presets import PRESETS

PRESET = "preset"
"""The one field of an item that stands for all faults of a preset."""


def read_one(fields: Mapping[str, Any]) -> Fault:
    """A fault from its fields. Raises FaultError for one that can never work."""
    fault = fault_rules.read(fields)
    require_possible(fault)
    return fault


def read_all(listed: Any, source: str = "") -> tuple[Fault, ...]:
    """Every fault of a list, in order; `source` is what errors call the list.

    Raises:
        FaultError: it is no list, there is no such preset, or a fault can never work; names the place.
    """
    at = f"{source}, " if source else ""
    if not isinstance(listed, list | tuple):
        raise FaultError(f"{at}write a list of faults, each beginning with a dash: - method: …")
    return tuple(
        fault for number, item in enumerate(listed, 1) for fault in _faults_of(f"{at}fault {number}", item)
    )


def _faults_of(place: str, item: Any) -> Iterator[Fault]:
    try:
        yield from map(read_one, _fields_of(item))
    except FaultError as problem:
        raise FaultError(f"{place}: {problem}") from None


def _fields_of(item: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(item, Mapping):
        raise FaultError(f"write fields, such as method and status; not {item!r}")
    if PRESET not in item:
        return (item,)
    name = str(item[PRESET])
    if len(item) > 1:
        raise FaultError(f"a preset is whole: {PRESET} goes without other fields")
    if name not in PRESETS:
        raise FaultError(f"no preset {name!r}; {fault_rules.near(name, tuple(PRESETS))}")
    return PRESETS[name].faults
