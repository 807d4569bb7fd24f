"""What an evaluation measures besides the loss: per class for a classifier, recall@k for embeddings.

Everything follows from the loss: the further it is below that of guessing, the better the model. A class with
fewer rows is recognised less often; an embedding with more dimensions finds more.
"""

from collections.abc import Sequence

from aistudio_mock.domain.learning import ClassShare, Recipe, noise, untrained_loss

RECALL_AT = (1, 5, 10)
"""The sizes of the result list that recall is measured at."""

DEFAULT_DIMS = 256
"""The dimensions of an embedding that asks for no number (assumed)."""

MAX_CLASSES = 100
"""More classes cannot be tuned on (service-behaviour d)."""

_FEW_ROWS = 5.0
_FEW_DIMS = 64.0


def scalars(recipe: Recipe, losses: Sequence[float]) -> dict[str, list[float]]:
    """The series of an evaluation by tag, `losses` first."""
    untrained = untrained_loss(recipe)
    skills = [max(1 - loss / untrained, 0.0) for loss in losses]
    measured: dict[str, list[float]] = {}
    if recipe.kind.startswith("text_embedding"):
        measured = {
            f"recall_at_{k}": [recall_at(k, skill, recipe.dims) for skill in skills] for k in RECALL_AT
        }
    elif recipe.classes:
        measured = _of_classes(recipe, skills)
    return {"loss": list(losses), **measured}


def recall_at(k: int, skill: float, dims: int) -> float:
    """How often the right text is among the `k` nearest: never less for a greater `k`, or more dimensions."""
    used = dims or DEFAULT_DIMS
    missed_first: float = 1 - (0.05 + 0.9 * skill * used / (used + _FEW_DIMS))
    return float(1 - missed_first**k**0.5)


def _of_classes(recipe: Recipe, skills: Sequence[float]) -> dict[str, list[float]]:
    """Precision, recall and F1 of each class, their means, and the accuracy where a row has one class."""
    recalls = [[_recognised(each, recipe.rows, skill) for skill in skills] for each in recipe.classes]
    precisions = [_precision(recipe, each, skills) for each in recipe.classes]
    f1s = [
        [2 * p * r / (p + r) if p + r else 0.0 for p, r in zip(*both, strict=True)]
        for both in zip(precisions, recalls, strict=True)
    ]
    measured = {"f1_macro": [sum(at_step) / len(f1s) for at_step in zip(*f1s, strict=True)]}
    if recipe.kind == "text_classification_multiclass":
        shares = [each.share for each in recipe.classes]
        measured["accuracy"] = [
            sum(share * recall for share, recall in zip(shares, at_step, strict=True))
            for at_step in zip(*recalls, strict=True)
        ]
    for each, precision, recall, f1 in zip(recipe.classes, precisions, recalls, f1s, strict=True):
        measured |= {
            f"precision/{each.name}": precision,
            f"recall/{each.name}": recall,
            f"f1/{each.name}": f1,
        }
    return measured


def _precision(recipe: Recipe, each: ClassShare, skills: Sequence[float]) -> list[float]:
    """As recall, but that some classes are taken for others more often, by luck."""
    luck = 0.9 + 0.1 * noise(recipe.seed, f"precision of {each.name}", 1)[0]
    return [_recognised(each, recipe.rows, luck * skill) for skill in skills]


def _recognised(each: ClassShare, rows: int, skill: float) -> float:
    """From the class's share, which is guessing, up to 1."""
    support = each.share * rows
    return each.share + (1 - each.share) * skill * support / (support + _FEW_ROWS)
