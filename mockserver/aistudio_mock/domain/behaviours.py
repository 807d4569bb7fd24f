"""The behaviours that can be set. Generated from behaviours.yaml; do not edit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Behaviours:
    """One field for each behaviour that has a choice; the default is the newest edition's."""

    foreign_folder: Literal["permission-denied", "not-found"] = "permission-denied"
    dataset_update_empty_mask: Literal["all-given", "refuse"] = "all-given"
    dataset_rows: Literal["counted", "absent"] = "counted"
    dataset_ready_before_done: Literal["at-conversion", "at-done"] = "at-conversion"
    validation_metadata: Literal["row-counts", "none"] = "row-counts"
    validation_first_row: Literal["1", "0"] = "1"
    validate_without_upload: Literal["refuse", "invalid"] = "refuse"
    cancel_finished: Literal["unchanged", "refuse"] = "unchanged"
    tuning_task_id: Literal["same", "different"] = "same"
    tune_reply: Literal["task-and-status", "empty-metadata", "id-only"] = "task-and-status"
    tunings_last_page: Literal["token", "empty"] = "token"
    completion_model_version: Literal["23.10.2024", "07.03.2024"] = "23.10.2024"


VALUES: Mapping[str, tuple[str, ...]] = {
    "foreign_folder": ("permission-denied", "not-found"),
    "dataset_update_empty_mask": ("all-given", "refuse"),
    "dataset_rows": ("counted", "absent"),
    "dataset_ready_before_done": ("at-conversion", "at-done"),
    "validation_metadata": ("row-counts", "none"),
    "validation_first_row": ("1", "0"),
    "validate_without_upload": ("refuse", "invalid"),
    "cancel_finished": ("unchanged", "refuse"),
    "tuning_task_id": ("same", "different"),
    "tune_reply": ("task-and-status", "empty-metadata", "id-only"),
    "tunings_last_page": ("token", "empty"),
    "completion_model_version": ("23.10.2024", "07.03.2024"),
}

EDITIONS: Mapping[str, Mapping[str, str]] = {
    "2024-12": {
        "dataset_rows": "absent",
        "validation_metadata": "none",
        "tuning_task_id": "different",
        "tune_reply": "id-only",
    },
    "2025-01": {
        "dataset_rows": "absent",
        "validation_metadata": "none",
        "tune_reply": "empty-metadata",
    },
    "2025-12": {},
}
