"""The steps of an upload in parts over raw calls, and what the server keeps of it on its disk."""

import hashlib
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

PART = 5 << 20
"""The least size of a part that is not the last."""


def body(size: int, seed: int = 0) -> bytes:
    """So many bytes, no two of their megabytes alike."""
    step = 1 << 20
    blocks = (hashlib.sha256(b"%d %d" % (seed, number)).digest() for number in range(-(-size // step)))
    return b"".join(block * (step // len(block)) for block in blocks)[:size]


def cut(content: bytes, size: int = PART) -> list[bytes]:
    """The content in parts of that size."""
    return [content[begin : begin + size] for begin in range(0, len(content), size)]


def start(client: Any, dataset_id: str, size: int, parts: int = 0) -> list[str]:
    """The URLs of the parts."""
    reply = client.call(
        "DatasetService/StartMultipartUploadDraft", dataset_id=dataset_id, size_bytes=size, parts=parts
    )
    assert reply.dataset_id == dataset_id
    return list(reply.multipart_upload_urls)


def send(url: str, content: bytes) -> str:
    """PUTs one part; its ETag, with quotes as it came."""
    answer = requests.put(url, data=content, timeout=30)
    assert (answer.status_code, answer.content) == (200, b"")
    return answer.headers["ETag"]


def broken_off(url: str, announced: int, content: bytes) -> None:
    """PUTs the beginning of a part that the server has agreed to take, and hangs up."""
    parts = urlsplit(url)
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Length: {announced}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(content)


def receipts(etags: Iterable[str], first: int = 1) -> list[dict[str, Any]]:
    """The list for Finish: part numbers from `first` on."""
    return [{"part_num": number, "etag": etag} for number, etag in enumerate(etags, first)]


def finish(client: Any, dataset_id: str, listed: Sequence[dict[str, Any]]) -> Any:
    """The reply of FinishMultipartUploadDraft."""
    return client.call(
        "DatasetService/FinishMultipartUploadDraft", dataset_id=dataset_id, uploaded_parts=listed
    )


def upload(client: Any, dataset_id: str, parts: Sequence[bytes]) -> list[dict[str, Any]]:
    """Starts an upload and sends every part, not yet finished; the list for Finish."""
    urls = start(client, dataset_id, sum(map(len, parts)), len(parts))
    return receipts(send(url, part) for url, part in zip(urls, parts, strict=True))


def draft_of(mock: Any, dataset_id: str) -> Any:
    """The stored draft of a dataset, None when it has none."""
    return mock._server.backend.store.datasets.get(dataset_id).draft


def stored(mock: Any, dataset_id: str) -> bytes:
    """The bytes of a draft."""
    return Path(draft_of(mock, dataset_id).source).read_bytes()


def files(mock: Any) -> set[Path]:
    """Every file that the server has on its disk."""
    made = mock._server.backend.objects._blobs._made
    return set(made.iterdir()) if made is not None else set()
