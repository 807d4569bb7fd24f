"""All questions, in the order in which they are asked: what is refused at once comes first."""

from collections.abc import Mapping

from aistudio_conformance.probe import (
    questions_calls,
    questions_datasets,
    questions_files,
    questions_tunings,
    questions_uploads,
)

NOT_ASKED: Mapping[str, str] = {
    "archived-model": "it takes a tuning that was paid for",
    "batch-delete-unfinished": "it takes a batch task, which is paid for",
    "batch-refusals": "a batch task that is taken is paid for",
    "dataset-delete-in-use": "it takes a running tuning, which is paid for",
    "describe-polling": "it is about the mock's own clock",
    "draft-expiry": "it takes days",
    "metrics-available": "it takes a running tuning, which is paid for",
    "model-text-empty": "a completion that is answered is paid for",
    "openai-stream-usage": "a completion that is answered is paid for",
    "prompt-limit": "a completion that is answered is paid for",
}
"""Behaviours that are assumed and can be chosen at the mock, and why an account is not asked about them."""

NOT_OPENED: Mapping[int, str] = {
    15: "it takes a running tuning, which is paid for",
    17: "it takes an operation that is weeks old",
    20: "a tuning that is taken is paid for",
}
"""Of the list of what nobody knows: questions that no call for nothing can answer any part of."""

QUESTIONS = (
    *questions_calls.QUESTIONS,
    *questions_tunings.QUESTIONS,
    *questions_uploads.QUESTIONS,
    *questions_datasets.QUESTIONS,
    *questions_files.QUESTIONS,
)
