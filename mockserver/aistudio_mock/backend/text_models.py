"""Text models: which URI means which, and what each says."""

from collections import Counter
from collections.abc import Sequence
from threading import Lock

from msgspec import Struct

from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.store import Store
from aistudio_mock.backend.tuned_models import GONE, TunedModels
from aistudio_mock.domain.answers import Message, Pairs, base_answer, normalised
from aistudio_mock.domain.catalogue import ALIAS, ANSWERING, LATEST, ModelUri
from aistudio_mock.domain.errors import ApiError, InvalidArgument, NotFound
from aistudio_mock.domain.ports import Chance
from aistudio_mock.domain.tuning import Tuning

INSTRUCTION = "instruction"
"""The label of a tuning that holds what DataSphere called the instruction of a model."""

_KINDS = frozenset({"text_to_text_completion"})


class TextModel(Struct, frozen=True):
    """A model that can be asked: a base one, or the one that `task` made."""

    name: str
    folder: Folder
    task: Tuning | None = None


class TextModels:
    """Finds text models and lets them speak. What a tuned one learned is read at its first call."""

    def __init__(self, store: Store, access: Access, tuned: TunedModels) -> None:
        self._store = store
        self._access = access
        self._tuned = tuned
        self._drawn: Counter[str] = Counter()
        self._drawing = Lock()

    def find(self, call: Call, uri_text: str) -> TextModel:
        """The model of a URI.

        Raises:
            InvalidArgument: it is no URI.
            NotFound: an unknown model, one of another kind, or a tuned one whose task is not COMPLETED.
        """
        uri = ModelUri.parse(uri_text, LATEST)
        folder = self._access.folder(call, uri.folder)
        if uri.scheme != "gpt" or (not uri.suffix and uri.name not in ANSWERING):
            raise NotFound(f"{GONE} {uri_text}")
        return TextModel(uri.name, folder, self._tuned.find(uri_text, _KINDS) if uri.suffix else None)

    def aliased(self, call: Call, alias: str) -> TextModel:
        """The tuned model of a `ds://` id. Raises InvalidArgument and NotFound likewise."""
        task_id = alias.removeprefix(ALIAS)
        if task_id == alias or not task_id:
            raise InvalidArgument(f"invalid instruction_uri: {alias!r} is not {ALIAS}ID")
        task = self._store.tunings.get(task_id)
        if task is None:
            raise NotFound(f"{GONE} {alias}")
        folder = self._access.folder(call, task.folder_id)
        try:
            return TextModel(task.source_model_uri, folder, self._tuned.find(task.target_model_uri, _KINDS))
        except ApiError:
            raise NotFound(f"{GONE} {alias}") from None

    def say(self, model: TextModel, messages: Sequence[Message], temperature: float) -> str:
        """What the model answers; the same every time unless it is asked with a temperature.

        Raises NotFound when the model is deleted meanwhile.
        """
        chance = self._chance(model.folder) if temperature else None
        if model.task is None:
            return base_answer(model.name, messages, temperature, chance)
        pairs = self._pairs(model.task)
        instruction = model.task.labels.get(INSTRUCTION, "")
        if not instruction:
            return pairs.answer(messages, temperature, chance)
        answer = pairs.answer([Message("system", instruction), *messages], temperature, chance)
        return answer if normalised(instruction) in pairs.system_prompts else f"[{instruction}] {answer}"

    def forget(self, folder_id: str) -> None:
        """A folder begins anew: what is drawn there by chance is drawn again."""
        with self._drawing:
            self._drawn.pop(folder_id, None)

    def _chance(self, folder: Folder) -> Chance:
        with self._drawing:
            self._drawn[folder.id] += 1
            number = self._drawn[folder.id]
        return folder.chance(f"answer {number}")

    def _pairs(self, task: Tuning) -> Pairs:
        return self._tuned.taught(task, lambda _, rows: Pairs.learned_from(rows), most_rows=None)
