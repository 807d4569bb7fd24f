"""What text models say: a tuned one repeats what it was trained on, a base one says that it is the mock's."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Self
from unicodedata import normalize

from msgspec import Struct

from aistudio_mock.domain.ports import Chance

QUOTE_LENGTH = 200
"""A base model quotes at most this many characters of the question."""

ALIKE = 60.0
"""From this similarity on, in per cent, an earlier part of a chat is taken for that of a training row."""

_SPREAD, _CANDIDATES = 20.0, 5
"""With temperature 1 the `_CANDIDATES` nearest rows may answer that are so much less similar."""

LARGE, _LOOKED_THROUGH = 2000, 2000
"""Of more than `LARGE` questions so many at most are compared with a new one: they share its rarest words."""

_AROUND = " .,!?…;:¡¿\"'`«»„“”‘’‹›()[]{}-–—"
"""Marks that do not make a question another one; # and + do, as in C# and C++."""

_USER, _SYSTEM = "user", "system"

Dialogue = tuple[tuple[str, str], ...]
"""A normalised chat: (role, text) of each message."""


Row = Mapping[str, Any]
"""One line of a TextToTextGeneration dataset (service-behaviour d)."""


class Message(Struct, frozen=True):
    """One message of a chat: who says it (system, user or assistant) and what."""

    role: str
    text: str


class Taught(Struct, frozen=True):
    """A response, and what came before its question: system prompt and earlier turns."""

    context: str
    response: str


class Pairs(Struct, frozen=True):
    """What a tuned model knows: the responses of its training rows, found by dialogue or by last question."""

    by_dialogue: Mapping[Dialogue, Sequence[str]]
    by_question: Mapping[str, Sequence[Taught]]
    by_words: Mapping[str, str]
    """The questions with their words sorted, so that comparing any two does not sort them again."""
    system_prompts: frozenset[str]
    having: Mapping[str, Sequence[str]]
    """Of a large model, the keys of `by_words` that have a word, in the order of the rows."""

    @classmethod
    def learned_from(cls, rows: Iterable[Row]) -> Self:
        """The model trained on `rows`. Raises ValueError if there is no row at all."""
        by_dialogue: dict[Dialogue, list[str]] = {}
        by_question: dict[str, list[Taught]] = {}
        prompts: set[str] = set()
        for row in rows:
            dialogue = _dialogue([Message(said["role"], said["text"]) for said in row["request"]])
            question, context = _parts(dialogue)
            by_question.setdefault(question, []).append(Taught(context, row["response"]))
            by_dialogue.setdefault(dialogue, []).append(row["response"])
            prompts.update(text for role, text in dialogue if role == _SYSTEM)
        if not by_question:
            raise ValueError("no training rows; a tuned model needs at least one")
        by_words: dict[str, str] = {}
        for question in by_question:
            by_words.setdefault(_sorted(question), question)
        having = _having(by_words) if len(by_words) > LARGE else {}
        return cls(by_dialogue, by_question, by_words, frozenset(prompts), having)

    def answer(
        self, messages: Sequence[Message], temperature: float = 0, chance: Chance | None = None
    ) -> str:
        """The response of the training row that is most like the chat.

        In this order: the whole chat was trained on; its last user message was; the trained user message
        nearest to it, word order aside. Of rows with one question that one answers whose system prompt and
        earlier turns are like the chat's. Texts are compared `normalised`; the first row wins a tie.

        With a temperature above 0 `chance` chooses among the responses of rows that fit equally well, and
        of questions that are nearly as near; what was trained on is never answered otherwise.
        """
        dialogue = _dialogue(messages)
        fitting = self.by_dialogue.get(dialogue) or self._fitting(dialogue, temperature)
        if not temperature or chance is None:
            return fitting[0]
        return fitting[int(chance.uniform(0, len(fitting))) % len(fitting)]

    def _fitting(self, dialogue: Dialogue, temperature: float) -> Sequence[str]:
        """The responses that may answer, the best one first."""
        question, context = _parts(dialogue)
        if question in self.by_question:
            return _in_context(self.by_question[question], context)
        near = self._nearest(question, temperature)
        return [_in_context(self.by_question[one], context)[0] for one in near]

    def _nearest(self, question: str, temperature: float) -> Sequence[str]:
        from rapidfuzz import fuzz, process  # noqa: PLC0415 - only an unknown question pays for the import

        words = _sorted(question)
        among = self._sharing(words) or self.by_words.keys()
        if not temperature:
            best = process.extractOne(words, among, scorer=fuzz.ratio)
            return [self.by_words[best[0]]]
        found = process.extract(words, among, scorer=fuzz.ratio, limit=_CANDIDATES)
        least = found[0][1] - _SPREAD * temperature
        return [self.by_words[words] for words, score, _ in found if score >= least]

    def _sharing(self, words: str) -> Collection[str]:
        """The questions of a large model that share a word with this one, those of the rarest words first."""
        found: dict[str, None] = {}
        for those in sorted((self.having.get(word, ()) for word in words.split()), key=len):
            found.update(dict.fromkeys(those[: _LOOKED_THROUGH - len(found)]))
        return found.keys()


