"""What an Update request changes: the rules of its mask (service-behaviour c.10, h.19)."""

from collections.abc import Callable, Mapping
from typing import Any

from aistudio_mock.domain.errors import FieldViolation, InvalidArgument
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_service_pb2 import UpdateDatasetRequest

UPDATABLE: Mapping[str, Callable[[UpdateDatasetRequest], Any]] = {
    "name": lambda request: request.name,
    "description": lambda request: request.description,
    "labels": lambda request: dict(request.labels),
}
"""The paths that a mask can name, and the new value of each."""

_LONGEST_NAME = 63
"""As the contract has it on Create."""


def changes(request: UpdateDatasetRequest, *, refuse_empty: bool) -> dict[str, Any]:
    """New values by field: those the mask names; with an empty mask, whatever the request gives.

    Raises:
        InvalidArgument: a path that cannot be updated, an empty mask where that is refused, or a bad name.
    """
    paths = tuple(request.update_mask.paths)
    if not paths and refuse_empty:
        raise InvalidArgument.of(FieldViolation("update_mask", "Field is required"))
    for path in paths:
        _require_updatable(path)
    given = {path: UPDATABLE[path](request) for path in paths or UPDATABLE}
    changed = given if paths else {path: value for path, value in given.items() if value}
    if "name" in changed and not 1 <= len(changed["name"]) <= _LONGEST_NAME:
        words = f"Length must be in the range of 1 to {_LONGEST_NAME}"
        raise InvalidArgument.of(FieldViolation("name", words))
    return changed


def _require_updatable(path: str) -> None:
    if path in UPDATABLE:
        return
    field, dot, _ = path.partition(".")
    if dot and field in UPDATABLE:
        why = f"{field} is changed as a whole"
    elif field in DatasetInfo.DESCRIPTOR.fields_by_name:
        why = f"{field} of a dataset does not change"
    else:
        why = "a dataset has no such field"
    raise InvalidArgument(
        f"update_mask: cannot update {path!r}: {why}; the mask can name {', '.join(UPDATABLE)}"
    )
