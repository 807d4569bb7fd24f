"""A person as the client under test: told what to do, and asked what came of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

import msgspec

from aistudio_conformance.protocol import Answer, Failure, Place

_HOW = (
    "Do each step with any program, under a debugger if need be, then press Enter. If a later step needs "
    "what it told, or that is to be judged, type it first: the reply as JSON, or `error` and the message."
)


class ByHand:
    """The conversation of `driver.Driver`, with a person at a terminal."""

    is_usable = True

    def __init__(self, typed: TextIO, say: Callable[[str], None]) -> None:
        self._typed = typed
        self._say = say
        self.printed: Final = _Nothing()

    def begin(self, place: Place) -> None:
        """A case begins there."""
        self._say(_HOW)
        for name, value in _addresses(place).items():
            self._say(f"  {name:<15}{value}")

    def end(self) -> None:
        """The case is over."""

    def ask(self, do: str, given: Mapping[str, Any], timeout: float) -> Answer:
        """What the person says came of it. There is no hurry."""
        del timeout
        self._say(f"\n{do}  {msgspec.json.encode(given).decode()}")
        while True:
            self._say("> done?")
            answer = _read(self._typed.readline())
            if answer is not None:
                return answer
            self._say("that is neither a JSON object nor `error MESSAGE`; once more")


class _Nothing:
    """A person prints nothing that would have to be searched for secrets."""

    def end(self) -> int:
        return 0

    def since(self, start: int) -> str:
        del start
        return ""


def _addresses(place: Place) -> Mapping[str, str]:
    return {
        "gRPC": f"{place.grpc} (plaintext), {place.tls} (TLS)",
        "HTTP": place.http,
        "CA": place.ca,
        "folder": place.folder_id,
        "credentials": f"{place.credentials.kind} {place.credentials.value}".strip(),
    }


def _read(line: str) -> Answer | None:
    text = line.strip()
    if text.startswith("error"):
        return Answer(id=0, error=Failure(message=text.removeprefix("error").strip() or "no message"))
    try:
        return Answer(id=0, ok=msgspec.json.decode(text or "{}", type=dict[str, Any]))
    except msgspec.MsgspecError:
        return None
