"""What `validate` says, in English or Russian: texts of its own, and those of the data contract.

A table, not gettext: its catalogues are compiled files with a build step of their own, and most of what is
said here comes from the data contract with its parts filled in, in the English that a server's clients get.
"""

import locale
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, get_args

from aistudio_mock.commands.language_ru import NOUNS, SAID, TEXTS, WORDS

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_SETTINGS = ("LC_ALL", "LC_MESSAGES", "LANG")
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_COUNT = re.compile(r"(\d+) (row|class|pair|error)(?:s|es)?")
_TEENS = range(11, 15)
_FEW = range(2, 5)


def of_locale(environment: Mapping[str, str]) -> Language:
    """The language of this person, as gettext would find it; English where it is neither."""
    named = next((environment[name] for name in _SETTINGS if environment.get(name)), None)
    if named is None:
        named = locale.getlocale()[0] or ""  # Windows has no such variables
    elif named.partition(".")[0] not in {"C", "POSIX"}:
        named = environment.get("LANGUAGE") or named
    return "ru" if named.lower().startswith("ru") else "en"


class Words:
    """Says things in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, text: str, **parts: object) -> str:
        """A text of our own, its placeholders filled."""
        template = text if self.language == "en" else TEXTS[text]
        return _filled(template, {name: str(part) for name, part in parts.items()})

    def count(self, number: int, noun: str) -> str:
        """So many `row`, `class`, `pair` or `error`, in the right number."""
        if self.language == "en":
            many = "es" if noun.endswith("s") else "s"
            return f"{number} {noun}{'' if number == 1 else many}"
        return f"{number} {_russian_form(NOUNS[noun], number)}"

    def said(self, text: str) -> str:
        """What the data contract says, in this language; as it is where nobody has translated it."""
        if self.language == "en":
            return text
        if counted := _COUNT.fullmatch(text):
            return self.count(int(counted[1]), counted[2])
        if text in WORDS:
            return WORDS[text]
        for pattern, template in _patterns():
            if found := pattern.fullmatch(text):
                parts = {name: self.said(part) for name, part in found.groupdict().items()}
                return _filled(template, parts)
        return text


def _filled(template: str, parts: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: parts.get(found[1], found[0]), template)


@cache
def _patterns() -> Sequence[tuple[re.Pattern[str], str]]:
    """What may be said, as patterns, the most particular ones first."""
    by_length = sorted(SAID, key=lambda text: -len(_PLACEHOLDER.sub("", text)))
    return [(_pattern(text), SAID[text]) for text in by_length]


def _pattern(text: str) -> re.Pattern[str]:
    escaped = re.sub(r"\\\{([a-z]+)\\\}", r"(?P<\1>.*?)", re.escape(text))
    return re.compile(escaped.replace("(?P<n>.*?)", r"(?P<n>\d+)"), re.DOTALL)


def _russian_form(forms: Sequence[str], number: int) -> str:
    one, few, many = forms
    if number % 100 in _TEENS:
        return many
    return one if number % 10 == 1 else few if number % 10 in _FEW else many
