"""Which row model a task type has."""

from aistudio_formats import classes, rows, task_types
from aistudio_formats.rows import Row

MODELS: dict[str, type[Row]] = {
    model.__name__: model
    for model in (
        rows.GenerationRequest,
        rows.Generation,
        rows.ImageGenerationRequest,
        rows.ImageGeneration,
        classes.Multilabel,
        classes.Multiclass,
        rows.Pair,
        rows.Triplet,
    )
}


def model_of(task_type: str) -> type[Row] | None:
    """The row model of a task type, or None where rows are not checked."""
    name = task_types.find(task_type).row
    return MODELS[name] if name else None
