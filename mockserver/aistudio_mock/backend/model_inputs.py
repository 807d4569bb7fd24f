"""What a text must be for a classifier or an embedding model to take it."""

from aistudio_mock.backend.folders import Folder
from aistudio_mock.domain import tokens
from aistudio_mock.domain.errors import FieldViolation, InvalidArgument


def measured(text: str, most: int, folder: Folder) -> int:
    """How many tokens `text` has.

    Raises InvalidArgument for more than `most` (wording assumed), and for no text where that is refused.
    """
    if not text and folder.settings.behaviours.model_text_empty == "refuse":
        raise InvalidArgument.of(FieldViolation("text", "Field is required"))
    count = tokens.count_input(text)
    if count > most:
        raise InvalidArgument(f"number of input tokens must be no more than {most}, got {count}")
    return count
