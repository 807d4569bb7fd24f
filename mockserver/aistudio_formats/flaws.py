"""What is wrong with one line, in words for people: the decoder's messages turned into our error names.

The names start with `mock.`, because nobody has seen the real service's (service-behaviour h.1): no program
should learn to depend on them.
"""

import re
from collections.abc import Iterator

from msgspec import Struct, field

from aistudio_formats.report import RowError
from aistudio_formats.rows import BrokenRule, Row

MAX_ROW_NUMBERS = 100
"""Row numbers listed for one kind of error; its description says how many more there are."""
MAX_KINDS = 20
"""Kinds of error listed for one file; the last entry says how many rows are left out."""
MAX_QUOTED = 80
"""Characters of the file's own text repeated in a description."""

_TYPE_WORDS = {
    "str": "a string",
    "array": "a list",
    "object": "an object",
    "int": "a whole number",
    "float": "a number with a fraction, an exponent or too many digits",
    "bool": "true or false",
    "null": "null",
}
_MALFORMED = "JSON is malformed: "
# The decoder's wording, the name we give it, and what we say; the first that fits wins, the last fits all.
_KINDS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), name, text)
    for pattern, name, text in (
        (r"missing required field `(?P<name>.*)`\Z", "missing_field", "{where} is missing"),
        (r"unknown field `(?P<name>.*)`\Z", "unknown_field", "{where} is not a field of such a row"),
        (r"`array` of length >= ", "empty_list", "{where} is empty; it needs at least one element"),
        (r"of length >= ", "empty_text", "{where} is empty; write something there or leave the row out"),
        (
            r"Expected `(?P<want>\w+)`, got `(?P<got>\w+)`",
            "wrong_type",
            "{where} is {got}; it must be {want}",
        ),
        (
            r"Invalid (?:enum )?value (?P<got>.*)\Z",
            "unknown_value",
            "{where} is {got}, which is not allowed there",
        ),
        (r"Expected `(?P<want>\w+)`\Z", "wrong_type", "{where} must be {want}"),
        (
            r"base64",
            "not_base64",
            "{where} is not base64 (letters, digits, + and /, = at the end); no line breaks, no data: URL",
        ),
        (r"out of range", "number_out_of_range", "{where} is a number with too many digits"),
        (
            r"was truncated",
            "cut_short",
            "the line ends inside the JSON object; write each object on one line",
        ),
        (
            r"trailing characters \(byte (?P<got>\d+)\)",
            "more_than_one_value",
            "there is more text after the first object (byte {got}); write one a line, no commas between",
        ),
        (_MALFORMED + r"(?P<got>.*)\Z", "invalid_json", "the line is not JSON: {got}"),
        (r"(?P<got>.*)", "wrong_shape", "{where}: {got}"),
    )
)


class Flaw(Struct, frozen=True):
    """One thing that is wrong with one line. Lines with the same `name` and `kind` are reported together."""

    name: str
    kind: str
    text: str
    row: bool = True


class _Group(Struct):
    first: Flaw
    numbers: list[int] = field(default_factory=list)
    count: int = 0


class Flaws:
    """The flaws of one file, grouped by kind; memory is bounded by the caps above, not by the file."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], _Group] = {}
        self._left_out = 0

    def add(self, flaw: Flaw, number: int) -> None:
        """Note a flaw of row `number`."""
        group = self._groups.get((flaw.name, flaw.kind))
        if group is None:
            if len(self._groups) >= MAX_KINDS:
                self._left_out += 1
                return
            group = self._groups[flaw.name, flaw.kind] = _Group(flaw)
        group.count += 1
        if len(group.numbers) < MAX_ROW_NUMBERS:
            group.numbers.append(number)

    def errors(self, model: type[Row]) -> Iterator[RowError]:
        """One error a kind, in the order of first appearance."""
        for group in self._groups.values():
            yield RowError(group.first.name, _describe(group, model), tuple(group.numbers))
        if self._left_out:
            yield RowError("mock.file.more_errors", f"{self._left_out} more rows have errors of other kinds.")


def of_message(message: str) -> Flaw:
    """The flaw that a decoder's message tells of. Never raises: an unknown wording is passed on as it is."""
    body, _, path = message.partition(" - at `")
    matches = ((pattern.search(body), name, text) for pattern, name, text in _KINDS)
    found, name, text = next((found, name, text) for found, name, text in matches if found)
    return _flaw(name, text, path.rstrip("`") or "$", found.groupdict())


def of_rule(rule: BrokenRule) -> Flaw:
    """The flaw of a row whose fields are right and that breaks a rule."""
    return Flaw(f"mock.row.{rule.name}", "", rule.text)


def of_byte(byte: int) -> Flaw:
    """The flaw of a line that has this byte where UTF-8 has none such."""
    text = f"byte 0x{byte:02x} is not UTF-8 text; save the file as UTF-8"
    return Flaw("mock.row.invalid_utf8", "", text, row=False)


def _flaw(name: str, text: str, path: str, parts: dict[str, str]) -> Flaw:
    where = f"{path}.{parts['name']}" if "name" in parts else path
    words = {key: shorten(_TYPE_WORDS.get(part, part)) for key, part in parts.items()}
    kind = shorten(re.sub(r"\[\d+\]", "[*]", where))
    return Flaw(f"mock.row.{name}", kind, text.format(where=f"`{shorten(where)}`", **words))


def shorten(text: str) -> str:
    """The text, cut to what a person reads, and printable: it comes from somebody's file."""
    whole = text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in whole)


def _describe(group: _Group, model: type[Row]) -> str:
    """What, where, what would work, and how many more."""
    sentence = f"Row {group.numbers[0]}: {group.first.text}."
    if group.first.row:
        sentence += f" A row is {model.shape}{model.rules and '; ' + model.rules}."
    more = group.count - len(group.numbers)
    if group.count > 1:
        sentence += f" {group.count} rows have this error" + (
            f", {more} of them not listed." if more else "."
        )
    return sentence
