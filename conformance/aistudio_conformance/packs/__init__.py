"""Packs of cases: `core` is written by hand, `forward` is made from the contract's descriptors."""

from collections.abc import Callable, Mapping

from aistudio_conformance import load
from aistudio_conformance.case import Case
from aistudio_conformance.packs import forward

PACKS: Mapping[str, Callable[[], tuple[Case, ...]]] = {"core": load.cases, "forward": forward.cases}
"""By the name that a command line uses."""


def every_case() -> tuple[Case, ...]:
    """The cases of all packs. Raises CaseError."""
    return tuple(case for cases in PACKS.values() for case in cases())
