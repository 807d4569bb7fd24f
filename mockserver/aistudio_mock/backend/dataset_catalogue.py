"""DatasetService, the RPCs about no dataset: which task types there are, and what each takes."""

from aistudio_formats.task_types import TASK_TYPES
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.domain.errors import FieldViolation, InvalidArgument
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetUploadSchema


class DatasetCatalogue:
    """The known task types, the same for every folder; a folder that is named must be the caller's."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def list_types(self, call: Call, request: wire.ListTypesRequest) -> wire.ListTypesResponse:
        """Every task type that is known, also those whose rows are not checked (contents assumed, h.13)."""
        self._look_at_folder(call, request.folder_id)
        return wire.ListTypesResponse(types=TASK_TYPES)

    def list_upload_schemas(
        self, call: Call, request: wire.ListUploadSchemasRequest
    ) -> wire.ListUploadSchemasResponse:
        """The schema of a row for each upload format; none for a type whose rows are not checked.

        Raises InvalidArgument for an unknown task type.
        """
        from aistudio_formats.schemas import upload_schemas  # noqa: PLC0415 - not on the way to the first call

        self._look_at_folder(call, request.folder_id)
        require_task_type(request.task_type)
        schemas = (
            DatasetUploadSchema(
                task_type=request.task_type, upload_format=schema.upload_format, schema=schema.text
            )
            for schema in upload_schemas(request.task_type)
        )
        return wire.ListUploadSchemasResponse(schemas=schemas)

    def list_upload_formats(
        self, _: Call, request: wire.ListUploadFormatsRequest
    ) -> wire.ListUploadFormatsResponse:
        """The upload formats that a task type takes. Raises InvalidArgument for an unknown one."""
        require_task_type(request.task_type)
        return wire.ListUploadFormatsResponse(formats=TASK_TYPES[request.task_type].upload_formats)

    def _look_at_folder(self, call: Call, folder_id: str) -> None:
        if folder_id:
            self._access.folder(call, folder_id)


def require_task_type(name: str) -> None:
    """Raises InvalidArgument, with the task types that are known, for another one."""
    if name not in TASK_TYPES:
        words = f"Unknown task type {name!r}; known: {', '.join(TASK_TYPES)}"
        raise InvalidArgument.of(FieldViolation("task_type", words))


def require_upload_format(task_type: str, name: str) -> None:
    """Raises InvalidArgument, with the formats that the known task type takes, for another one."""
    formats = TASK_TYPES[task_type].upload_formats
    if name not in formats:
        words = f"Unknown upload format {name!r}; {task_type} takes {', '.join(formats)}"
        raise InvalidArgument.of(FieldViolation("upload_format", words))
