"""Answers that are changed on their way: what the faults of a broken server make of those of any server."""

from threading import Lock
from typing import Any

from aistudio_conformance.recording.tape import METHODS
from aistudio_faults.edits import edit, values
from aistudio_faults.faults import Asked, Fault, Met, Standing, meet, standing
from aistudio_protos.pool import message_class

_OF_ANSWERS = frozenset(
    {"method", "where", "after", "times", "status", "message", "set", "clear", "unknown_fields"}
)
"""What of a fault needs no server: calls are chosen, answers changed, or refusals given in their place."""


class Bending:
    """The faults of the case under way; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._standings: tuple[Standing, ...] = ()

    def begin(self) -> None:
        """A case begins: answers pass as they are."""
        with self._lock:
            self._standings = ()

    def add(self, fault: Fault) -> None:
        """From now on calls meet this. ValueError, in one line, for what needs the server itself."""
        beyond = beyond_answers(fault)
        if beyond:
            raise ValueError(f"{', '.join(beyond)}: that needs the server itself, not its answers")
        with self._lock:
            self._standings = (*self._standings, standing(fault, f"fault-{len(self._standings) + 1}"))

    @property
    def is_idle(self) -> bool:
        """Whether no call can meet anything."""
        return not self._standings

    def meet(self, path: str, request: bytes) -> Standing | None:
        """The fault that one call meets, if any; counts it."""
        method = METHODS.get(path)
        if method is None:
            return None
        message = message_class(method.input_type.full_name).FromString(request)
        name = f"{method.containing_service.name}/{method.name}"
        asked = Asked("grpc", name, lambda where: values(message, where))
        with self._lock:
            met: Met = meet(self._standings, asked, seed=0)
            self._standings = met.standings
        return met.fault


def beyond_answers(fault: Fault) -> list[str]:
    """The fields of a fault that nobody but the server itself can carry out."""
    return sorted(fault.fields().keys() - _OF_ANSWERS)


def bent(fault: Fault | None, type_name: str, answer: bytes) -> bytes:
    """The answer as the fault leaves it. Raises `aistudio_faults.edits.EditError`."""
    if fault is None or not fault.has_edits:
        return answer
    message: Any = message_class(type_name).FromString(answer)
    edit(message, fault)
    return bytes(message.SerializeToString())
