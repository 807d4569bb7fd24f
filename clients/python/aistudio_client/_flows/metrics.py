"""Metrics of a tuning: an archive of TensorBoard files, saved, unpacked or read."""

import tempfile
from functools import partial
from pathlib import Path

from aistudio_client import _archive
from aistudio_client._errors import NotFound
from aistudio_client._flows.calls import call
from aistudio_client._flows.files import saved
from aistudio_client._flows.tunings import id_of
from aistudio_client._link import Link
from aistudio_client._methods import method
from aistudio_client._metrics import Metrics
from aistudio_client._steps import Flow, Work
from aistudio_client._types import Tuning
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import GetMetricsUrlRequest

URL = method("TuningService/GetMetricsUrl")


def save(link: Link, tuning: Tuning | str, path: Path) -> Flow[Path | None]:
    """The archive in a file, not opened; None while there is none."""
    try:
        reply = yield from call(link, URL, GetMetricsUrlRequest(task_id=id_of(tuning)))
    except NotFound:
        return None
    yield from saved(link, reply.load_url, path)
    return path


def unpack(link: Link, tuning: Tuning | str, directory: Path) -> Flow[tuple[Path, ...] | None]:
    """The files of the archive in a directory; None while there is none."""
    with tempfile.TemporaryDirectory(prefix="aistudio-metrics-") as scratch:
        archive = yield from save(link, tuning, Path(scratch) / "metrics.zip")
        if archive is None:
            return None
        return (yield Work(partial(_archive.unpack, archive, directory)))  # type: ignore[no-any-return]


def read(link: Link, tuning: Tuning | str) -> Flow[Metrics | None]:
    """The curves; None while there are none."""
    with tempfile.TemporaryDirectory(prefix="aistudio-metrics-") as scratch:
        archive = yield from save(link, tuning, Path(scratch) / "metrics.zip")
        if archive is None:
            return None
        return (yield Work(partial(_archive.read, archive, id_of(tuning))))  # type: ignore[no-any-return]
