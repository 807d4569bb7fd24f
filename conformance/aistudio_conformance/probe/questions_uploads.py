"""Questions about presigned URLs, uploads in parts most of all. Nothing is stored: drafts are deleted."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from aistudio_conformance.probe.account import Account
from aistudio_conformance.probe.question import ANOTHER, UNTOLD, Meanings, Question, by_status, stated

_MIB = 1 << 20
_SMALL = 1000
"""Bytes of a file that is sent in one part: the last part may be of any size."""
_SIGNED = ["Algorithm", "Date", "SignedHeaders", "Expires", "Credential", "Signature"]
_PART_SIZES: Mapping[tuple[int, ...], str] = {(1, 2): "100-mib", (2, 26): "8-mib", (4, 42): "5-mib"}
"""How many parts of 20 and of 210 MiB each value makes."""


def part_count(account: Account) -> Meanings:
    """How many parts the service makes of a size."""
    counts = tuple(len(_started(account, size * _MIB)) for size in (20, 210))
    return {"multipart-part-size": _PART_SIZES.get(counts, ANOTHER)}


def part_urls(account: Account) -> Meanings:
    """What stands in the URL of a part."""
    urls = _started(account, 20 * _MIB, parts=2)
    names = [[name for name, _ in _parameters(url)] for url in urls]
    in_order = [dict(_parameters(url)).get("partNumber") for url in urls] == ["1", "2"]
    usual = ["partNumber", "uploadId", *(f"X-Amz-{name}" for name in _SIGNED)]
    signed = {dict(_parameters(url)).get("X-Amz-SignedHeaders", "") for url in urls}
    values = {"host": "no", "content-length;host": "yes"}
    return {
        "multipart-url-anatomy": stated(in_order, all(one == usual for one in names)),
        "multipart-length-signed": values.get("".join(signed), ANOTHER),
    }


def upload_url(account: Account) -> Meanings:
    """What stands in the URL of a file, and whether it takes another length."""
    with account.draft() as dataset_id:
        url = account.need("DatasetService/GetUploadDraftUrl", dataset_id=dataset_id, size_bytes=100)
        answered = account.put(url.upload_url, b"short")
    names = [name for name, _ in _parameters(url.upload_url)]
    usual = [f"X-Amz-{name}" for name in _SIGNED]
    signed = dict(_parameters(url.upload_url)).get("X-Amz-SignedHeaders")
    refused = (answered.status, answered.code) == (403, "SignatureDoesNotMatch")
    return {
        "upload-url-anatomy": stated(names == usual, signed == "content-length;host"),
        "upload-length-is-signed": stated(refused),
    }


def wrong_etag(account: Account) -> Meanings:
    """Finish with a part that was never sent."""
    with account.draft() as dataset_id:
        account.need("DatasetService/StartMultipartUploadDraft", dataset_id=dataset_id, size_bytes=20 * _MIB)
        answer = account.ask(
            "DatasetService/FinishMultipartUploadDraft",
            dataset_id=dataset_id,
            uploaded_parts=[{"part_num": 1, "etag": '"d41d8cd98f00b204e9800998ecf8427e"'}],
        )
    kinds = {"INVALID_ARGUMENT": "by-kind", "INTERNAL": "internal"}
    return {"multipart-finish-refusal": kinds.get(answer.status, ANOTHER)}


def one_part(account: Account) -> Meanings:
    """Finish of an upload of one part, twice."""
    with account.draft() as dataset_id:
        finished = _finished(account, dataset_id, _SMALL)
        if finished is None or finished.status != "OK":
            return {"multipart-finish-again": UNTOLD}
        again = _finish(account, dataset_id, finished.etag)
    return {"multipart-finish-again": "accept" if again == "OK" else "refuse"}


def short_part(account: Account) -> Meanings:
    """Finish of an upload whose only part is shorter than what was announced."""
    with account.draft() as dataset_id:
        finished = _finished(account, dataset_id, _SMALL - 1)
    values = {"OK": "free", "INVALID_ARGUMENT": "checked"}
    return {"multipart-total-size": by_status(finished.status, values) if finished else UNTOLD}


class _Finished(NamedTuple):
    """What Finish said, and the ETag that it was told."""

    status: str
    etag: str


def _finished(account: Account, dataset_id: str, size: int) -> _Finished | None:
    """An upload in one part of that size, finished; None where the storage does not take the part."""
    started = account.need(
        "DatasetService/StartMultipartUploadDraft", dataset_id=dataset_id, size_bytes=_SMALL, parts=1
    )
    stored = account.put(started.multipart_upload_urls[0], b"x" * size)
    if stored.status != 200:  # noqa: PLR2004
        return None
    etag = next((value for name, value in stored.headers.items() if name.lower() == "etag"), "")
    return _Finished(_finish(account, dataset_id, etag), etag)


def _finish(account: Account, dataset_id: str, etag: str) -> str:
    parts = [{"part_num": 1, "etag": etag}]
    method = "DatasetService/FinishMultipartUploadDraft"
    return account.ask(method, dataset_id=dataset_id, uploaded_parts=parts).status


def _started(account: Account, size: int, **parts: int) -> list[str]:
    """The URLs of an upload in parts; its draft is deleted again."""
    with account.draft() as dataset_id:
        started: Any = account.need(
            "DatasetService/StartMultipartUploadDraft", dataset_id=dataset_id, size_bytes=size, **parts
        )
    return [*started.multipart_upload_urls]


def _parameters(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


QUESTIONS = (
    Question(
        id="part-count",
        open="6",
        asks="How many parts does the service make of 20 and of 210 MiB?",
        sends=("Create", "StartMultipartUploadDraft", "Delete", "and once more"),
        rows={"multipart-part-size": ("100-mib", "8-mib", "5-mib")},
        ask=part_count,
    ),
    Question(
        id="part-urls",
        open="6",
        asks="What stands in the URL of a part, and is its length signed?",
        sends=("Create", "StartMultipartUploadDraft of 2 parts", "Delete"),
        rows={"multipart-url-anatomy": (), "multipart-length-signed": ("no", "yes")},
        ask=part_urls,
    ),
    Question(
        id="upload-url",
        open="6",
        asks="What stands in the URL of a file, and does it take another length?",
        sends=("Create", "GetUploadDraftUrl of 100 bytes", "PUT of 5 bytes", "Delete"),
        rows={"upload-url-anatomy": (), "upload-length-is-signed": ()},
        ask=upload_url,
    ),
    Question(
        id="wrong-etag",
        open="6",
        asks="What does Finish say to a part that was never sent?",
        sends=("Create", "StartMultipartUploadDraft", "FinishMultipartUploadDraft", "Delete"),
        rows={"multipart-finish-refusal": ("by-kind", "internal")},
        ask=wrong_etag,
    ),
    Question(
        id="finish-twice",
        open="6",
        asks="What does Finish say when it is asked once more?",
        sends=(
            "Create",
            "StartMultipartUploadDraft",
            "PUT of 1 KB",
            "FinishMultipartUploadDraft twice",
            "Delete",
        ),
        rows={"multipart-finish-again": ("refuse", "accept")},
        ask=one_part,
    ),
    Question(
        id="short-part",
        open="6",
        asks="What does Finish say to parts that are shorter together than what was announced?",
        sends=("Create", "StartMultipartUploadDraft", "PUT of 1 KB", "FinishMultipartUploadDraft", "Delete"),
        rows={"multipart-total-size": ("checked", "free")},
        ask=short_part,
    ),
)
