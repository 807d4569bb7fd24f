"""One client under test: a child process that is asked and answers, line by line."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from aistudio_conformance import children
from aistudio_conformance.children import how_it_ended
from aistudio_conformance.lines import LineReader, LineWriter
from aistudio_conformance.protocol import ASKED, VERSION, Answer, Ask, Hello, Place

START_SECONDS = 60.0
"""How long a client may take to start and say hello."""
BEGIN_SECONDS = 30.0
END_SECONDS = 10.0
"""How long it may take to end a case, and to exit once its input has ended."""

_LAST_SECONDS = 2.0
"""How long it may take to exit once its stdout is closed."""
_SHOWN = 200


class Broken(Exception):
    """The conversation is over and the child is gone. The message goes on from "the client …"."""


class Crashed(Broken):
    """The child ended before it answered."""


class Hung(Broken):
    """There was no answer in time."""


class Garbled(Broken):
    """What came was no answer to what was asked: the adapter's trouble, not the client's."""


class Driver:
    """A started client. One thread asks; any may kill. `printed` is its stderr.

    Raises:
        NotStarted: there is no such program.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._child, self.printed = children.start(command, environment)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._asks, self._answers = LineWriter(self._child.stdin), LineReader(self._child.stdout)
        self._number = 0
        self.is_usable = True
        """False once the conversation is broken."""

    def hello(self) -> Hello:
        """What the adapter says of itself. Raises Broken."""
        answer = self.ask("hello", {}, START_SECONDS)
        if answer.ok is None:
            raise self._garbled(f"answered hello with {_told(answer)}")
        try:
            hello = msgspec.convert(answer.ok, Hello)
        except msgspec.ValidationError as problem:
            raise self._garbled(f"answered hello with what is none: {problem}") from None
        if hello.protocol != VERSION:
            raise self._garbled(f"speaks version {hello.protocol} of the protocol, the suite {VERSION}")
        return hello

    def begin(self, place: Place) -> None:
        """A case begins there. Raises Broken."""
        self._done("begin", msgspec.to_builtins(place), BEGIN_SECONDS)

    def end(self) -> None:
        """The case is over. Raises Broken."""
        self._done("end", {}, END_SECONDS)

    def ask(self, do: str, given: Mapping[str, Any], timeout: float) -> Answer:
        """The answer, as the protocol has it. Raises Broken."""
        self._number += 1
        self._asks.put(msgspec.json.encode(Ask(id=self._number, do=do, with_=dict(given))))
        try:
            line = self._answers.next(timeout)
        except TimeoutError:
            self.kill()
            raise Hung(f"hung (no answer in {timeout:g} s)") from None
        if not line.endswith(b"\n"):
            raise self._crashed()
        return self._read(line, do)

    def kill(self) -> None:
        """Ends the child, and whatever it started, at once."""
        self.is_usable = False
        children.kill(self._child)

    def close(self) -> int | None:
        """Lets the child end, as at the end of its input. Its exit code; None if it had to be killed."""
        self.is_usable = False
        self._asks.close()
        code = children.stop(self._child, END_SECONDS)
        self.printed.remove()
        return code

    def _done(self, do: str, given: Mapping[str, Any], timeout: float) -> None:
        answer = self.ask(do, given, timeout)
        if answer.ok is None:
            raise self._garbled(f"answered {do} with {_told(answer)}")

    def _read(self, line: bytes, do: str) -> Answer:
        try:
            answer = msgspec.json.decode(line, type=Answer)
        except (msgspec.MsgspecError, RecursionError) as problem:
            raise self._garbled(
                f"answered {do} with a line that is no answer, {_shown(line)}: {problem}"
            ) from None
        if answer.id != self._number:
            raise self._garbled(f"answered {do}, which had id {self._number}, with id {answer.id}")
        kinds = [
            kind for kind in (answer.ok, answer.error, answer.unsupported, answer.trouble) if kind is not None
        ]
        if len(kinds) != 1:
            raise self._garbled(
                f"answered {do} with {len(kinds) or 'none'} of ok, error, unsupported, trouble; one is needed"
            )
        return _with_right_shape(answer, do)

    def _crashed(self) -> Crashed:
        self.is_usable = False
        code = children.stop(self._child, _LAST_SECONDS)
        return Crashed(f"crashed ({'it closed its stdout' if code is None else how_it_ended(code)})")

    def _garbled(self, what: str) -> Garbled:
        self.kill()  # whatever comes next would be taken for an answer to something else
        return Garbled(what)


def _with_right_shape(answer: Answer, do: str) -> Answer:
    """The answer, or the trouble that its `ok` is not what the verb gives."""
    if answer.ok is None or do not in ASKED:
        return answer
    kind = ASKED[cast("Any", do)][1]
    try:
        msgspec.convert(answer.ok, kind)
    except msgspec.ValidationError as problem:
        return Answer(id=answer.id, trouble=f"the answer to {do} is no {kind.__name__}: {problem}")
    return answer


def _told(answer: Answer) -> str:
    if answer.error is not None:
        return f"an error: {answer.error.message}"
    return (
        f"trouble: {answer.trouble}" if answer.trouble is not None else f"unsupported: {answer.unsupported}"
    )


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace").strip()
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
