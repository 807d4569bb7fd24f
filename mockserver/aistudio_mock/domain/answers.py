"""What text models say: a tuned one repeats what it was trained on, a base one says that it is the mock's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self, TypedDict
from unicodedata import normalize

from msgspec import Struct

QUOTE_LENGTH = 200
"""A base model quotes at most this many characters of the question."""

_AROUND = " .,!?…;:¡¿\"'`«»„“”‘’‹›()[]{}-–—"
"""Marks that do not make a question another one; # and + do, as in C# and C++."""

_USER = "user"

Dialogue = tuple[tuple[str, str], ...]
"""A normalised chat: (role, text) of each message."""


class RowMessage(TypedDict):
    """One message of a training row."""

    role: str
    text: str


class Row(TypedDict):
    """One line of a TextToTextGeneration dataset (service-behaviour d)."""

    request: Sequence[RowMessage]
    response: str


class Message(Struct, frozen=True):
    """One message of a chat: who says it (system, user or assistant) and what."""

    role: str
    text: str


class Pairs(Struct, frozen=True):
    """What a tuned model knows: the responses of its training rows, found by dialogue or by last question."""

    by_dialogue: Mapping[Dialogue, str]
    by_question: Mapping[str, str]

    @classmethod
    def learned_from(cls, rows: Iterable[Row]) -> Self:
        """The model trained on `rows`; of two rows that ask the same the first counts.

        Raises ValueError if there is no row at all.
        """
        by_dialogue: dict[Dialogue, str] = {}
        by_question: dict[str, str] = {}
        for row in rows:
            messages = [Message(said["role"], said["text"]) for said in row["request"]]
            by_question.setdefault(_question(messages), row["response"])
            by_dialogue.setdefault(_dialogue(messages), row["response"])
        if not by_question:
            raise ValueError("no training rows; a tuned model needs at least one")
        return cls(by_dialogue, by_question)

    def answer(self, messages: Sequence[Message]) -> str:
        """The response of the training row that is most like the chat; the same chat always gets the same.

        In this order: the whole chat was trained on; its last user message was; the trained user message
        nearest to it, word order aside. Texts are compared `normalised`; the first row wins a tie.
        """
        dialogue = _dialogue(messages)
        if dialogue in self.by_dialogue:
            return self.by_dialogue[dialogue]
        question = _question(messages)
        return self.by_question[question if question in self.by_question else self._nearest(question)]

    def _nearest(self, question: str) -> str:
        from rapidfuzz import fuzz, process  # noqa: PLC0415  only an unknown question pays for the import

        match = process.extractOne(question, self.by_question.keys(), scorer=fuzz.token_sort_ratio)
        return match[0]


def base_answer(model_name: str, messages: Sequence[Message]) -> str:
    """What a model says that nobody tuned: that it is the mock's base model, and the question, shortened."""
    question = " ".join(_last_user_text(messages).split())
    quote = question if len(question) <= QUOTE_LENGTH else question[:QUOTE_LENGTH] + "…"
    return f"[aistudio-mock] Это базовая модель {model_name}, без дообучения. Вопрос был: «{quote}»"


def normalised(text: str) -> str:
    """`text` without what does not matter: case, Unicode form, spacing, punctuation marks around it."""
    folded = normalize("NFC", text.casefold())
    spaced = " ".join(folded.split())
    return spaced.strip(_AROUND) or spaced


def _question(messages: Sequence[Message]) -> str:
    return normalised(_last_user_text(messages))


def _dialogue(messages: Sequence[Message]) -> Dialogue:
    return tuple((message.role, normalised(message.text)) for message in messages)


def _last_user_text(messages: Sequence[Message]) -> str:
    return next((message.text for message in reversed(messages) if message.role == _USER), "")
