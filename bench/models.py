"""Classifiers and embedding models tuned on 20,000 rows: learning, and a later answer.

Learning is what the first answer waits for. The wire and the reading of rows are in the bench `answers`.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from aistudio_formats.examples_generated import generated
from aistudio_mock.domain.classifier import Classifier
from aistudio_mock.domain.neighbours import Neighbours
from bench.harness import Goal, Report, Sample, Subject, interleave

ROWS = 20_000
MULTICLASS, MULTILABEL, PAIRS = "multiclass", "multilabel", "pairs"
_AGAIN = "multiclass again"
_CPU = "CPU, ms"
_TYPES = {
    MULTICLASS: "TextClassificationMulticlass",
    MULTILABEL: "TextClassificationMultilabel",
    PAIRS: "TextEmbeddingsPair",
}


def run() -> Iterator[Report]:
    """Two reports: learning, and answers about texts that were not trained on."""
    rows = {name: list(generated(task_type, ROWS + 1, "ru")) for name, task_type in _TYPES.items()}
    learn: dict[str, Callable[[], Any]] = {
        MULTICLASS: lambda: Classifier.fitted(rows[MULTICLASS][:ROWS], multiclass=True),
        MULTILABEL: lambda: Classifier.fitted(rows[MULTILABEL][:ROWS], multiclass=False),
        PAIRS: lambda: Neighbours.learned_from(rows[PAIRS][:ROWS]),
    }
    yield _report(f"Models: learning {ROWS:,} rows", learn, most=1000.0)
    models = {name: make() for name, make in learn.items()}
    answer: dict[str, Callable[[], Any]] = {
        MULTICLASS: partial(models[MULTICLASS].predict, rows[MULTICLASS][-1]["text"]),
        MULTILABEL: partial(models[MULTILABEL].predict, rows[MULTILABEL][-1]["text"]),
        PAIRS: partial(models[PAIRS].vector, rows[PAIRS][-1]["anchor"]),
    }
    yield _report("Models: a later answer of such a model", answer, most=10.0)


def _report(title: str, works: dict[str, Callable[[], Any]], most: float) -> Report:
    subjects = [Subject(name, partial(_timed, work)) for name, work in works.items()]
    subjects.append(Subject(_AGAIN, partial(_timed, works[MULTICLASS])))
    goals = [Goal(name, _CPU, most, of="median") for name in works]
    return Report(title, interleave(subjects), MULTICLASS, _AGAIN, goals)


def _timed(work: Callable[[], Any]) -> Sample:
    begun = time.process_time()
    work()
    return {_CPU: (time.process_time() - begun) * 1e3}
