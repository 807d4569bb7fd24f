"""Faults by a name that people give: a preset's, or that of a file in YAML or JSON."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aistudio_faults.faults import Fault, FaultError
from aistudio_mock.domain.fault_presets import PRESETS


def faults_of(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults of presets and files, in order.

    Raises:
        FaultError: there is no such preset or file, or a fault in it can never work; names the place.
    """
    from aistudio_mock.backend.fault_lists import read_all  # noqa: PLC0415 - imports the contract

    return tuple(fault for name in names for fault in read_all(*written(name)))


def written(name: str) -> tuple[Any, str]:
    """What a preset or file says, as `backend.fault_lists.read_all` takes it. Raises FaultError.

    A name of a preset wins; `./flaky-network` is the file.
    """
    if name in PRESETS:
        return [{"preset": name}], ""
    import yaml  # noqa: PLC0415 - only a file needs it

    try:
        return yaml.safe_load(Path(name).read_text(encoding="utf-8")), name
    except OSError as problem:
        known = ", ".join(PRESETS)
        raise FaultError(f"{name}: {problem.strerror}; name a file, or one of {known}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise FaultError(f"{name} is no YAML: {' '.join(str(problem).split())}") from None
