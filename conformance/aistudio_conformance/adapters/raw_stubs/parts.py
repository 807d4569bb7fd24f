"""Big files: sent in parts, each to its own presigned URL, and joined by one call."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs.datasets import DatasetVerbs
from aistudio_conformance.protocol import Dataset, DatasetUpload, DatasetUploadParts, Refused


class PartsVerb(DatasetVerbs):
    """The verb `dataset.upload_parts`."""

    def dataset_upload_parts(self, ask: DatasetUploadParts) -> Dataset:
        """Create, start, send each part, finish, validate; a draft that cannot be filled is deleted."""
        whole = DatasetUpload(name=ask.name, task_type=ask.task_type, file=ask.file)
        return self._uploaded(
            whole, lambda dataset_id, file, size: self._joined(dataset_id, file, size, ask.part_size)
        )

    def _joined(self, dataset_id: str, file: BinaryIO, size: int, part_size: int) -> Operation:
        """The validation of the file, begun after its parts were joined."""
        begun = wire.StartMultipartUploadDraftRequest(
            dataset_id=dataset_id, size_bytes=size, parts=_count(size, part_size)
        )
        urls = self._start(begun)
        etags = [self._upload_part(url, part) for url, part in self._parts(file, size, urls, part_size)]
        self._finish(dataset_id, etags)
        return self._validation(dataset_id)

    def _start(self, asked: wire.StartMultipartUploadDraftRequest) -> Sequence[str]:
        urls: Sequence[str] = self._call(
            self._datasets, "StartMultipartUploadDraft", asked
        ).multipart_upload_urls
        return urls

    def _parts(
        self, file: BinaryIO, size: int, urls: Sequence[str], part_size: int
    ) -> Iterator[tuple[str, bytes]]:
        """Each URL with its part. How many there are is the service's word: the file is cut to that."""
        if not urls:
            raise Refused("the service gave no URL for any part")
        if len(urls) != _count(size, part_size):
            part_size = -(-size // len(urls))
        for url in urls:
            yield url, file.read(part_size)

    def _finish(self, dataset_id: str, etags: Sequence[str]) -> None:
        """Joins the parts by their numbers from 1, each with its own ETag as the storage gave it."""
        parts = [wire.UploadedPartInfo(part_num=number, etag=etag) for number, etag in enumerate(etags, 1)]
        finished = wire.FinishMultipartUploadDraftRequest(dataset_id=dataset_id, uploaded_parts=parts)
        self._call(self._datasets, "FinishMultipartUploadDraft", finished)


def _count(size: int, part_size: int) -> int:
    """How many parts; 0 leaves that to the service."""
    return -(-size // part_size) if part_size else 0
