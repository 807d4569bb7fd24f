"""One answer to each line, whatever the line holds and whatever the client does."""

import sysconfig
import traceback
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import msgspec

from aistudio_conformance.adapters.host.finding import Adapter, Missing, has, method_of
from aistudio_conformance.protocol import ASKED, Answer, Ask, Done, Place, Record, Refused, Unsupported, Verb

_LONGEST = 500
_OF_OTHERS = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
"""Where what an adapter uses is installed."""

_R = TypeVar("_R", bound=Record)


class Misuse(Exception):
    """An ask, or what a client gave back, is not what the protocol says."""


class Numbered(msgspec.Struct):
    """What is read of a line that is no ask: its id, 0 if there is none."""

    id: int = 0


class Host:
    """An adapter and, between `begin` and `end`, its client."""

    def __init__(self, adapter: Adapter | Missing) -> None:
        self._adapter = adapter
        self._client: Any = None

    def answer(self, line: bytes) -> bytes:
        """The answer to one line, as a line without its end."""
        try:
            ask = msgspec.json.decode(line, type=Ask)
        except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
            return _encoded(Answer(id=_id(line), trouble=f"this line is no ask of the protocol: {problem}"))
        return _encoded(self._answered(ask))

    def leave(self) -> None:
        """Closes what is open. Nobody is left to be told of trouble but stderr."""
        try:
            self._close()
        except Exception:  # noqa: BLE001 - whatever a client's close() raises
            traceback.print_exc()

    def _answered(self, ask: Ask) -> Answer:
        try:
            return Answer(id=ask.id, ok=self._carried_out(ask))
        except Refused as refused:
            return Answer(id=ask.id, error=refused.failure)
        except Unsupported as unsupported:
            return Answer(id=ask.id, unsupported=str(unsupported) or f"the client has nothing for {ask.do}")
        except (Misuse, Missing) as misuse:
            return Answer(id=ask.id, trouble=str(misuse))
        except Exception as error:  # noqa: BLE001 - whatever a client raises is its adapter's trouble
            traceback.print_exc()
            return Answer(id=ask.id, trouble=_in_short(error))

    def _carried_out(self, ask: Ask) -> dict[str, Any]:
        if isinstance(self._adapter, Missing):
            raise self._adapter
        match ask.do:
            case "hello":
                return _plain(self._adapter.hello)
            case "begin":
                self._close()
                self._client = self._adapter.connect(_record(ask.with_, Place, "begin"))
            case "end":
                self._close()
            case verb if verb in get_args(Verb):
                return self._act(cast("Verb", verb), ask.with_)
            case unknown:
                raise Unsupported(f"{unknown} is no verb of protocol version 1")
        return _plain(Done())

    def _act(self, verb: Verb, given: dict[str, Any]) -> dict[str, Any]:
        takes, gives = ASKED[verb]
        if self._client is None:
            raise Misuse(f"{verb} was asked for before begin")
        if not has(type(self._client), verb):
            raise Unsupported(f"the client has no {method_of(verb)}")
        given_back = getattr(self._client, method_of(verb))(_record(given, takes, verb))
        return _plain(_record(given_back, gives, f"what {method_of(verb)} gave back"))

    def _close(self) -> None:
        client, self._client = self._client, None
        if hasattr(client, "close"):
            client.close()


def _record(value: Any, kind: type[_R], whose: str) -> _R:
    """The value as a record of that kind, every field checked. Raises Misuse."""
    try:
        plain = msgspec.to_builtins(value)
        return msgspec.convert(plain, kind)
    except (msgspec.ValidationError, TypeError, ValueError) as problem:
        raise Misuse(f"{whose}: not a {kind.__name__}: {problem}") from problem


def _plain(record: Record) -> dict[str, Any]:
    return cast("dict[str, Any]", msgspec.to_builtins(record))


def _encoded(answer: Answer) -> bytes:
    try:
        return msgspec.json.encode(answer)
    except (TypeError, ValueError) as problem:  # a Refused that was given something else than text
        return msgspec.json.encode(Answer(id=answer.id, trouble=f"the answer is no JSON: {problem}"))


def _id(line: bytes) -> int:
    try:
        return msgspec.json.decode(line, type=Numbered).id
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return 0


def _in_short(error: Exception) -> str:
    """The exception on one line, with the last place in the adapter that it came through."""
    said = " ".join(f"{type(error).__name__}: {error}".split())
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    places = traceback.extract_tb(error.__traceback__)
    own = [place for place in places if not place.filename.startswith((__file__, *_OF_OTHERS))]
    last = (own or places)[-1]
    return f"{said} ({Path(last.filename).name}, line {last.lineno})"
