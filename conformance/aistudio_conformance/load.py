"""Cases and the ledger from their files, refused whole when any part of them cannot work."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import msgspec

from aistudio_conformance.case import Case, Check, ServerCheck
from aistudio_conformance.functions import FUNCTIONS
from aistudio_conformance.judge import SECRETS_RULE
from aistudio_conformance.ledger import Rule, Scenario
from aistudio_conformance.match import MatcherError, require_matcher
from aistudio_conformance.monitors import MONITORS, SECRETS_PRINTED
from aistudio_conformance.protocol import ASKED
from aistudio_conformance.server_functions import SERVER_FUNCTIONS
from aistudio_conformance.server_monitors import SERVER_MONITORS
from aistudio_conformance.variables import references

_T = TypeVar("_T")
_LEDGERS = ("ledger.yaml", "ledger-server.yaml")
_FILE_FACTS = frozenset({"path", "bytes", "rows", "md5"})


class CaseError(ValueError):
    """A case or the ledger can never work as it is written. The message is one line with the place."""


@cache
def cases() -> tuple[Case, ...]:
    """Every shipped case, by id. Raises CaseError."""
    folder = files("aistudio_conformance").joinpath("cases")
    found = [case_from(one.read_bytes(), one.name) for one in folder.iterdir() if one.name.endswith(".yaml")]
    _require_once(one.id for one in found)
    return tuple(sorted(found, key=lambda one: one.id))


@cache
def rules() -> Mapping[str, Rule]:
    """The ledger, by id. Raises CaseError."""
    package = files("aistudio_conformance")
    found = [ledger_from(package.joinpath(name).read_bytes(), name) for name in _LEDGERS]
    _require_once(rule for ledger in found for rule in ledger)
    return {name: rule for ledger in found for name, rule in ledger.items()}


@cache
def scenarios() -> Mapping[str, Scenario]:
    """The situations that a client should be seen in, by id. Raises CaseError."""
    text = files("aistudio_conformance").joinpath("scenarios.yaml").read_bytes()
    found = _read(text, list[Scenario], "scenarios.yaml")
    _require_once(one.id for one in found)
    return {one.id: one for one in found}


def ledger_from(text: bytes, place: str = "ledger.yaml") -> Mapping[str, Rule]:
    """A ledger from YAML. Raises CaseError."""
    found = _read(text, list[Rule], place)
    _require_once(one.id for one in found)
    for rule in found:
        if rule.weakness():
            raise CaseError(rule.weakness())
    return {one.id: one for one in found}


def case_from(text: bytes, place: str) -> Case:
    """A case from YAML. Raises CaseError for one that can never work."""
    return _sound(_read(text, Case, place), place)


def case_of(written: Mapping[str, Any], place: str) -> Case:
    """A case that was made, not written. Raises CaseError for one that can never work."""
    try:
        return _sound(msgspec.convert(written, Case), place)
    except msgspec.ValidationError as problem:
        raise CaseError(f"{place}: {problem}") from None


def _sound(case: Case, place: str) -> Case:
    problem = next(_problems(case), None)
    if problem:
        raise CaseError(f"{place}: {problem}")
    return case


def _read(text: bytes, kind: type[_T], place: str) -> _T:
    try:
        return msgspec.yaml.decode(text, type=kind)
    except msgspec.MsgspecError as problem:
        raise CaseError(f"{place}: {' '.join(str(problem).split())}") from None


def _problems(case: Case) -> Iterator[str]:
    steps = {step.id: step for step in case.steps}
    for step in case.steps:
        unknown = step.with_.keys() - set(ASKED[step.do][0].__struct_fields__)
        if unknown:
            yield f"step {step.id}: {step.do} does not take {', '.join(sorted(unknown))}"
    ids = [check.id for check in case.checks] + [check.id for check in case.server_checks]
    for name, count in Counter(ids).items():
        if count > 1:
            yield f"check {name} stands there {count} times"
    for check in case.checks:
        yield from (f"check {check.id}: {problem}" for problem in _check_problems(check, steps))
    for one in case.server_checks:
        yield from (f"check {one.id}: {problem}" for problem in _server_check_problems(one))
    yield from _unknown_variables(case, steps)
    for name in case.monitors_off.keys() - MONITORS.keys() - {SECRETS_PRINTED}:
        yield f"monitors_off: there is no monitor {name}; there are {', '.join(MONITORS)}"


def _unknown_variables(case: Case, steps: Mapping[str, Any]) -> Iterator[str]:
    """What a run could not tell from a field that the client did not show."""
    for name in sorted(set(references(msgspec.to_builtins(case)))):
        kind, _, rest = name.partition(".")
        file, _, fact = rest.partition(".")
        if kind == "files":
            is_known = file in case.files and fact in _FILE_FACTS
        elif kind == "folder":
            is_known = rest in {"id", "elsewhere"}
        else:
            is_known = bool(rest) and (kind in {"nonce", "uuid"} or kind in steps)
        if not is_known:
            yield f"${{{name}}} stands for nothing here"


def _check_problems(check: Check, steps: Mapping[str, Any]) -> Iterator[str]:
    kinds = (check.calls, check.never, check.order, check.reply, check.fails, check.function)
    if sum(kind is not None for kind in kinds) != 1:
        yield "it needs exactly one of calls, never, order, reply, fails, function"
    if check.step not in steps:
        yield f"there is no step {check.step}"
    yield from _rule_problems(check.rule, "client")
    if check.function is not None and check.function not in FUNCTIONS:
        yield f"there is no function {check.function}; there are {', '.join(FUNCTIONS)}"
    if check.calls is not None and not _is_count(check.calls.count):
        yield f"count {check.calls.count!r} is none; use a number, `at least N` or `at most N`"
    for kind in (check.calls, check.reply, check.fails):
        yield from _matcher_problems(kind.expect if kind is not None else {})


def _server_check_problems(check: ServerCheck) -> Iterator[str]:
    yield from _rule_problems(check.rule, "server")
    if (check.of is None) is (check.function is None):
        yield "it needs exactly one of of, function"
    if check.of is not None and not (check.expect or check.equal):
        yield "it needs expect or equal, or else it looks at nothing"
    if check.function is not None and check.function not in SERVER_FUNCTIONS:
        yield f"there is no function {check.function}; there are {', '.join(SERVER_FUNCTIONS)}"
    yield from _matcher_problems(check.expect)


def _rule_problems(name: str, side: str) -> Iterator[str]:
    if name not in rules():
        yield f"rule {name} is not in the ledger"
    elif rules()[name].side != side:
        yield f"rule {name} is one of a {rules()[name].side}"


def _matcher_problems(expect: Mapping[str, Any]) -> Iterator[str]:
    for wanted in expect.values():
        try:
            require_matcher(wanted)
        except MatcherError as problem:
            yield str(problem)


def _is_count(count: int | str) -> bool:
    if isinstance(count, int):
        return count >= 0
    bound, _, number = count.rpartition(" ")
    return bound in {"at least", "at most"} and number.isdecimal()


def _require_once(ids: Iterable[str]) -> None:
    for name, count in Counter(ids).items():
        if count > 1:
            raise CaseError(f"{name} stands there {count} times")


def require_rules_of_monitors() -> None:
    """Raises CaseError for a monitor whose rule is not in the ledger."""
    watching = [monitor.rule for monitor in MONITORS.values()]
    for rule in (SECRETS_RULE, *watching, *(monitor.rule for monitor in SERVER_MONITORS.values())):
        if rule not in rules():
            raise CaseError(f"rule {rule} of a monitor is not in the ledger")
