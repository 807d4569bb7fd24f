"""Request validation read from the contract: one generic checker for the platform's field options.

Wording: service-behaviour a.6 (probe of a sibling API).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sized
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

from aistudio_mock.domain.errors import FieldViolation, InvalidArgument
from aistudio_protos.options import FieldRules, exactly_one, field_rules

Check = Callable[[Message], Iterator[FieldViolation]]
_RANGE = re.compile(
    r"(?P<low>-?[\d.]+)-(?P<high>-?[\d.]+)|(?P<op>[<>]=?)(?P<bound>-?[\d.]+)|(?P<exact>-?[\d.]+)"
)


def require_valid(request: Message) -> None:
    """Raises InvalidArgument, with every violation, when the request breaks the contract's field options."""
    checks = _checks(request.DESCRIPTOR)
    if not checks:
        return
    violations = tuple(violation for check in checks for violation in check(request))
    if violations:
        raise InvalidArgument.of(*violations)


@cache
def _checks(descriptor: Descriptor) -> tuple[Check, ...]:
    return (
        *(_oneof(oneof) for oneof in descriptor.oneofs if exactly_one(oneof)),
        *(check for field in descriptor.fields for check in _field(field)),
    )


def _field(field: FieldDescriptor) -> Iterator[Check]:
    rules = field_rules(field)
    if rules.required:
        yield _required(field.name)
    for test in _value_tests(rules):
        yield _given(field, _every_element(test) if field.is_repeated else test)
    for test in _container_tests(rules):
        yield _given(field, test)
    if field.message_type is not None and not _is_entry(field.message_type):
        yield _nested(field, field.message_type)


def _is_entry(message: Descriptor) -> bool:
    """Whether its field is a map. Options are asked for where there are some: they import much."""
    return message.has_options and message.GetOptions().map_entry


def _required(name: str) -> Check:
    def check(message: Message) -> Iterator[FieldViolation]:
        if not _is_set(message, name):
            yield FieldViolation(name, "Field is required")

    return check


def _is_set(message: Message, name: str) -> bool:
    value = getattr(message, name)
    return message.HasField(name) if isinstance(value, Message) else bool(value)


def _oneof(oneof: OneofDescriptor) -> Check:
    def check(message: Message) -> Iterator[FieldViolation]:
        if message.WhichOneof(oneof.name) is None:
            names = ", ".join(field.name for field in oneof.fields)
            yield FieldViolation(oneof.name, f"Exactly one of the fields must be set: {names}")

    return check


Test = Callable[[Any], str | None]
"""What is wrong with a value, or None."""


def _given(field: FieldDescriptor, test: Test) -> Check:
    # Proto3 strings and oneof members that are not set have nothing to be wrong; numbers are always there.
    always = field.cpp_type not in {FieldDescriptor.CPPTYPE_STRING, FieldDescriptor.CPPTYPE_MESSAGE}
    always = always or field.is_repeated

    def check(message: Message) -> Iterator[FieldViolation]:
        value = getattr(message, field.name)
        problem = test(value) if always or value else None
        if problem:
            yield FieldViolation(field.name, problem)

    return check


def _value_tests(rules: FieldRules) -> Iterator[Test]:
    """Limits on a value; in a repeated field, on every element of it."""
    if rules.length:
        yield _ranged("Length", rules.length, len)
    if rules.value:
        yield _ranged("Value", rules.value, lambda value: value)
    if rules.bytes:
        yield _ranged("Number of bytes", rules.bytes, len)
    if rules.pattern:
        yield _matching("Field", rules.pattern)


def _container_tests(rules: FieldRules) -> Iterator[Test]:
    """Limits on a repeated field or a map as a whole."""
    if rules.size:
        yield _ranged("Number of elements", rules.size, len)
    if rules.map_key and rules.map_key.length:
        yield _every(_ranged("Length of key", rules.map_key.length, len))
    if rules.map_key and rules.map_key.pattern:
        yield _every(_matching("Key", rules.map_key.pattern))
    if rules.unique:
        yield lambda values: "Elements must be unique" if len(set(values)) != len(values) else None


def _matching(what: str, pattern: str) -> Test:
    fits = re.compile(pattern).fullmatch
    return lambda value: None if fits(value) else f"{what} does not match the pattern /{pattern}/"


def _every(test: Test) -> Test:
    def every(values: Iterable[Any]) -> str | None:
        return next((problem for problem in map(test, values) if problem), None)

    return every


def _every_element(test: Test) -> Test:
    every = _every(test)
    return lambda found: every(found.values() if hasattr(found, "values") else found)


def _ranged(what: str, text: str, measure: Callable[[Any], float] | Callable[[Sized], int]) -> Test:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"the contract has a range that nobody can read: {text!r}")
    inside, words = _limits(found)
    return lambda value: None if inside(measure(value)) else f"{what} must be {words}"


def _limits(found: re.Match[str]) -> tuple[Callable[[float], bool], str]:
    if found["low"] is not None:
        low, high = float(found["low"]), float(found["high"])
        return (lambda n: low <= n <= high), f"in the range of {found['low']} to {found['high']}"
    if found["exact"] is not None:
        exact = float(found["exact"])
        return (lambda n: n == exact), f"equal to {found['exact']}"
    bound = float(found["bound"])
    return {
        "<": ((lambda n: n < bound), f"less than {found['bound']}"),
        "<=": ((lambda n: n <= bound), f"less than or equal to {found['bound']}"),
        ">": ((lambda n: n > bound), f"greater than {found['bound']}"),
        ">=": ((lambda n: n >= bound), f"greater than or equal to {found['bound']}"),
    }[found["op"]]


def _nested(field: FieldDescriptor, descriptor: Descriptor) -> Check:
    def check(message: Message) -> Iterator[FieldViolation]:
        inner = _checks(descriptor)
        if not inner:
            return
        for path, part in _parts(message, field):
            for test in inner:
                for violation in test(part):
                    yield FieldViolation(f"{path}.{violation.field}", violation.description)

    return check


def _parts(message: Message, field: FieldDescriptor) -> Iterator[tuple[str, Message]]:
    if field.is_repeated:
        for index, part in enumerate(getattr(message, field.name)):
            yield f"{field.name}[{index}]", part
    elif message.HasField(field.name):
        yield field.name, getattr(message, field.name)
