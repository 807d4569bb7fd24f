"""What is watched in every case, and in the traffic of any program: rules that hold whatever it is doing."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from aistudio_conformance import attempt_monitors as attempts
from aistudio_conformance import call_monitors as calls
from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.seen import Seen, kept, not_applicable, violated

SECRETS_PRINTED = "secrets-printed"
"""The one monitor that looks at what the client says instead of what it sends."""

_ENDED = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN", "INTERNAL", "OK"})
"""How a call may end and yet have been carried out."""


_TOKEN = "x-amz-security-token"  # noqa: S105 - a header's name


class Monitor(Struct, frozen=True):
    """One always-on rule: its id, its row of the ledger, and how it is seen in a journal."""

    name: str
    rule: str
    look: Callable[[Journal], Seen]

    @property
    def check(self) -> str:
        """How findings name it."""
        return f"monitor/{self.name}"


def no_credentials_on_storage(journal: Journal) -> Seen:
    """No request to a presigned URL carries credentials of the cloud."""
    requests = _storage(journal)
    if not requests:
        return not_applicable("the storage was not used")
    told = [one for one in requests if "authorization" in one.headers or _TOKEN in one.headers]
    if not told:
        return kept(requests)
    names = [name for name in ("authorization", _TOKEN) if any(name in one.headers for one in told)]
    return violated(f"{' and '.join(names)} was sent to a presigned URL, which is signed already", told)


def only_signed_headers(journal: Journal) -> Seen:
    """No request to a presigned URL has a header of S3 that the URL does not sign."""
    requests = _storage(journal)
    if not requests:
        return not_applicable("the storage was not used")
    extra = [(one, name) for one in requests for name in one.headers if _is_unsigned(name, one.url)]
    if extra:
        names = sorted({name for _, name in extra})
        return violated(f"{', '.join(names)} was sent, and is not signed", [one for one, _ in extra])
    return kept(requests)


def announced_size_is_sent(journal: Journal) -> Seen:
    """Every PUT of an upload has the size that the URL was asked for."""
    urls = {
        _path(one.response.get("upload_url", "")): one
        for one in journal.calls("DatasetService/GetUploadDraftUrl", "OK")
    }
    pairs = [(put, urls[_path(put.url)]) for put in journal.calls("PUT") if _path(put.url) in urls]
    if not pairs:
        return not_applicable("nothing was uploaded")
    for put, asked in pairs:
        announced, sent = (asked.request or {}).get("size_bytes"), _size(put)
        if sent is not None and str(sent) != announced:
            return violated(f"{announced} bytes were announced and {sent} sent", [asked, put])
    return kept([put for put, _ in pairs])


def tunes_on_ready_datasets(journal: Journal) -> Seen:
    """No Tune names a dataset before the client could have seen that it is READY."""
    tunes = journal.calls("TuningService/Tune")
    if not tunes:
        return not_applicable("nothing was tuned")
    early = [tune for tune in tunes if not _datasets(tune) <= _ready_before(tune, journal)]
    return violated("a dataset was tuned on before it was seen to be READY", early) if early else kept(tunes)


def no_repeat_of_what_creates(journal: Journal) -> Seen:
    """No Create or Tune is sent again, word for word, after one that may have been carried out."""
    creating = [
        one for one in journal.entries if one.method in {"DatasetService/Create", "TuningService/Tune"}
    ]
    if not creating:
        return not_applicable("nothing was created")
    for position, call in enumerate(creating):
        for later in creating[position + 1 :]:
            if call.status in _ENDED and (later.method, later.request) == (call.method, call.request):
                return violated(f"{call.method} was repeated after {call.status}", [call, later])
    return kept(creating)


def nothing_left_behind(journal: Journal) -> Seen:
    """Every dataset that was made was validated or deleted."""
    made = {one.response.get("dataset_id"): one for one in journal.calls("DatasetService/Create", "OK")}
    if not made:
        return not_applicable("no dataset was made")
    followed = (
        *journal.calls("DatasetService/Validate", "OK"),
        *journal.calls("DatasetService/Delete", "OK"),
    )
    left = made.keys() - {(one.request or {}).get("dataset_id") for one in followed}
    entries = [made[each] for each in sorted(left, key=str)]
    return violated("a draft was left behind", entries) if entries else kept([*made.values()])


def _size(put: Entry) -> int | None:
    """The bytes that a PUT has by its own word, else those that came; None when it was broken off.

    How many came of a body that is refused is a matter of chance.
    """
    if put.body is None or put.body.announced is not None:
        return put.body.announced if put.body else 0
    return put.body.bytes if put.body.complete else None


def _storage(journal: Journal) -> list[Entry]:
    return [one for one in journal.entries if one.leg == "storage"]


def _is_unsigned(header: str, url: str) -> bool:
    """Credentials are another monitor's."""
    signed = parse_qs(urlsplit(url).query).get("X-Amz-SignedHeaders", [""])[0].split(";")
    return header.startswith("x-amz-") and header != _TOKEN and header not in signed


