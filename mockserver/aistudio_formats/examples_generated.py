"""Any number of example rows of any task type that is validated: phrases with facts that Faker makes up.

Faker is an optional dependency (`aistudio-mock[examples]`), imported when the first row is asked for.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aistudio_formats.examples_chance import Chance
from aistudio_formats.examples_defects import Row
from aistudio_formats.examples_images import square
from aistudio_formats.examples_phrases import PHRASES, Language

if TYPE_CHECKING:
    from faker import Faker

_LARGEST = 24


def generated(task_type: str, rows: int, language: Language, seed: int = 0) -> Iterator[Row]:
    """So many right rows; the same for the same arguments and the same version of Faker.

    Raises:
        KeyError: rows of that task type are not known.
        ModuleNotFoundError: Faker is not installed.
    """
    from faker import Faker  # noqa: PLC0415  optional, and heavy

    fake = Faker(PHRASES[language].locale)
    fake.seed_instance(seed)
    writer = _Writer(fake, Chance(seed), language)
    make = _MAKERS[task_type]
    for _ in range(rows):
        yield make(writer)


class _Facts(dict[str, str]):
    """What Faker makes up, by the name of its method; the same fact for as long as these facts are used."""

    def __init__(self, fake: "Faker") -> None:
        self._fake = fake

    def __missing__(self, name: str) -> str:
        self[name] = str(getattr(self._fake, name)())
        return self[name]


class _Writer:
    """Writes the parts of rows."""

    def __init__(self, fake: "Faker", chance: Chance, language: Language) -> None:
        self._fake = fake
        self.chance = chance
        self.phrases = PHRASES[language]

    def fill(self, *templates: str) -> list[str]:
        """The templates with the same facts in all of them."""
        facts = _Facts(self._fake)
        return [template.format_map(facts) for template in templates]

    def chat(self) -> Row:
        """A request, with what was said before or how to answer, now and then; and the response."""
        question, response = self.fill(*self.chance.pick(self.phrases.chats))
        request = [{"role": "user", "text": question}]
        if self.chance.below(4) == 0:
            earlier, answer = self.fill(*self.chance.pick(self.phrases.chats))
            request = [{"role": "user", "text": earlier}, {"role": "assistant", "text": answer}, *request]
        if self.chance.below(2):
            (system,) = self.fill(self.chance.pick(self.phrases.system))
            request = [{"role": "system", "text": system}, *request]
        return {"request": request, "response": response}

    def image(self) -> Row:
        """A question about a picture, and its answer."""
        name = self.chance.pick(sorted(self.phrases.colours))
        picture = square(*self.phrases.colours[name], side=1 + self.chance.below(_LARGEST))
        (question,) = self.fill(self.chance.pick(self.phrases.looks))
        content = [{"type": "text", "text": question}, {"type": "image", "image": picture}]
        return {"request": [{"role": "user", "content": content}], "response": name}

    def feelings(self, chosen: list[str]) -> Row:
        """A text that has the chosen feelings."""
        said = self.fill(*(self.chance.pick(self.phrases.feelings[name]) for name in chosen or [""]))
        classes = {name: int(name in chosen) for name in self.phrases.feelings if name}
        return {"text": " ".join(said)} | classes

    def some_feelings(self) -> Row:
        """A text that has any number of feelings."""
        return self.feelings([name for name in self.phrases.feelings if name and self.chance.below(2)])

    def one_feeling(self) -> Row:
        """A text that has one feeling."""
        return self.feelings([self.chance.pick([name for name in self.phrases.feelings if name])])

    def triplet(self) -> Row:
        """Two texts about the same and one about something else."""
        about = self.chance.below(len(self.phrases.near))
        other = (about + 1 + self.chance.below(len(self.phrases.near) - 1)) % len(self.phrases.near)
        anchor, positive = self.fill(*self.phrases.near[about])
        (negative,) = self.fill(self.phrases.near[other][1])
        return {"anchor": anchor, "positive": positive, "negative": negative}


def _without(key: str, row: Row) -> Row:
    return {name: value for name, value in row.items() if name != key}


_MAKERS: dict[str, Callable[[_Writer], Row]] = {
    "TextToTextGeneration": _Writer.chat,
    "TextToTextGenerationRequest": lambda writer: _without("response", writer.chat()),
    "ImageTextToTextGeneration": _Writer.image,
    "ImageTextToTextGenerationRequest": lambda writer: _without("response", writer.image()),
    "TextClassificationMultilabel": _Writer.some_feelings,
    "TextClassificationMulticlass": _Writer.one_feeling,
    "TextEmbeddingsPair": lambda writer: _without("negative", writer.triplet()),
    "TextEmbeddingsTriplet": _Writer.triplet,
}
