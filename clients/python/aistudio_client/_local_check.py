"""The check of a file before a byte of it is sent: the one that the mock does, from the same code."""

from aistudio_client._errors import DatasetInvalid, RowsError
from aistudio_client._sources import Source


def require_valid(source: Source, task_type: str) -> None:
    """Raises DatasetInvalid. A task type whose rows are not known here passes.

    The rules are read off documentation and recordings; where the service is milder, `check=False` sends
    the file all the same.
    """
    from aistudio_formats.models import model_of  # noqa: PLC0415 - only who uploads needs it
    from aistudio_formats.validation import scan  # noqa: PLC0415

    if model_of(task_type) is None:
        return
    with source.open() as stream:
        report = scan(stream, task_type)
    if not report.is_valid:
        errors = [RowsError(one.error, one.error_description, one.row_numbers) for one in report.errors]
        raise DatasetInvalid("", errors)
