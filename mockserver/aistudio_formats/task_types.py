"""The known task types: which files a dataset of each takes, and which of them can be checked here."""

from msgspec import Struct

JSON_LINES = "jsonlines"
"""The one upload format there is (service-behaviour d)."""


class TaskType(Struct, frozen=True):
    """One value of `task_type`. `row` names the row model; without one, rows are counted only."""

    name: str
    row: str | None = None
    upload_formats: tuple[str, ...] = (JSON_LINES,)

    @property
    def is_validated(self) -> bool:
        """Whether the rows of such a file are checked, and its Parquet is typed."""
        return self.row is not None


# Names: service-behaviour d. A row model in `models` plus its name here is all that a task type needs; of the
# last three no source shows a row.
TASK_TYPES: dict[str, TaskType] = {
    each.name: each
    for each in (
        TaskType("TextToTextGeneration", row="Generation"),
        TaskType("TextToTextGenerationRequest", row="GenerationRequest"),
        TaskType("ImageTextToTextGeneration", row="ImageGeneration"),
        TaskType("ImageTextToTextGenerationRequest", row="ImageGenerationRequest"),
        TaskType("TextClassificationMultilabel", row="Multilabel"),
        TaskType("TextClassificationMulticlass", row="Multiclass"),
        TaskType("TextEmbeddingsPair", row="Pair"),
        TaskType("TextEmbeddingsTriplet", row="Triplet"),
        TaskType("SpeechToTextGeneration"),
        TaskType("TextToSpeechGeneration"),
        TaskType("TextToImageGeneration"),
    )
}


def find(name: str) -> TaskType:
    """The task type of that name; one that is not listed is a task type whose rows are not checked."""
    return TASK_TYPES.get(name, TaskType(name))