def _path(url: str) -> str:
    return urlsplit(url).path


def _datasets(tune: Entry) -> set[str]:
    request: Mapping[str, Any] = tune.request or {}
    fields = ("train_datasets", "validation_datasets", "validation_dataset", "test_datasets")
    given = (request.get(field) or [] for field in fields)
    several = ([one] if isinstance(one, Mapping) else one for one in given)
    return {str(each["dataset_id"]) for one in several for each in one if "dataset_id" in each}


def _ready_before(tune: Entry, journal: Journal) -> set[str]:
    seen = [
        one for one in journal.entries if one.status == "OK" and one.answered_at.real <= tune.received_at.real
    ]
    return {dataset for one in seen for dataset in _said_ready(one)}


def _said_ready(entry: Entry) -> set[str]:
    """The datasets that an answer calls READY, or valid."""
    reply = entry.response
    shown = [reply.get("dataset") or {}, *reply.get("datasets", ())]
    ready = {str(each.get("dataset_id")) for each in shown if each.get("status") == "READY"}
    outcome = reply.get("response") or {}
    if reply.get("done") and outcome.get("is_valid", outcome.get("isValid")):
        ready.add(str(outcome.get("dataset_id", outcome.get("datasetId"))))
    return ready


MONITORS: Mapping[str, Monitor] = {
    monitor.name: monitor
    for monitor in (
        Monitor("no-credentials-on-storage", "upload-without-credentials", no_credentials_on_storage),
        Monitor("only-signed-headers", "storage-headers-signed", only_signed_headers),
        Monitor("announced-size-is-sent", "upload-size-kept", announced_size_is_sent),
        Monitor("tunes-on-ready-datasets", "tune-needs-ready", tunes_on_ready_datasets),
        Monitor("no-repeat-of-what-creates", "creation-not-repeated", no_repeat_of_what_creates),
        Monitor("nothing-left-behind", "nothing-left-behind", nothing_left_behind),
        Monitor("deadline-sent", "deadline-sent", calls.deadline_sent),
        Monitor("credentials-with-every-call", "credentials-always-sent", calls.credentials_with_every_call),
        Monitor(
            "idempotency-key-of-one-call", "idempotency-key-of-one-call", calls.idempotency_key_of_one_call
        ),
        Monitor("request-id-of-one-call", "request-id-of-one-call", calls.request_id_of_one_call),
        Monitor("no-deprecated-fields", "deprecated-left-alone", calls.no_deprecated_fields),
        Monitor("retries-with-a-pause", "retries-pause", attempts.retries_with_a_pause),
        Monitor("no-endless-retries", "retries-end", attempts.no_endless_retries),
        Monitor(
            "refused-credentials-dropped", "refused-credentials-dropped", attempts.refused_credentials_dropped
        ),
        Monitor("no-secret-in-messages", "secrets-only-as-credentials", calls.no_secret_in_messages),
        Monitor("no-repeat-of-what-was-refused", "refusal-final", calls.no_repeat_of_what_was_refused),
        Monitor("polls-with-a-pause", "polls-pause", calls.polls_with_a_pause),
        Monitor("no-polling-after-done", "done-ends-polling", calls.no_polling_after_done),
        Monitor("downloads-by-the-url-given", "download-url-verbatim", calls.downloads_by_the_url_given),
    )
}
"""By name."""
