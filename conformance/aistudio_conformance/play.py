"""One case with one client: its folder is made, its steps are asked for, and all that was seen is kept."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from aistudio_conformance import files
from aistudio_conformance.case import Case, Step
from aistudio_conformance.driver import Broken, Garbled
from aistudio_conformance.model import Report, StepReport
from aistudio_conformance.protocol import Answer, Hello
from aistudio_conformance.redaction import Redactor
from aistudio_conformance.target import Conversation, Folder, Target, TargetError
from aistudio_conformance.variables import VariableError, fill, nonce, references, uuid
from aistudio_faults.faults import Fault

_T = TypeVar("_T")


class Played(Struct, frozen=True):
    """All that was seen of one case, as it may be kept: no secret is in it. `journal` is JSON Lines."""

    report: Report
    journal: bytes = b""
    stderr: str = ""


def play(case: Case, client: Conversation, hello: Hello, target: Target, seed: int) -> Played:
    """Runs the case. What goes wrong is in the report; nothing is raised for it."""
    folder_seed = int.from_bytes(blake2b(f"{seed}/{case.id}".encode(), digest_size=4).digest(), "big")
    try:
        folder = target.new_folder(case.server, folder_seed)
    except TargetError as trouble:
        return Played(troubled(case, hello, seed, str(trouble)))
    stderr = client.printed.end()
    with TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True) as scratch:
        run = _Run(case, client, hello, folder, seed)
        run.carry_out(Path(scratch))
    journal = b""
    try:
        journal = folder.journal()
        folder.forget()
    except TargetError as trouble:
        run.trouble = run.trouble or str(trouble)
    return _without_secrets(run.report(), journal, client.printed.since(stderr), folder.secrets)


def troubled(case: Case, hello: Hello, seed: int, trouble: str) -> Report:
    """The report on a case that could not be run."""
    return Report(case=case.id, client=hello, seed=seed, trouble=trouble)


class _Run:
    """The steps of one case as they go."""

    def __init__(self, case: Case, client: Conversation, hello: Hello, folder: Folder, seed: int) -> None:
        self._case = case
        self._client = client
        self._hello = hello
        self._folder = folder
        self._seed = seed
        self._variables: dict[str, Any] = {}
        self._steps: list[StepReport] = []
        self.trouble = ""

    def report(self) -> Report:
        """What there is to tell."""
        return Report(
            case=self._case.id,
            client=self._hello,
            seed=self._seed,
            variables=self._variables,
            steps=tuple(self._steps),
            trouble=self.trouble,
        )

    def carry_out(self, scratch: Path) -> None:
        """Everything between the fresh folder and the reading of its journal."""
        try:
            self._variables |= _chosen(self._case, self._folder, self._seed)
            self._variables["files"] = files.write(self._case, self._seed, scratch, self._variables)
            self._add_faults(self._case.server.faults)
            self._begin()
            for step in self._case.steps:
                if not self._asked_for(step):
                    break
            if self._client.is_usable:
                self._client.end()
        except (TargetError, VariableError) as trouble:
            self.trouble = str(trouble)
        except Broken as broken:
            self.trouble = f"the client {broken}"

    def _begin(self) -> None:
        self._client.begin(self._folder.place(self._case.credentials))

    def _asked_for(self, step: Step) -> bool:
        """Asks for one step, if it is its turn. Whether there may be more."""
        if any(one.answer and one.answer.error for one in self._steps) and not step.after_error:
            return True
        try:
            given = fill(step.with_, self._variables)
        except VariableError:
            return True  # it needs what the client did not tell, and so was never asked for
        self._prepare(step)
        asked = self._ask(step, given)
        self._steps.append(asked)
        if asked.answer is None or (asked.answer.ok is None and asked.answer.error is None):
            return False
        self._variables[step.id] = asked.answer.ok or {}
        return True

    def _prepare(self, step: Step) -> None:
        self._add_faults(step.before.faults)
        if step.before.advance:
            self._folder.advance(step.before.advance)
        if step.fresh:
            self._client.end()
            self._begin()

    def _add_faults(self, faults: tuple[Fault, ...]) -> None:
        for fault in faults:
            self._folder.add_fault(_filled(fault, self._variables))

    def _ask(self, step: Step, given: Mapping[str, Any]) -> StepReport:
        if step.do not in self._hello.verbs:
            unclaimed = Answer(id=0, unsupported=f"{step.do} is not among the verbs of its hello")
            return StepReport(step=step.id, do=step.do, asked=given, answer=unclaimed)
        answer, ended, started = None, "answered", monotonic()
        try:
            answer = self._client.ask(step.do, given, step.timeout)
        except Garbled as garbled:
            answer = Answer(id=0, trouble=str(garbled))
        except Broken as broken:
            ended = str(broken)
        seconds = round(monotonic() - started, 3)
        return StepReport(step=step.id, do=step.do, asked=given, answer=answer, ended=ended, seconds=seconds)


def _chosen(case: Case, folder: Folder, seed: int) -> dict[str, Any]:
    """The values of every variable that stands for nothing of the client's."""
    names = {name.partition(".")[::2] for name in references(msgspec.to_builtins(case))}
    return {
        "folder": {"id": folder.id, "elsewhere": _elsewhere(folder.place("none").http)},
        "nonce": {name: nonce(seed, case.id, name) for kind, name in names if kind == "nonce"},
        "uuid": {name: uuid(seed, case.id, name) for kind, name in names if kind == "uuid"},
    }


def _elsewhere(http: str) -> str:
    """The storage under another name of this machine."""
    return http.replace("127.0.0.1", "localhost")


def _filled(part: _T, variables: Mapping[str, Any]) -> _T:
    return msgspec.convert(fill(msgspec.to_builtins(part), variables), type(part))


def _without_secrets(report: Report, journal: bytes, stderr: str, secrets: Mapping[str, str]) -> Played:
    """What was seen, fit to be kept: judged is what is kept."""
    redactor = Redactor(secrets)
    seen = [f"{name} on stderr" for name in redactor.found(stderr)]
    for step in report.steps:
        seen += [f"{name} in the answer to {step.do}" for name in redactor.found(_encoded(step.answer))]
    # The texts of JSON: no secret has a character that would be escaped there.
    shown = msgspec.json.decode(redactor.text(_encoded(report)), type=Report)
    return Played(
        msgspec.structs.replace(shown, secrets_seen=tuple(seen)),
        redactor.text(journal.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"),
        redactor.text(stderr),
    )


def _encoded(part: Report | Answer | None) -> str:
    return msgspec.json.encode(part).decode()
