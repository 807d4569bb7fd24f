"""Metrics of a tuning: an archive of TensorBoard files, saved, unpacked or read."""

from typing import TYPE_CHECKING, TypeVar

from aistudio_client._errors import NotFound
from aistudio_client._flows.calls import call
from aistudio_client._flows.files import saved
from aistudio_client._flows.tunings import id_of
from aistudio_client._link import Link
from aistudio_client._methods import method
from aistudio_client._steps import Flow, Work
from aistudio_client._types import Tuning
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import GetMetricsUrlRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aistudio_client._metrics import Metrics

URL = method("TuningService/GetMetricsUrl")
T = TypeVar("T")


def save(link: Link, tuning: Tuning | str, path: "Path") -> Flow["Path | None"]:
    """The archive in a file, not opened; None while there is none."""
    try:
        reply = yield from call(link, URL, GetMetricsUrlRequest(task_id=id_of(tuning)))
    except NotFound:
        return None
    yield from saved(link, reply.load_url, path)
    return path


def unpack(link: Link, tuning: Tuning | str, directory: "Path") -> Flow["tuple[Path, ...] | None"]:
    """The files of the archive in a directory; None while there is none."""
    from aistudio_client._archive import unpack as unpacked  # noqa: PLC0415 - only metrics need zipfile

    return _of_archive(link, tuning, lambda archive: unpacked(archive, directory))


def read(link: Link, tuning: Tuning | str) -> Flow["Metrics | None"]:
    """The curves; None while there are none."""
    from aistudio_client._archive import read as curves  # noqa: PLC0415 - only metrics need zipfile

    return _of_archive(link, tuning, lambda archive: curves(archive, id_of(tuning)))


def _of_archive(link: Link, tuning: Tuning | str, look: "Callable[[Path], T]") -> Flow[T | None]:
    """What is made of the archive, which is not kept."""
    import tempfile  # noqa: PLC0415 - only metrics need it
    from pathlib import Path  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="aistudio-metrics-") as scratch:
        archive = yield from save(link, tuning, Path(scratch) / "metrics.zip")
        if archive is None:
            return None
        found: T = yield Work(lambda: look(archive))
        return found
