"""A run: every case with one client, by one or more children of it at a time."""

import os
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from queue import SimpleQueue
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from aistudio_conformance import journal as journals
from aistudio_conformance.case import Case, Server
from aistudio_conformance.children import NotStarted
from aistudio_conformance.driver import BEGIN_SECONDS, Broken, Driver
from aistudio_conformance.environment import of_client
from aistudio_conformance.journal import Journal, JournalError
from aistudio_conformance.judge import Court, Rules, judge
from aistudio_conformance.model import Verdict
from aistudio_conformance.play import Played, play, troubled
from aistudio_conformance.protocol import Hello, Verb
from aistudio_conformance.redaction import Redactor
from aistudio_conformance.target import Target

_HARMLESS: tuple[Verb, ...] = ("dataset.list", "tuning.list")


class SmokeError(Exception):
    """The adapter does not work at all. The message is one line and says what it answered."""


class Judged(Struct, frozen=True):
    """One case, what was seen of it, and the verdict."""

    case: Case
    played: Played
    journal: Journal
    verdict: Verdict


class Runner:
    """Runs one client, given as the command of its adapter, against one server; for `with`.

    `seed` rules what is random in a case; the same seed repeats it. `parallel` is how many children of the
    client run at a time. `court` judges: the client, or with `judge_server` the server.
    """

    def __init__(
        self,
        command: Sequence[str],
        target: Target,
        rules: Rules,
        seed: int,
        parallel: int = 1,
        court: Court = judge,
    ) -> None:
        self._target = target
        self._rules = rules
        self._court = court
        self._seed = seed
        environment = of_client(os.environ, target.ca)
        self._seats = [_Seat(command, environment) for _ in range(parallel)]
        self._stopping = Event()
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends every child, at once if there was an error."""
        if kind is not None:
            self.stop()
        for thread in self._threads:
            thread.join()
        for seat in self._seats:
            seat.leave()

    def stop(self) -> None:
        """Ends every child at once; the cases under way come to nothing."""
        self._stopping.set()
        for seat in self._seats:
            seat.stop()

    def smoke(self) -> Hello:
        """Tries the adapter before any case: hello, a case that begins and ends, one harmless verb.

        Raises:
            SmokeError: it does not work.
            TargetError: the server does not.
        """
        try:
            client, hello = self._seats[0].client()
            self._try(client, hello)
        except NotStarted as problem:
            raise SmokeError(str(problem)) from None
        except Broken as broken:
            raise SmokeError(f"the client {broken}{self._seats[0].last_words()}") from None
        return hello

    def run(self, cases: Sequence[Case]) -> Iterator[Judged]:
        """The cases as they are done, in an order that the seed shuffles."""
        waiting: SimpleQueue[Case | None] = SimpleQueue()
        for case in shuffled(cases, self._seed):
            waiting.put(case)
        done: SimpleQueue[Judged | BaseException] = SimpleQueue()
        for seat in self._seats:
            waiting.put(None)
            self._threads.append(Thread(target=self._work, args=(seat, waiting, done), daemon=True))
            self._threads[-1].start()
        for _ in cases:
            judged = done.get()
            if isinstance(judged, BaseException):
                raise judged
            yield judged

    def _try(self, client: Driver, hello: Hello) -> None:
        if not hello.verbs:
            raise SmokeError(
                f"{hello.name} says hello without a single verb; it has to name those that it has"
            )
        folder = self._target.new_folder(Server(), self._seed)
        client.begin(folder.place("api-key"))
        for verb in _HARMLESS:
            answer = client.ask(verb, {}, BEGIN_SECONDS) if verb in hello.verbs else None
            if answer is not None and answer.trouble is not None:
                raise SmokeError(f"the adapter is in trouble with {verb}: {answer.trouble}")
        client.end()
        folder.forget()

    def _work(
        self, seat: "_Seat", waiting: SimpleQueue[Case | None], done: SimpleQueue[Judged | BaseException]
    ) -> None:
        while (case := waiting.get()) is not None and not self._stopping.is_set():
            try:
                done.put(judged(case, self._played(case, seat), self._rules, self._court))
            except BaseException as bug:  # noqa: BLE001 - raised again by the thread that waits
                done.put(bug)

    def _played(self, case: Case, seat: "_Seat") -> Played:
        try:
            client, hello = seat.client()
        except NotStarted as problem:
            return Played(troubled(case, seat.hello, self._seed, str(problem)))
        except Broken as broken:
            return Played(troubled(case, seat.hello, self._seed, f"the client {broken}{seat.last_words()}"))
        return play(case, client, hello, self._target, self._seed)


def judged(case: Case, played: Played, rules: Rules, court: Court = judge) -> Judged:
    """The verdict on what was seen, and on nothing else."""
    try:
        seen = journals.read(played.journal.splitlines())
    except JournalError as problem:
        trouble = played.report.trouble or str(problem)
        played, seen = replace(played, report=replace(played.report, trouble=trouble)), Journal()
    return Judged(case, played, seen, court(case, played.report, seen, rules))


def shuffled(cases: Sequence[Case], seed: int) -> list[Case]:
    """In the order that belongs to the seed."""
    return sorted(cases, key=lambda case: blake2b(f"{seed}/order/{case.id}".encode()).digest())


class _Seat:
    """Room for one child of the client, started when there is none that can be used."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._client: Driver | None = None
        self._lock = Lock()
        self._is_over = False
        self.hello = Hello(name=" ".join(command))

    def client(self) -> tuple[Driver, Hello]:
        """A child that can be asked, and its hello. Raises NotStarted and Broken."""
        if self._client is None or not self._client.is_usable:
            self._client = self._started()
            self.hello = self._client.hello()
        return self._client, self.hello

    def last_words(self) -> str:
        """The last line on its stderr, as the end of a sentence; empty if there is none."""
        lines = self._client.printed.since(0).strip().splitlines() if self._client else []
        return f"; its stderr ends: {Redactor({}).text(lines[-1])}" if lines else ""

    def stop(self) -> None:
        """Kills the child; none is started here any more."""
        with self._lock:
            self._is_over = True
            if self._client:
                self._client.kill()

    def leave(self) -> None:
        """Lets the child end."""
        if self._client:
            self._client.close()

    def _started(self) -> Driver:
        with self._lock:
            self.leave()
            if self._is_over:
                raise NotStarted("the run is over")
            self._client = Driver(self._command, self._environment)
            return self._client
