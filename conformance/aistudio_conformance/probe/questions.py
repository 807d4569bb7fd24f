"""All questions, in the order in which they are asked: what is refused at once comes first."""

from aistudio_conformance.probe import (
    questions_calls,
    questions_datasets,
    questions_tunings,
    questions_uploads,
)

QUESTIONS = (
    *questions_calls.QUESTIONS,
    *questions_tunings.QUESTIONS,
    *questions_uploads.QUESTIONS,
    *questions_datasets.QUESTIONS,
)
