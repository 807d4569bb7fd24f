"""Faults that people ask for by name."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Preset(Struct, frozen=True):
    """Some faults with a name; `what` says what a program meets."""

    what: str
    faults: tuple[Mapping[str, Any], ...]


_ALWAYS: Mapping[str, Any] = {"times": None}

PRESETS: Mapping[str, Preset] = {
    "flaky-network": Preset(
        "One call in ten finds nobody, one in twenty loses its answer, one in ten is slow; of the requests "
        "to the storage, one in ten is told to slow down and one in twenty is cut. The seed says which.",
        (
            {"method": "*", "chance": 0.1, "status": "UNAVAILABLE", "message": "Socket closed", **_ALWAYS},
            {"method": "*", "chance": 0.05, "lost": True, "message": "Socket closed", **_ALWAYS},
            {"method": "*", "chance": 0.1, "latency": 0.3, **_ALWAYS},
            {"object": "*", "chance": 0.1, "status": "SlowDown", **_ALWAYS},
            {"object": "*", "chance": 0.05, "cut": "middle", **_ALWAYS},
        ),
    ),
    "quota-exhausted": Preset(
        "There is room for no further dataset and no further tuning.",
        (
            {
                "method": "TuningService/Tune",
                "status": "RESOURCE_EXHAUSTED",
                "message": "ai.tuningsPerDay.count gauge quota limit exceed: allowed 10 requests",
                **_ALWAYS,
            },
            {
                "method": "DatasetService/Create",
                "status": "RESOURCE_EXHAUSTED",
                "message": "ai.datasetsCount.count gauge quota limit exceed: allowed 10 requests",
                **_ALWAYS,
            },
        ),
    ),
    "slow-validation": Preset(
        "A validation is not done at its first five polls, whatever its metadata say.",
        (
            {
                "method": "OperationService/Get",
                "where": {"operation_id": "fds*"},
                "set": {"done": False},
                "clear": ("response", "error"),
                "times": 5,
            },
        ),
    ),
    "lost-tune-reply": Preset(
        "The first Tune makes its task, and its answer is lost.",
        ({"method": "TuningService/Tune", "lost": True},),
    ),
    "expired-token": Preset(
        "The credential expires at the fourth call; a fresh one works.",
        ({"method": "*", "expired": True, "after": 3},),
    ),
    "endless-pages": Preset(
        "Every listing gives back the token that it was asked with: it never ends.",
        ({"method": "*/List", "page_token": "repeated", **_ALWAYS},),
    ),
    "newer-server": Preset(
        "Datasets and tunings have statuses and fields that no client knows yet.",
        (
            {
                "method": "DatasetService/Describe",
                "set": {"dataset.status": 42},
                "unknown_fields": {"dataset": {"50": "new", "51": {"1": 7}}},
                **_ALWAYS,
            },
            {
                "method": "TuningService/Describe",
                "set": {"tuning_task.status": 42},
                "unknown_fields": {"tuning_task": {"50": "new"}},
                **_ALWAYS,
            },
        ),
    ),
}
"""Every preset by its name."""
