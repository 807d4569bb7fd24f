"""The behaviours that can be set. Generated from behaviours.yaml; do not edit."""

from __future__ import annotations  # making the types takes as long as the rest of the module

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal


class Behaviours(Struct, frozen=True):
    """One field for each behaviour that has a choice; the default is the newest edition's."""

    refusal_headers: Literal["trailing", "both"] = "trailing"
    foreign_folder: Literal["permission-denied", "not-found"] = "permission-denied"
    dataset_task_type_unknown: Literal["refuse", "accept"] = "refuse"
    dataset_delete_in_use: Literal["allow", "refuse"] = "allow"
    dataset_update_empty_mask: Literal["all-given", "refuse"] = "all-given"
    dataset_rows: Literal["counted", "absent"] = "counted"
    dataset_ready_before_done: Literal["at-conversion", "at-done"] = "at-conversion"
    validation_metadata: Literal["row-counts", "none"] = "row-counts"
    validation_first_row: Literal["1", "0"] = "1"
    validate_without_upload: Literal["refuse", "invalid"] = "refuse"
    upload_url_form: Literal["recorded", "other"] = "recorded"
    draft_expiry: Literal["as-told", "never"] = "as-told"
    multipart_length_signed: Literal["no", "yes"] = "no"
    multipart_part_size: Literal["100-mib", "8-mib", "5-mib"] = "100-mib"
    multipart_finish_refusal: Literal["by-kind", "internal"] = "by-kind"
    multipart_total_size: Literal["checked", "free"] = "checked"
    multipart_finish_again: Literal["refuse", "accept"] = "refuse"
    describe_polling: Literal["repeated", "never"] = "repeated"
    cancel_finished: Literal["unchanged", "refuse"] = "unchanged"
    tuning_task_id: Literal["same", "different"] = "same"
    tune_reply: Literal["task-and-status", "empty-metadata", "id-only"] = "task-and-status"
    tune_refusals: Literal["sync", "async"] = "sync"
    tune_name: Literal["free", "pattern"] = "free"
    llama_lite: Literal["retired", "tunable"] = "retired"
    tuning_visible_after: str = "0"
    tuning_operation_progress: Literal["frozen", "in-progress", "steps"] = "frozen"
    archive_and_billing: Literal["answered", "unimplemented"] = "answered"
    archived_model: Literal["stays", "gone"] = "stays"
    operation_expiry: Literal["14-days", "never"] = "14-days"
    tunings_last_page: Literal["token", "empty"] = "token"
    metrics_available: Literal["first-evaluation", "completed"] = "first-evaluation"
    openai_stream_usage: Literal["with-the-end", "by-itself"] = "with-the-end"
    completion_model_version: Literal["23.10.2024", "07.03.2024"] = "23.10.2024"
    prompt_limit: str = "32768"
    model_text_empty: Literal["refuse", "accept"] = "refuse"
    batch_refusals: Literal["sync", "async"] = "sync"
    batch_delete_unfinished: Literal["end", "refuse"] = "end"
    quotas: str = "off"


VALUES: Mapping[str, tuple[str, ...]] = {
    "refusal_headers": ("trailing", "both"),
    "foreign_folder": ("permission-denied", "not-found"),
    "dataset_task_type_unknown": ("refuse", "accept"),
    "dataset_delete_in_use": ("allow", "refuse"),
    "dataset_update_empty_mask": ("all-given", "refuse"),
    "dataset_rows": ("counted", "absent"),
    "dataset_ready_before_done": ("at-conversion", "at-done"),
    "validation_metadata": ("row-counts", "none"),
    "validation_first_row": ("1", "0"),
    "validate_without_upload": ("refuse", "invalid"),
    "upload_url_form": ("recorded", "other"),
    "draft_expiry": ("as-told", "never"),
    "multipart_length_signed": ("no", "yes"),
    "multipart_part_size": ("100-mib", "8-mib", "5-mib"),
    "multipart_finish_refusal": ("by-kind", "internal"),
    "multipart_total_size": ("checked", "free"),
    "multipart_finish_again": ("refuse", "accept"),
    "describe_polling": ("repeated", "never"),
    "cancel_finished": ("unchanged", "refuse"),
    "tuning_task_id": ("same", "different"),
    "tune_reply": ("task-and-status", "empty-metadata", "id-only"),
    "tune_refusals": ("sync", "async"),
    "tune_name": ("free", "pattern"),
    "llama_lite": ("retired", "tunable"),
    "tuning_visible_after": ("0", "5"),
    "tuning_operation_progress": ("frozen", "in-progress", "steps"),
    "archive_and_billing": ("answered", "unimplemented"),
    "archived_model": ("stays", "gone"),
    "operation_expiry": ("14-days", "never"),
    "tunings_last_page": ("token", "empty"),
    "metrics_available": ("first-evaluation", "completed"),
    "openai_stream_usage": ("with-the-end", "by-itself"),
    "completion_model_version": ("23.10.2024", "07.03.2024"),
    "prompt_limit": ("32768", "8192", "off"),
    "model_text_empty": ("refuse", "accept"),
    "batch_refusals": ("sync", "async"),
    "batch_delete_unfinished": ("end", "refuse"),
    "quotas": ("off", "documented"),
}

EDITIONS: Mapping[str, Mapping[str, str]] = {
    "2024-12": {
        "dataset_rows": "absent",
        "validation_metadata": "none",
        "tuning_task_id": "different",
        "tune_reply": "id-only",
        "llama_lite": "tunable",
        "archive_and_billing": "unimplemented",
    },
    "2025-01": {
        "dataset_rows": "absent",
        "validation_metadata": "none",
        "tune_reply": "empty-metadata",
        "llama_lite": "tunable",
        "archive_and_billing": "unimplemented",
    },
    "2025-12": {},
}