def base_answer(
    model_name: str, messages: Sequence[Message], temperature: float = 0, chance: Chance | None = None
) -> str:
    """What a model says that nobody tuned: that it is the mock's base model, and the question, shortened."""
    question = " ".join(_last_user_text(messages).split())
    quote = question if len(question) <= QUOTE_LENGTH else question[:QUOTE_LENGTH] + "…"
    which = int(chance.uniform(0, len(_ASKED))) % len(_ASKED) if temperature and chance is not None else 0
    return f"[aistudio-mock] Это базовая модель {model_name}, без дообучения. {_ASKED[which]}: «{quote}»"


_ASKED = ("Вопрос был", "Меня спросили", "Прозвучал вопрос", "На вход пришло")


def normalised(text: str) -> str:
    """`text` without what does not matter: case, Unicode form, spacing, punctuation marks around it."""
    folded = normalize("NFC", text.casefold())
    spaced = " ".join(folded.split())
    return spaced.strip(_AROUND) or spaced


def _in_context(rows: Sequence[Taught], context: str) -> list[str]:
    """The responses of the rows whose beginning is most like `context`; else of those that have none."""
    if len(rows) == 1:
        return [rows[0].response]
    from rapidfuzz import fuzz  # noqa: PLC0415 - only rows that need telling apart pay for the import

    likeness = [fuzz.ratio(row.context, context) if context else 0.0 for row in rows]
    best = max(likeness)
    if best >= ALIKE:
        return [row.response for row, like in zip(rows, likeness, strict=True) if like == best]
    return [row.response for row in rows if not row.context] or [rows[0].response]


def _parts(dialogue: Dialogue) -> tuple[str, str]:
    """The last thing that the user said, and all that came before it as one text."""
    last = max((at for at, (role, _) in enumerate(dialogue) if role == _USER), default=len(dialogue))
    question = dialogue[last][1] if last < len(dialogue) else ""
    return question, "\n".join(f"{role}: {text}" for role, text in dialogue[:last])


def _dialogue(messages: Sequence[Message]) -> Dialogue:
    return tuple((message.role, normalised(message.text)) for message in messages)


def _having(texts: Iterable[str]) -> Mapping[str, Sequence[str]]:
    having: dict[str, list[str]] = {}
    for text in texts:
        for word in dict.fromkeys(text.split()):
            having.setdefault(word, []).append(text)
    return having


def _sorted(text: str) -> str:
    return " ".join(sorted(text.split()))


def _last_user_text(messages: Sequence[Message]) -> str:
    return next((message.text for message in reversed(messages) if message.role == _USER), "")
